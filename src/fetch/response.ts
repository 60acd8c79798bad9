import { inspect as inspectOf } from 'node:util'
import type { ClientRequest, ClientResponse, Timings } from '../core/dispatch.ts'
import { hasNullBody } from '../core/null-body.ts'
import { bodyUsed, type ResponseBody } from '../core/response-body.ts'
import { decodeUtf8 } from '../core/utf8.ts'
import { toFetchError } from './errors.ts'
import { PlatformResponse } from './platform.ts'
import { responseHeaders } from './response-headers.ts'
import { closedStream, ownBuffer, responseStream } from './response-stream.ts'
import { standIn } from './stand-in.ts'
import { markAsUncloneable } from './uncloneable.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const EMPTY = new Uint8Array(0)

/** What `fetch` resolves to: a `Response` of the platform, and what only we know. */
export interface FetchResponse extends Response {
  /** The protocol that carried it. */
  readonly protocol: 'h2' | 'http/1.1'
  /** Where the time went, ms; `total` is set when the body has ended. */
  readonly timings: Timings
  /** Trailer fields; resolves when the body has ended, rejects if it fails. */
  readonly trailers: Promise<Headers>
  /** The connection that carried it; events and stats use the same id. */
  readonly connectionId: number
  /** HTTP/2 stream id; undefined over HTTP/1.1. */
  readonly streamId: number | undefined
}

/**
 * The response object. A native `Response` costs several microseconds to construct, most of them for things that
 * are never looked at; this one has the same prototype chain and makes headers and streams when asked for them.
 */
class LazyResponse {
  readonly #response: ClientResponse
  readonly #type: Response['type']
  /** Null for a response that cannot have one. */
  readonly #body: ResponseBody | null
  readonly #signal: AbortSignal | null
  /** Once somebody asked for the stream, a native response around it serves every body method. */
  #native: Response | null = null
  #headers: Headers | null = null

  constructor(
    response: ClientResponse,
    type: Response['type'],
    body: ResponseBody | null,
    signal: AbortSignal | null,
  ) {
    this.#response = response
    this.#type = type
    this.#body = body
    this.#signal = signal
    markAsUncloneable(this)
  }

  static native(response: LazyResponse): Response {
    return response.#asNative()
  }

  get type(): Response['type'] {
    return this.#type
  }

  get url(): string {
    return this.#response.url
  }

  get redirected(): boolean {
    return this.#response.redirects > 0
  }

  get status(): number {
    return this.#type === 'opaque' ? 0 : this.#response.status
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299
  }

  /** HTTP/2 has no reason phrase (RFC 9113 section 8.3.2). */
  get statusText(): string {
    return this.#type === 'opaque' ? '' : (this.#response.statusText ?? '')
  }

  get headers(): Headers {
    this.#headers ??= responseHeaders(this.#response.headers)
    return this.#headers
  }

  get protocol(): 'h2' | 'http/1.1' {
    return this.#response.protocol
  }

  get timings(): Timings {
    return this.#response.timings
  }

  get connectionId(): number {
    return this.#response.connectionId
  }

  get streamId(): number | undefined {
    return this.#response.streamId
  }

  get trailers(): Promise<Headers> {
    return this.#response.body.trailers().then(responseHeaders, (error) => Promise.reject(terminated(error)))
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body === null ? null : (this.#asNative().body as ReadableStream<Uint8Array>)
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? this.#body?.used ?? false
  }

  bytes(): Promise<Uint8Array> {
    return this.#collect(ownBuffer)
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#collect(bufferOf)
  }

  text(): Promise<string> {
    return this.#collect(decodeUtf8)
  }

  json(): Promise<unknown> {
    return this.#collect(parseJson)
  }

  blob(): Promise<Blob> {
    // The platform knows how a MIME type is read and written.
    return this.#collect((bytes) => this.#nativeOf(bytes as Uint8Array<ArrayBuffer>).blob()) as Promise<Blob>
  }

  formData(): Promise<FormData> {
    return this.#collect((bytes) => this.#nativeOf(bytes as Uint8Array<ArrayBuffer>).formData())
  }

  clone(): Response {
    if (this.#body !== null && (this.bodyUsed || this.#native?.body?.locked === true))
      throw new TypeError('Response.clone: Body has already been consumed.')
    const copy = new LazyResponse(this.#response, this.#type, this.#body, this.#signal)
    if (this.#body !== null) copy.#native = this.#asNative().clone()
    return copy as unknown as Response
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  /** Assertion libraries call it too, and give no `inspect`. */
  [INSPECT](_depth: number, options: object, inspect = inspectOf): string {
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url, protocol, timings } = this
    const platforms = { status, statusText, headers, body, bodyUsed, ok, redirected, type, url }
    const shown = { ...platforms, protocol, timings }
    return `Response ${inspect(shown, options)}`
  }

  #asNative(): Response {
    if (this.#native !== null) return this.#native
    const body = this.#body
    const used = body?.used === true
    const stream = body === null ? null : used ? closedStream() : responseStream(body, this.#signal)
    this.#native = this.#nativeOf(stream)
    // What was read by another way is over and locked, as it is on the platform.
    if (used) void this.#native.body?.getReader().read()
    return this.#native
  }

  #nativeOf(body: ReadableStream | Uint8Array<ArrayBuffer> | null): Response {
    const type = this.headers.get('content-type')
    return new PlatformResponse(body, type === null ? {} : { headers: { 'content-type': type } })
  }

  #collect<T>(convert: (bytes: Uint8Array) => T | Promise<T>): Promise<T> {
    const body = this.#body
    if (body === null) return new Promise((resolve) => resolve(convert(EMPTY)))
    if (this.#native !== null) return this.#native.arrayBuffer().then((all) => convert(new Uint8Array(all)))
    if (body.used) return Promise.reject(unusable())
    if (this.#signal?.aborted) {
      const { reason } = this.#signal
      body.cancel(reason)
      return Promise.reject(reason)
    }
    const here = body.settled
    const whole = body.collect(convert, terminated) as Promise<T>
    return here && this.#signal !== null ? unlessAborted(whole, this.#signal) : whole
  }
}

standIn<LazyResponse>(LazyResponse, PlatformResponse, LazyResponse.native)

/** `crossOrigin` decides what a browser would let its page see (the Fetch standard's response tainting). */
export function toFetchResponse(response: ClientResponse, request: ClientRequest): FetchResponse {
  const { method, rules = null, signal } = request
  const type = response.crossOrigin !== true ? 'basic' : rules?.mode === 'no-cors' ? 'opaque' : 'cors'
  if (type === 'opaque') response.body.cancel()
  const bodiless = type === 'opaque' || hasNullBody(method, response.status)
  return new LazyResponse(response, type, bodiless ? null : response.body, signal) as unknown as FetchResponse
}

function terminated(error: unknown): unknown {
  return toFetchError(error, 'terminated')
}

/** What is here already is handed out a moment later: an abort right behind the call is still heard. */
async function unlessAborted<T>(whole: Promise<T>, signal: AbortSignal): Promise<T> {
  const value = await whole
  if (signal.aborted) throw signal.reason
  return value
}

/** In the platform's words, which programs know it by. */
function unusable(): TypeError {
  return new TypeError('Body is unusable: Body has already been read', {
    cause: bodyUsed('Clone a response before its first read.'),
  })
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(decodeUtf8(bytes))
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.length === 0 ? new ArrayBuffer(0) : ownBuffer(bytes).buffer
}
