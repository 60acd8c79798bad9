/** Requests out of HTTP/1.1 bytes (RFC 9112), incrementally; just enough for a scripted peer. */

import type { HeaderList } from './frame-types.ts'
import { headerObject } from './hpack.ts'

/** An HTTP/1.1 request as it came. */
export interface Http1Request {
  readonly method: string
  readonly target: string
  /** `HTTP/1.1`. */
  readonly version: string
  /** Flat, names as they came. */
  readonly headerList: HeaderList
  /** Names in lower case; repeats joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly trailers: HeaderList
}

interface Head {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly headerList: string[]
}

/** What a step found: a result and the bytes behind it, or null for "not all here yet". */
type Step<T> = { readonly value: T; readonly rest: Buffer } | null

export interface Http1ParserHooks {
  /** The head is here, the body may still come: the moment to answer `Expect: 100-continue`. */
  onHead?(head: Omit<Http1Request, 'body' | 'trailers'>): void
  onRequest(request: Http1Request): void
  /** Bytes that are no HTTP/1.1 request; nothing is parsed any more. */
  onError(reason: string): void
}

export class Http1Parser {
  readonly #hooks: Http1ParserHooks
  #bytes: Buffer = Buffer.alloc(0)
  #head: Head | null = null
  #failed = false

  constructor(hooks: Http1ParserHooks) {
    this.#hooks = hooks
  }

  /** Bytes that belong to no complete request yet. */
  get pending(): Buffer {
    return this.#bytes
  }

  push(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    try {
      while (!this.#failed && this.#step()) {}
    } catch (error) {
      this.#failed = true
      this.#hooks.onError((error as Error).message)
    }
  }

  #step(): boolean {
    this.#head ??= this.#readHead()
    if (this.#head === null) return false
    const body = readBody(this.#bytes, this.#head.headerList)
    if (body === null) return false
    const head = this.#head
    this.#head = null
    this.#bytes = body.rest
    this.#hooks.onRequest({ ...withHeaders(head), ...body.value })
    return true
  }

  #readHead(): Head | null {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return null
    const head = parseHead(this.#bytes.subarray(0, end).toString('latin1'))
    this.#bytes = this.#bytes.subarray(end + 4)
    this.#hooks.onHead?.(withHeaders(head))
    return head
  }
}

function withHeaders(head: Head): Omit<Http1Request, 'body' | 'trailers'> {
  const lower = head.headerList.map((item, index) => (index % 2 === 0 ? item.toLowerCase() : item))
  return { ...head, headers: headerObject(lower) }
}

function parseHead(text: string): Head {
  const [startLine = '', ...lines] = text.split('\r\n')
  const match = /^([^ ]+) ([^ ]+) (HTTP\/\d\.\d)$/.exec(startLine)
  if (match === null) throw new Error(`not a request line: ${JSON.stringify(startLine.slice(0, 200))}`)
  const [, method = '', target = '', version = ''] = match
  return { method, target, version, headerList: parseFields(lines) }
}

function parseFields(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const match = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (match === null) throw new Error(`not a field line: ${JSON.stringify(line.slice(0, 200))}`)
    return [match[1] ?? '', match[2] ?? '']
  })
}

/** RFC 9112 section 6.3. */
function readBody(bytes: Buffer, headers: readonly string[]): Step<{ body: Buffer; trailers: string[] }> {
  const chunked = field(headers, 'transfer-encoding')?.toLowerCase().includes('chunked')
  if (chunked) return readChunks(bytes)
  const length = Number(field(headers, 'content-length') ?? 0)
  if (!Number.isSafeInteger(length) || length < 0) throw new Error(`not a content-length: ${length}`)
  if (bytes.length < length) return null
  return { value: { body: bytes.subarray(0, length), trailers: [] }, rest: bytes.subarray(length) }
}

/** RFC 9112 section 7.1. */
function readChunks(bytes: Buffer): Step<{ body: Buffer; trailers: string[] }> {
  const chunks: Buffer[] = []
  let offset = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', offset)
    if (lineEnd < 0) return null
    const line = bytes.subarray(offset, lineEnd).toString('latin1')
    if (!/^[0-9a-f]+(;.*)?$/i.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    const start = lineEnd + 2
    if (size === 0) return readTrailers(bytes, start, chunks)
    if (bytes.length < start + size + 2) return null
    chunks.push(bytes.subarray(start, start + size))
    offset = start + size + 2
  }
}

function readTrailers(
  bytes: Buffer,
  start: number,
  chunks: Buffer[],
): Step<{ body: Buffer; trailers: string[] }> {
  const body = Buffer.concat(chunks)
  if (bytes.subarray(start, start + 2).toString('latin1') === '\r\n') {
    return { value: { body, trailers: [] }, rest: bytes.subarray(start + 2) }
  }
  const end = bytes.indexOf('\r\n\r\n', start)
  if (end < 0) return null
  const trailers = parseFields(bytes.subarray(start, end).toString('latin1').split('\r\n'))
  return { value: { body, trailers }, rest: bytes.subarray(end + 4) }
}

function field(headers: readonly string[], name: string): string | undefined {
  const index = headers.findIndex((item, at) => at % 2 === 0 && item.toLowerCase() === name)
  return index < 0 ? undefined : headers[index + 1]
}
