import { BodyError } from './errors.ts'
import type { HeaderList } from './headers.ts'

/** What a body queue asks of the exchange behind it. */
export interface BodySource {
  pause(): void
  resume(): void
  /** The reader has no use for the rest. Called at most once, and not after the end. */
  cancel(): void
}

/** Unread bytes at which a body stops taking more from the wire. */
export const BODY_HIGH_WATER_MARK = 256 * 1024

type Waiter = { resolve(chunk: Uint8Array | null): void; reject(error: unknown): void }
type Collector = { resolve(bytes: Uint8Array): void; reject(error: unknown): void }
type Outcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: unknown }

const NO_SOURCE: BodySource = { pause() {}, resume() {}, cancel() {} }
const PENDING: Outcome = { kind: 'pending' }
const ENDED: Outcome = { kind: 'ended' }
const EMPTY = new Uint8Array(0)

/**
 * The bytes between the wire, which pushes, and one reader, who pulls or collects. Bounded by pausing the source;
 * a collector asks for everything and is never paused.
 */
export class BodyQueue {
  #source: BodySource
  #chunks: Uint8Array[] = []
  #buffered = 0
  #outcome: Outcome = PENDING
  #paused = false
  #waiter: Waiter | null = null
  #collector: Collector | null = null
  #onSettled: (() => void)[] | null = null
  trailers: HeaderList | null = null

  constructor(source: BodySource) {
    this.#source = source
  }

  get settled(): boolean {
    return this.#outcome !== PENDING
  }

  /** Full: the reader has to take something before more comes. */
  get paused(): boolean {
    return this.#paused
  }

  get buffered(): number {
    return this.#buffered
  }

