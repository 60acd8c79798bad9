/** One request to the test server and the way to answer it, the same for HTTP/1.1 and HTTP/2. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Query } from './query.ts'

/** Name and value, as they go on the wire: every character is one byte. */
export type Field = readonly [string, string]

export interface WptRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Host and port as the client named them. */
  readonly authority: string
  /** Path, decoded, without its query. */
  readonly path: string
  readonly search: string
  readonly query: Query
  /** Fields as they came, one after the other: in order, with repeats, and in their case. */
  readonly fields: readonly Field[]
  /** All values of a field joined by a comma, or null. */
  header(name: string): string | null
  readonly stream: Readable
  body(): Promise<Buffer>
}

export interface WptResponse {
  readonly protocol: 'h2' | 'h1'
  /** True when the client can read no more. */
  readonly closed: boolean
  head(status: number, reason: string, fields: readonly Field[]): void
  /** Resolves to false when nobody reads any more. */
  write(chunk: string | Buffer): Promise<boolean>
  end(): void
  /** Breaks off: the connection over HTTP/1.1, the stream over HTTP/2. */
  abort(): void
  /** HTTP/1.1 only: bytes as they are instead of a response, then the end of the connection. */
  raw(bytes: string | Buffer): void
}

// Node refuses to send these by its own means; WPT wants to see what a client makes of them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSENDABLE = /[\0-\x08\n-\x1f\x7f]/

export function http1Request(message: IncomingMessage, scheme: 'http' | 'https'): WptRequest {
  return makeRequest(message.method ?? '', scheme, message.headers.host ?? '', message.url ?? '/', {
    fields: pairs(message.rawHeaders),
    stream: message,
  })
}

export function http2Request(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
): WptRequest {
  const { ':method': method, ':authority': authority, ':path': path } = headers
  return makeRequest(String(method), 'https', String(authority), String(path), {
    fields: pairs(raw).filter(([name]) => !name.startsWith(':')),
    stream,
  })
}

function makeRequest(
  method: string,
  scheme: 'http' | 'https',
  authority: string,
  target: string,
  rest: Pick<WptRequest, 'fields' | 'stream'>,
): WptRequest {
  const cut = target.indexOf('?')
  const search = cut === -1 ? '' : target.slice(cut)
  const path = decodeURIComponent(cut === -1 ? target : target.slice(0, cut))
  let body: Promise<Buffer> | null = null
  return {
    ...rest,
    method,
    scheme,
    authority,
    path,
    search,
    query: new Query(search),
    header(name) {
      const values = rest.fields.filter(([key]) => key.toLowerCase() === name.toLowerCase())
      return values.length === 0 ? null : values.map(([, value]) => value).join(', ')
    },
    body() {
      body ??= buffer(rest.stream)
      return body
    },
  }
}

function pairs(raw: readonly string[]): Field[] {
  const fields: Field[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) fields.push([raw[index]!, raw[index + 1]!])
  return fields
}

export class Http1Response implements WptResponse {
  readonly protocol = 'h1'
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get closed(): boolean {
    return this.#response.closed || this.#response.destroyed
  }

  head(status: number, reason: string, fields: readonly Field[]): void {
    const sendable =
      status >= 200 &&
      status <= 999 &&
      !fields.some(([, value]) => UNSENDABLE.test(value)) &&
      !UNSENDABLE.test(reason)
    if (sendable) {
      this.#response.writeHead(status, reason, fields.flat())
      return
    }
    const lines = [`HTTP/1.1 ${status} ${reason}`, ...fields.map(([name, value]) => `${name}: ${value}`)]
    this.raw(`${lines.join('\r\n')}\r\n\r\n`)
  }

  async write(chunk: string | Buffer): Promise<boolean> {
    if (this.closed || this.#response.writableEnded) return false
    if (!this.#response.write(chunk, 'latin1')) await drained(this.#response)
    return !this.closed
  }

  end(): void {
    if (!this.closed) this.#response.end()
  }

  abort(): void {
    this.#response.socket?.destroy()
  }

  raw(bytes: string | Buffer): void {
    const { socket } = this.#response
    if (socket === null) return
    socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }
}

export class Http2Response implements WptResponse {
  readonly protocol = 'h2'
  readonly #stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
    // A client that resets its stream is what some tests are about.
    stream.on('error', () => {})
  }

  get closed(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  head(status: number, _reason: string, fields: readonly Field[]): void {
    if (this.closed) return
    const headers: Record<string, string[]> = {}
    for (const [name, value] of fields) {
      const key = name.toLowerCase()
      const values = headers[key] ?? []
      values.push(value)
      headers[key] = values
    }
    if (status >= 200) {
      this.#stream.respond({ ':status': status, ...headers })
      return
    }
    // An interim response and then nothing: what WPT asks for by a final status below 200.
    if (status !== 101) this.#stream.additionalHeaders({ ':status': status })
    this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  async write(chunk: string | Buffer): Promise<boolean> {
    if (this.closed) return false
    if (!this.#stream.write(chunk, 'latin1')) await drained(this.#stream)
    return !this.closed
  }

  end(): void {
    if (!this.closed) this.#stream.end()
  }

  abort(): void {
    // `close(code)` would end the body properly first. This is RST_STREAM with INTERNAL_ERROR, at once.
    this.#stream.destroy(new Error('broken off, as the test wants it'))
  }

  raw(): void {
    throw new Error('HTTP/2 has no raw responses: run this file over HTTP/1.1 only')
  }
}

function drained(writable: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      writable.off('drain', done)
      writable.off('close', done)
      resolve()
    }
    writable.on('drain', done)
    writable.on('close', done)
  })
}
