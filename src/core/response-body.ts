import { BodyError } from './errors.ts'
import type { HeaderList } from './headers.ts'
import { decodeUtf8 } from './utf8.ts'

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
type Listener = (error: unknown) => void
type Explain = (error: unknown) => unknown
type Collector = { settle(bytes: Uint8Array): void; reject(error: unknown): void }
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
  /** Most bodies are one chunk; the list is for the others. */
  #first: Uint8Array | null = null
  #rest: Uint8Array[] | null = null
  #buffered = 0
  #outcome: Outcome = PENDING
  #paused = false
  #waiter: Waiter | null = null
  #collector: Collector | null = null
  #onSettled: Listener | Listener[] | null = null
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
    if (this.#first === null) this.#first = chunk
    else if (this.#rest === null) this.#rest = [chunk]
    else this.#rest.push(chunk)
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
    this.#first = null
    this.#rest = null
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

  /** Everything at once, as `convert` makes it of the bytes; rejects with what it throws, or a failure as `explain` has it. */
  collect<T>(convert: (bytes: Uint8Array) => T, explain: Explain | null = null): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = explain === null ? reject : (error: unknown) => reject(explain(error))
      if (this.#outcome.kind === 'failed') return fail(this.#outcome.error)
      if (this.#outcome.kind === 'ended') return resolve(convert(this.#concat()))
      const settle = (bytes: Uint8Array) => {
        try {
          resolve(convert(bytes))
        } catch (error) {
          reject(error)
        }
      }
      this.#collector = { settle, reject: fail }
      this.#unpause()
    })
  }

  /** Runs `run`, with the failure or undefined, when the last byte came or the body failed; at once if that was before. */
  whenSettled(run: Listener): void {
    const others = this.#onSettled
    if (this.settled) run(this.error)
    else if (others === null) this.#onSettled = run
    else if (typeof others === 'function') this.#onSettled = [others, run]
    else others.push(run)
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
      if (failed === null) this.#collector.settle(this.#concat())
      else this.#collector.reject(failed.error)
      this.#collector = null
    }
    const listeners = this.#onSettled
    this.#onSettled = null
    if (typeof listeners === 'function') listeners(this.error)
    else if (listeners !== null) for (const run of listeners) run(this.error)
  }

  #shift(): Uint8Array | null {
    const chunk = this.#first
    if (chunk === null) return null
    this.#first = this.#rest?.shift() ?? null
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
    const first = this.#first ?? EMPTY
    const rest = this.#rest
    const size = this.#buffered
    this.#first = null
    this.#rest = null
    this.#buffered = 0
    return rest === null || rest.length === 0 ? first : Buffer.concat([first, ...rest], size)
  }
}

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
  bytes(): Promise<Uint8Array> {
    return this.collect(asTheyAre)
  }

  /** The whole body as UTF-8 text; a byte order mark is dropped. */
  text(): Promise<string> {
    return this.collect(decodeUtf8)
  }

  /** The whole body parsed as JSON. Rejects with a `SyntaxError` when it is not JSON. */
  json<T = unknown>(): Promise<T> {
    return this.collect<T>(parseJson)
  }

  /**
   * The whole body as `convert` makes it of the bytes. Rejects with what it throws, or with the failure of the body, as
   * `explain` tells it if given.
   */
  collect<T>(convert: (bytes: Uint8Array) => T, explain: Explain | null = null): Promise<T> {
    if (this.#used) return Promise.reject(bodyUsed())
    this.#used = true
    return this.#queue.collect(convert, explain)
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
    this.#queue.whenSettled(run)
  }

  #take(): BodyQueue {
    if (this.#used) throw bodyUsed()
    this.#used = true
    return this.#queue
  }
}

const asTheyAre = (bytes: Uint8Array) => bytes
const parseJson = (bytes: Uint8Array) => JSON.parse(decodeUtf8(bytes))

function bodyUsed(): BodyError {
  return new BodyError(
    'ERR_TRUNKLINE_BODY_USED',
    'The response body was already read; a body can be read once.',
    { processed: 'yes', phase: 'body' },
  )
}