  push(chunk: Uint8Array): void {
    if (this.settled || chunk.length === 0) return
    if (this.#waiter !== null) {
      const waiter = this.#waiter
      this.#waiter = null
      waiter.resolve(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    if (this.#collector === null && !this.#paused && this.#buffered >= BODY_HIGH_WATER_MARK) {
      this.#paused = true
      this.#source.pause()
    }
  }

  end(trailers: HeaderList | null): void {
    if (this.settled) return
    this.trailers = trailers
    this.#outcome = ENDED
    this.#settle()
  }

  /** Bytes that came before the failure stay readable; a collector sees the failure alone. */
  fail(error: unknown): void {
    if (this.settled) return
    this.#outcome = { kind: 'failed', error }
    this.#settle()
  }

  /** Gives the rest up: what is buffered is dropped, and the source told. */
  cancel(reason: unknown): void {
    this.#chunks = []
    this.#buffered = 0
    if (this.settled) return
    const source = this.#source
    this.fail(reason)
    source.cancel()
  }

  /** The reader was garbage-collected. One who waits for the whole needs no body object to do so. */
  abandon(): void {
    if (this.#collector === null && !this.settled)
      this.cancel(new DOMException('The body was dropped unread.', 'AbortError'))
  }

  /** The next chunk, or null at the end. One read at a time. */
  read(): Promise<Uint8Array | null> {
    const chunk = this.#shift()
    if (chunk !== null) return Promise.resolve(chunk)
    if (this.#outcome.kind === 'ended') return Promise.resolve(null)
    if (this.#outcome.kind === 'failed') return Promise.reject(this.#outcome.error)
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  /** Everything, as one array. */
  collect(): Promise<Uint8Array> {
    if (this.#outcome.kind === 'ended') return Promise.resolve(this.#concat())
    if (this.#outcome.kind === 'failed') return Promise.reject(this.#outcome.error)
    return new Promise((resolve, reject) => {
      this.#collector = { resolve, reject }
      this.#unpause()
    })
  }

  /** Runs `run` when the last byte came or the body failed; at once if that was before. */
  whenSettled(run: () => void): void {
    if (this.settled) run()
    else if (this.#onSettled === null) this.#onSettled = [run]
    else this.#onSettled.push(run)
  }

  get error(): unknown {
    return this.#outcome.kind === 'failed' ? this.#outcome.error : undefined
  }

  #settle(): void {
    // A body may be kept for long after its end; the connection behind it shall not be.
    this.#source = NO_SOURCE
    const failed = this.#outcome.kind === 'failed' ? this.#outcome : null
    if (this.#waiter !== null) {
      if (failed === null) this.#waiter.resolve(null)
      else this.#waiter.reject(failed.error)
      this.#waiter = null
    }
    if (this.#collector !== null) {
      if (failed === null) this.#collector.resolve(this.#concat())
      else this.#collector.reject(failed.error)
      this.#collector = null
    }
    if (this.#onSettled !== null) for (const run of this.#onSettled) run()
    this.#onSettled = null
  }

  #shift(): Uint8Array | null {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return null
    this.#buffered -= chunk.length
    if (this.#buffered < BODY_HIGH_WATER_MARK / 2) this.#unpause()
    return chunk
  }

  #unpause(): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.settled) this.#source.resume()
  }

  #concat(): Uint8Array {
    const chunks = this.#chunks
    const size = this.#buffered
    this.#chunks = []
    this.#buffered = 0
    if (chunks.length === 1) return chunks[0] as Uint8Array
    if (chunks.length === 0) return EMPTY
    return Buffer.concat(chunks, size)
  }
}

const decoder = new TextDecoder()

/** A byte stream takes the buffer of a chunk away; chunks that share a slab with others are copied out first. */
function ownBuffer(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer
  return whole ? (chunk as Uint8Array<ArrayBuffer>) : new Uint8Array(chunk)
}

// A reader who loses interest often just drops the response. Its stream must not stay open for ever, so a body
// that is garbage-collected unread cancels it. Weak by design: the queue never points to the body.
const abandoned = new FinalizationRegistry<BodyQueue>((queue) => queue.abandon())

/** The error of a failed body may point to the body by its stack; the registry must not keep the two alive. */
function forgetWhenSettled(queue: BodyQueue): void {
  queue.whenSettled(() => abandoned.unregister(queue))
}

/**
 * The body of a response: read it once, by one of its methods or by `for await`. Not reading it is fine:
 * `cancel()` says so at once, and a dropped response is cancelled when it is garbage-collected.
 */
export class ResponseBody implements AsyncIterable<Uint8Array> {
  readonly #queue: BodyQueue
  #used = false

  /** `small`: it fits into the queue, and so comes to its end even if nobody reads it. */
  constructor(queue: BodyQueue, small = false) {
    this.#queue = queue
    if (small || queue.settled) return
    abandoned.register(this, queue, queue)
    forgetWhenSettled(queue)
  }

  /** Whether reading has begun. */
  get used(): boolean {
    return this.#used
  }

  /** Whether the last byte has come (or will never come). */
  get settled(): boolean {
    return this.#queue.settled
  }

  /** The whole body. Rejects with a `ClientError` when it was cut off, or with the signal's reason. */
  async bytes(): Promise<Uint8Array> {
    return this.#take().collect()
  }

  /** The whole body as UTF-8 text; a byte order mark is dropped. */
  async text(): Promise<string> {
    return decoder.decode(await this.#take().collect())
  }

  /** The whole body parsed as JSON. Rejects with a `SyntaxError` when it is not JSON. */
  async json<T = unknown>(): Promise<T> {
    return JSON.parse(decoder.decode(await this.#take().collect())) as T
  }

  /** Reads and drops everything, so that the connection is free again; resolves at the end. */
  async discard(): Promise<void> {
    for await (const _ of this);
  }

  /** The body as a web stream of bytes. */
  stream(): ReadableStream<Uint8Array> {
    const queue = this.#take()
    return new ReadableStream(
      {
        type: 'bytes',
        async pull(controller) {
          const chunk = await queue.read()
          if (chunk !== null) {
            controller.enqueue(ownBuffer(chunk))
            return
          }
          controller.close()
          controller.byobRequest?.respond(0)
        },
        cancel: (reason: unknown) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    )
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const queue = this.#take()
    try {
      for (let chunk = await queue.read(); chunk !== null; chunk = await queue.read()) yield chunk
    } finally {
      if (!queue.settled) this.cancel()
    }
  }

  /** Says that the rest is not wanted: the server is told (RST_STREAM, CANCEL), the connection lives on. */
  cancel(reason: unknown = new DOMException('The body was cancelled.', 'AbortError')): void {
    this.#used = true
    this.#queue.cancel(reason)
  }

  /** Trailer fields, when the body has ended; rejects as the body does. */
  trailers(): Promise<HeaderList> {
    const queue = this.#queue
    return new Promise((resolve, reject) => {
      queue.whenSettled(() =>
        queue.error === undefined ? resolve(queue.trailers ?? []) : reject(queue.error),
      )
    })
  }

  /** Runs `run` when the last byte came or the body failed. */
  whenSettled(run: (error: unknown) => void): void {
    // The queue must not come to hold the body: one that nobody else holds is to be collected.
    const queue = this.#queue
    queue.whenSettled(() => run(queue.error))
  }

  #take(): BodyQueue {
    if (this.#used) {
      throw new BodyError(
        'ERR_TRUNKLINE_BODY_USED',
        'The response body was already read; a body can be read once.',
        {
          processed: 'yes',
          phase: 'body',
        },
      )
    }
    this.#used = true
    return this.#queue
  }
}
