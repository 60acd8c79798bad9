import { setImmediate } from 'node:timers'
import type { HeaderList } from './headers.ts'

/** What a body queue asks of the exchange behind it. */
export interface BodySource {
  pause(): void
  resume(): void
  /** The reader has no use for the rest, and says why. Called at most once, and not after the end. */
  cancel(reason: unknown): void
}

/** Unread bytes at which a body stops taking more from the wire. */
export const BODY_HIGH_WATER_MARK = 256 * 1024

/** A body of which so much has come is a large one: more is about to come, bytes. */
const LARGE_BODY = 32 * 1024

/** What one read of a gathering reader aims at, bytes. */
const GATHERED = 128 * 1024

/** `gathers`: the reader wants a buffer of his own, with all that has come. */
type Waiter = { gathers: boolean; resolve(chunk: Uint8Array | null): void; reject(error: unknown): void }
export type Listener = (error: unknown) => void
export type Explain = (error: unknown) => unknown
type Outcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** Who waits for the whole body. An object: functions made for each body would cost several times as much memory. */
class Collector<T> {
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  readonly #convert: (bytes: Uint8Array) => T
  readonly #explain: Explain | null

  constructor(
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    convert: (bytes: Uint8Array) => T,
    explain: Explain | null,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#convert = convert
    this.#explain = explain
  }

  settle(bytes: Uint8Array): void {
    try {
      // Without a receiver, as a function is called.
      const convert = this.#convert
      this.#resolve(convert(bytes))
    } catch (error) {
      this.#reject(error)
    }
  }

  fail(error: unknown): void {
    const explain = this.#explain
    this.#reject(explain === null ? error : explain(error))
  }
}

const NO_SOURCE: BodySource = { pause() {}, resume() {}, cancel() {} }
const PENDING: Outcome = { kind: 'pending' }
const ENDED: Outcome = { kind: 'ended' }
const EMPTY = new Uint8Array(0)
const DROPPED = 'The body was dropped unread.'

/** The reason for which the client itself gives a body up whose response it answers with another request. */
export const DISMISSED = new DOMException(
  'The client sent another request in place of this one.',
  'AbortError',
)

/** Whether a body came to its end because nobody held it any more. */
export function wasDroppedUnread(error: unknown): boolean {
  return error instanceof DOMException && error.message === DROPPED
}

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
  #received = 0
  #outcome: Outcome = PENDING
  #paused = false
  #waiter: Waiter | null = null
  #collector: Collector<unknown> | null = null
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
    this.#received += chunk.length
    const waiter = this.#waiter
    if (waiter !== null && !waiter.gathers) {
      this.#waiter = null
      waiter.resolve(chunk)
      return
    }
    if (this.#first === null) this.#first = chunk
    else if (this.#rest === null) this.#rest = [chunk]
    else this.#rest.push(chunk)
    this.#buffered += chunk.length
    if (waiter !== null) {
      if (this.#received < LARGE_BODY || this.#buffered >= GATHERED) this.#serve(waiter)
      else if (this.#rest === null) setImmediate(() => this.#serve(waiter))
      return
    }
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
    this.#outcome = { kind: 'failed', error: reason }
    // First the source: what is below ends, and is told, before what is above.
    try {
      this.#source.cancel(reason)
    } finally {
      this.#settle()
    }
  }

  /** The reader was garbage-collected. One who waits for the whole needs no body object to do so. */
  abandon(): void {
    if (this.#collector === null && !this.settled) this.cancel(new DOMException(DROPPED, 'AbortError'))
  }

  /** The next chunk, or null at the end. One read at a time. */
  read(): Promise<Uint8Array | null> {
    const chunk = this.#shift()
    if (chunk !== null) return Promise.resolve(chunk)
    if (this.#outcome.kind === 'ended') return Promise.resolve(null)
    if (this.#outcome.kind === 'failed') return Promise.reject(this.#outcome.error)
    return new Promise((resolve, reject) => {
      this.#waiter = { gathers: false, resolve, reject }
    })
  }

  /**
   * As `read`, in a buffer of its own: a copy, since chunks share theirs. Of a large body all that comes in this turn of
   * the event loop, up to about 128 KiB: it is read many chunks at a time, and each read of a web stream is expensive.
   */
  readOwn(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#first !== null) return Promise.resolve(this.#own())
    if (this.settled) return this.read() as Promise<null>
    return new Promise((resolve, reject) => {
      this.#waiter = { gathers: true, resolve: resolve as Waiter['resolve'], reject }
    })
  }

  /** Everything at once, as `convert` makes it of the bytes; rejects with what it throws, or a failure as `explain` has it. */
  collect<T>(convert: (bytes: Uint8Array) => T, explain: Explain | null = null): Promise<T> {
    // Most small bodies have come whole with their head: nobody has to wait.
    if (this.#outcome.kind === 'ended') return converted(convert, this.#concat())
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const collector = new Collector(resolve, reject, convert, explain)
    if (this.#outcome.kind === 'failed') collector.fail(this.#outcome.error)
    else {
      this.#collector = collector as Collector<unknown>
      this.#unpause()
    }
    return promise
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
    const waiter = this.#waiter
    this.#waiter = null
    if (waiter !== null && this.#first !== null) waiter.resolve(this.#own())
    else if (failed === null) waiter?.resolve(null)
    else waiter?.reject(failed.error)
    if (this.#collector !== null) {
      if (failed === null) this.#collector.settle(this.#concat())
      else this.#collector.fail(failed.error)
      this.#collector = null
    }
    const listeners = this.#onSettled
    this.#onSettled = null
    if (typeof listeners === 'function') listeners(this.error)
    else if (listeners !== null) for (const run of listeners) run(this.error)
  }

  /** What a gathering reader has waited for, unless he was served. */
  #serve(waiter: Waiter): void {
    if (this.#waiter !== waiter) return
    this.#waiter = null
    waiter.resolve(this.#own())
  }

  #own(): Uint8Array<ArrayBuffer> {
    const copy = copyOf(this.#first ?? EMPTY, this.#rest, this.#buffered)
    this.#first = null
    this.#rest = null
    this.#buffered = 0
    this.#unpause()
    return copy
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

function converted<T>(convert: (bytes: Uint8Array) => T, bytes: Uint8Array): Promise<T> {
  try {
    return Promise.resolve(convert(bytes))
  } catch (error) {
    return Promise.reject(error)
  }
}

/** A byte stream takes the buffer of a chunk away, and its reader shall not see what else is in a shared one. */
function copyOf(
  first: Uint8Array,
  rest: readonly Uint8Array[] | null,
  size: number,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
  copy.set(first)
  let at = first.length
  for (const chunk of rest ?? []) {
    copy.set(chunk, at)
    at += chunk.length
  }
  return copy
}
