/** A request as a raw peer received it, and the streams of one connection as the peer sees them. */
import type { ErrorCodeValue, HeaderList } from './frame-types.ts'
import { type HeadersInput, headerObject } from './hpack.ts'
import { PeerError } from './inbox.ts'

/** A response of `RawConnection`. */
export interface RawResponse {
  /** Default 200. */
  readonly status?: number
  readonly headers?: HeadersInput
  readonly body?: Uint8Array | string
  readonly trailers?: HeadersInput
}

export interface RawRequestOptions {
  readonly streamId: number
  readonly headerList: HeaderList
  readonly endStream: boolean
  /** Milliseconds that `body()` waits. */
  readonly timeout: number
  respond(response: RawResponse): Promise<void>
}

/** One request (RFC 9113 section 8.1): its field list at once, its body when END_STREAM came. */
export class RawRequest {
  readonly streamId: number
  /** Pseudo-header fields too, in order, flat. */
  readonly headerList: HeaderList
  /** The same by name; repeats joined. */
  readonly headers: Readonly<Record<string, string>>
  /** END_STREAM was on the HEADERS frame: there is no body. */
  readonly endStream: boolean
  trailers: HeaderList | null = null
  readonly #options: RawRequestOptions
  readonly #chunks: Buffer[] = []
  readonly #done = Promise.withResolvers<void>()
  #bytes = 0
  #state: 'open' | 'ended' | 'failed'

  constructor(options: RawRequestOptions) {
    this.#options = options
    this.streamId = options.streamId
    this.headerList = options.headerList
    this.headers = headerObject(options.headerList)
    this.endStream = options.endStream
    this.#state = 'open'
    this.#done.promise.catch(() => {})
    if (options.endStream) this.finish()
  }

  get method(): string {
    return this.headers[':method'] ?? ''
  }

  get path(): string {
    return this.headers[':path'] ?? ''
  }

  get authority(): string {
    return this.headers[':authority'] ?? this.headers.host ?? ''
  }

  /** All of the request arrived. */
  get complete(): boolean {
    return this.#state === 'ended'
  }

  /** Bytes of body received so far. */
  get bodyLength(): number {
    return this.#bytes
  }

  /** The whole body, once END_STREAM came; rejects when the client resets the stream or the deadline passes. */
  async body(timeout: number = this.#options.timeout): Promise<Buffer> {
    await withDeadline(this.#done.promise, timeout, () => this.#late(timeout))
    return Buffer.concat(this.#chunks)
  }

  /** Answers: HEADERS, DATA as the client's windows allow, trailers. */
  respond(response: RawResponse = {}): Promise<void> {
    return this.#options.respond(response)
  }

  /** Bytes of the body came. Called by the connection. */
  receive(data: Buffer): void {
    this.#chunks.push(data)
    this.#bytes += data.length
  }

  /** The request is complete. Called by the connection. */
  finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#done.resolve()
  }

  /** The request will never be complete. Called by the connection. */
  fail(reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    const message = `stream ${this.streamId}: ${reason} before the request body was complete`
    this.#done.reject(new PeerError('CLOSED', 'the request body', message))
  }

  #late(timeout: number): PeerError {
    const awaited = `END_STREAM on stream ${this.streamId}`
    return new PeerError('TIMEOUT', awaited, `waited ${timeout} ms for ${awaited}; ${this.#bytes} bytes came`)
  }
}

async function withDeadline<T>(promise: Promise<T>, timeout: number, error: () => Error): Promise<T> {
  if (timeout === Number.POSITIVE_INFINITY) return promise
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(error()), timeout)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

interface StreamState {
  readonly request: RawRequest
  remoteEnded: boolean
  localEnded: boolean
}

/** RFC 9113 section 5.1, as far as a peer needs it to answer and to count. */
export class StreamTable {
  readonly #open = new Map<number, StreamState>()
  readonly #resets = new Map<number, { by: 'client' | 'peer'; code: ErrorCodeValue }>()
  readonly #onClosed: (streamId: number) => void

  /** The highest stream the client opened. */
  lastStreamId = 0
  /** How many streams the client had open at once, at most (RFC 9113 section 5.1.2). */
  maxConcurrentSeen = 0
  requestCount = 0

  constructor(onClosed: (streamId: number) => void) {
    this.#onClosed = onClosed
  }

  get openCount(): number {
    return this.#open.size
  }

  get openIds(): number[] {
    return [...this.#open.keys()]
  }

  request(streamId: number): RawRequest | undefined {
    return this.#open.get(streamId)?.request
  }

  /** Who reset the stream first, and with which code. */
  resetOf(streamId: number): { by: 'client' | 'peer'; code: ErrorCodeValue } | undefined {
    return this.#resets.get(streamId)
  }

  isOpen(streamId: number): boolean {
    return this.#open.has(streamId)
  }

  opened(request: RawRequest): void {
    this.lastStreamId = Math.max(this.lastStreamId, request.streamId)
    this.requestCount += 1
    this.#open.set(request.streamId, { request, remoteEnded: request.endStream, localEnded: false })
    this.maxConcurrentSeen = Math.max(this.maxConcurrentSeen, this.#open.size)
  }

  /** The client sent END_STREAM. */
  remoteEnd(streamId: number): void {
    const stream = this.#open.get(streamId)
    if (stream === undefined) return
    stream.remoteEnded = true
    stream.request.finish()
    this.#closeIfDone(streamId, stream)
  }

  /** We sent END_STREAM. */
  localEnd(streamId: number): void {
    const stream = this.#open.get(streamId)
    if (stream === undefined) return
    stream.localEnded = true
    this.#closeIfDone(streamId, stream)
  }

  /** RST_STREAM, from either side. */
  reset(streamId: number, by: 'client' | 'peer', code: ErrorCodeValue): void {
    if (!this.#resets.has(streamId)) this.#resets.set(streamId, { by, code })
    this.#open.get(streamId)?.request.fail(`${by} reset the stream with ${code}`)
    this.#close(streamId)
  }

  /** The connection ended. */
  end(reason: string): void {
    for (const stream of this.#open.values()) stream.request.fail(reason)
    this.#open.clear()
  }

  #closeIfDone(streamId: number, stream: StreamState): void {
    if (stream.localEnded && stream.remoteEnded) this.#close(streamId)
  }

  #close(streamId: number): void {
    this.#open.delete(streamId)
    this.#onClosed(streamId)
  }
}
