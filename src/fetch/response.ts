import type { ClientResponse, Timings } from '../core/dispatch.ts'
import type { ResponseBody } from '../core/response-body.ts'
import { toFetchError } from './errors.ts'
import { pairs } from './request.ts'

const NULL_BODY_STATUS = new Set([101, 103, 204, 205, 304])
const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const decoder = new TextDecoder()

/** What `fetch` resolves to: a `Response` of the platform, and what only we know. */
export interface FetchResponse extends Response {
  /** The protocol that carried it. */
  readonly protocol: 'h2' | 'http/1.1'
  /** Where the time went, ms; `total` is set when the body has ended. */
  readonly timings: Timings
  /** Trailer fields; resolves when the body has ended, rejects if it fails. */
  readonly trailers: Promise<Headers>
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
  readonly #body: ResponseBody | null
  /** Once somebody asked for the stream, a native response around it serves every body method. */
  #native: Response | null = null
  #headers: Headers | null = null

  constructor(response: ClientResponse, method: string) {
    this.#response = response
    this.#body = method === 'HEAD' || NULL_BODY_STATUS.has(response.status) ? null : response.body
  }

  get type(): Response['type'] {
    return 'basic'
  }

  get url(): string {
    return this.#response.url
  }

  get redirected(): boolean {
    return this.#response.redirects > 0
  }

  get status(): number {
    return this.#response.status
  }

  get ok(): boolean {
    return this.#response.status >= 200 && this.#response.status <= 299
  }

  /** HTTP/2 has no reason phrase (RFC 9113 section 8.3.2). */
  get statusText(): string {
    return ''
  }

  get headers(): Headers {
    this.#headers ??= new Headers(pairs(this.#response.headers))
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
    return this.#response.body.trailers().then(
      (list) => new Headers(pairs(list)),
      (error) => Promise.reject(toFetchError(error, 'terminated')),
    )
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body === null ? null : (this.#asNative().body as ReadableStream<Uint8Array>)
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? this.#body?.used ?? false
  }

  async bytes(): Promise<Uint8Array> {
    const bytes = await this.#collect('bytes')
    return bytes.constructor === Uint8Array
      ? bytes
      : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#collect('arrayBuffer')
    const { buffer } = bytes
    const whole = bytes.byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
    return whole ? buffer : (new Uint8Array(bytes).buffer as ArrayBuffer)
  }

  async text(): Promise<string> {
    return decoder.decode(await this.#collect('text'))
  }

  async json(): Promise<unknown> {
    return JSON.parse(decoder.decode(await this.#collect('json')))
  }

  async blob(): Promise<Blob> {
    const bytes = await this.#collect('blob')
    // The platform knows how a MIME type is read and written.
    const { headers } = this
    return new Response(bytes as Uint8Array<ArrayBuffer>, { headers }).blob()
  }

  async formData(): Promise<FormData> {
    if (this.#native === null && this.bodyUsed) throw bodyUsed('formData')
    return this.#asNative().formData()
  }

  clone(): Response {
    if (this.bodyUsed || this.#native?.body?.locked === true) throw bodyUsed('clone')
    const copy = new LazyResponse(this.#response, this.#body === null ? 'HEAD' : 'GET')
    if (this.#body !== null) copy.#native = this.#asNative().clone()
    return copy as unknown as Response
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    const { status, url, protocol, headers, bodyUsed, timings } = this
    return `Response ${inspect({ status, url, protocol, headers, bodyUsed, timings }, options)}`
  }

  #asNative(): Response {
    this.#native ??= new Response(this.#body === null ? null : platformStream(this.#body), {
      headers: this.headers,
    })
    return this.#native
  }

  async #collect(method: 'bytes' | 'arrayBuffer' | 'text' | 'json' | 'blob'): Promise<Uint8Array> {
    if (this.#body === null) return new Uint8Array(0)
    if (this.#native !== null) return new Uint8Array(await this.#native.arrayBuffer())
    if (this.#body.used) throw bodyUsed(method)
    try {
      return await this.#body.bytes()
    } catch (error) {
      throw toFetchError(error, 'terminated')
    }
  }
}

// `instanceof Response` holds, and none of the native constructor's work is done.
Object.setPrototypeOf(LazyResponse.prototype, Response.prototype)
Object.setPrototypeOf(LazyResponse, Response)

export function toFetchResponse(response: ClientResponse, method: string): FetchResponse {
  return new LazyResponse(response, method) as unknown as FetchResponse
}

function bodyUsed(method: string): TypeError {
  return new TypeError(
    `Cannot call ${method}() on this response: its body was already read or is locked. Clone it before the first read.`,
  )
}

/** The stream of a body, with failures as `fetch` reports them. */
function platformStream(body: ResponseBody): ReadableStream<Uint8Array> {
  const reader = body.stream().getReader()
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>)
          controller.close()
          controller.byobRequest?.respond(0)
        } catch (error) {
          controller.error(toFetchError(error, 'terminated'))
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
