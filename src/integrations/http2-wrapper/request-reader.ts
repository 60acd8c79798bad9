import type { HeaderList } from '../../core/headers.ts'

/** A request head as Node's `ClientRequest` wrote it; names in lower case. */
export interface ReadHead {
  readonly method: string
  /** The request target, as it stands in the request line. */
  readonly path: string
  readonly headers: HeaderList
  /** How the end of the body is found. `none`: nothing says that there is one. */
  readonly framing: 'length' | 'chunked' | 'none'
}

export interface RequestSink {
  onHead(head: ReadHead): void
  onData(chunk: Uint8Array): void
  onEnd(trailers: HeaderList): void
}

type State = 'head' | 'length' | 'size' | 'chunk' | 'after-chunk' | 'trailers' | 'open' | 'done'

const EMPTY = Buffer.alloc(0)

/**
 * Reads the one HTTP/1.1 message that Node's `ClientRequest` serialises (RFC 9112). Its writer is Node in this process,
 * which has checked names, values and target already, so this reads what Node writes and nothing else.
 */
export class RequestReader {
  readonly #sink: RequestSink
  #state: State = 'head'
  /** Bytes of a line, or of the head, that are not complete yet. */
  #rest: Buffer = EMPTY
  /** Bytes left of the body, or of the present chunk. */
  #left = 0
  #trailers: string[] = []

  constructor(sink: RequestSink) {
    this.#sink = sink
  }

  push(bytes: Buffer): void {
    let rest: Buffer | null = bytes
    while (rest !== null && rest.length > 0) rest = this.#step(rest)
  }

  /** The writer is done: that is the end of a body that nothing frames. */
  finish(): void {
    if (this.#state === 'open') this.#end()
  }

  /** Reads on in one state; what is left over, or null when more has to come. */
  #step(bytes: Buffer): Buffer | null {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes)
      case 'length':
      case 'chunk':
        return this.#counted(bytes)
      case 'size':
      case 'after-chunk':
      case 'trailers':
        return this.#line(bytes)
      case 'open':
        this.#sink.onData(bytes)
        return null
      case 'done':
        return null
    }
  }

  #head(bytes: Buffer): Buffer | null {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const end = all.indexOf('\r\n\r\n', Math.max(0, this.#rest.length - 3), 'latin1')
    if (end === -1) {
      this.#rest = all
      return null
    }
    this.#rest = EMPTY
    const [first = '', ...lines] = all.toString('latin1', 0, end).split('\r\n')
    this.#begin(first, fieldsOf(lines))
    return all.subarray(end + 4)
  }

  #begin(requestLine: string, headers: string[]): void {
    const [method = '', path = ''] = requestLine.split(' ')
    let framing: ReadHead['framing'] = 'none'
    for (let index = 0; index < headers.length; index += 2) {
      const value = headers[index + 1] as string
      if (headers[index] === 'transfer-encoding' && /\bchunked\b/i.test(value)) framing = 'chunked'
      if (headers[index] === 'content-length' && framing === 'none') {
        framing = 'length'
        this.#left = Number(value)
      }
    }
    this.#state = framing === 'chunked' ? 'size' : framing === 'length' ? 'length' : 'open'
    this.#sink.onHead({ method, path, headers, framing })
    if (this.#state === 'length' && !(this.#left > 0)) this.#end()
  }

  #counted(bytes: Buffer): Buffer | null {
    const taken = bytes.subarray(0, this.#left)
    this.#left -= taken.length
    this.#sink.onData(taken)
    if (this.#left > 0) return null
    if (this.#state === 'chunk') this.#state = 'after-chunk'
    else this.#end()
    return bytes.subarray(taken.length)
  }

  #line(bytes: Buffer): Buffer | null {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const end = all.indexOf('\r\n', 0, 'latin1')
    if (end === -1) {
      this.#rest = all
      return null
    }
    this.#rest = EMPTY
    this.#onLine(all.toString('latin1', 0, end))
    return all.subarray(end + 2)
  }

  #onLine(line: string): void {
    if (this.#state === 'after-chunk') {
      this.#state = 'size'
    } else if (this.#state === 'size') {
      this.#left = Number.parseInt(line, 16)
      this.#state = this.#left > 0 ? 'chunk' : 'trailers'
    } else if (line === '') {
      this.#end()
    } else {
      this.#trailers.push(...fieldsOf([line]))
    }
  }

  #end(): void {
    this.#state = 'done'
    this.#sink.onEnd(this.#trailers)
  }
}

function fieldsOf(lines: readonly string[]): string[] {
  const fields: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    fields.push(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return fields
}
