import { BODY_HIGH_WATER_MARK } from '../../core/body-queue.ts'
import type { Clock } from '../../core/clock.ts'

/** A window below this makes a server wait in the middle of a small body, bytes. */
const SMALLEST = 128 * 1024

/** A body that had so many bytes is worth measuring the path with. */
const BULK = 256 * 1024

/** Each step costs a round trip in which the peer stands still. */
const GROWTH = 8

/** Windows go up again in quiet times; not more often than this, ms. */
const RESTORE_AFTER_MS = 1000

/** What may be unread of one response: its window on the way or in node:http2, and a full queue. */
export interface Holder {
  /** Bytes; the stream's, kept here. */
  mayHold: number
}

/**
 * The windows of streams (RFC 9113 section 6.9.2). node:http2 has one size for all of them, the setting
 * INITIAL_WINDOW_SIZE, and returns the connection's credit by itself: what nobody reads is bounded by the sum of the
 * windows alone. So the size goes down before a stream is opened for which the budget has no room, and up when a
 * response uses its window up within one round trip: the path holds more than the window then.
 *
 * Unread on one connection: at most `budget`, and `SMALLEST` and a full queue for each stream that found no room. No
 * stream is opened with more than half of what is left, so that one alone does not leave nothing to the others.
 */
export class StreamWindows {
  readonly #initial: number
  readonly #budget: number
  readonly #clock: Clock
  #size: number
  #promised = 0
  #changedAt: number
  /** ms; the shortest that was seen. */
  #roundTrip = Number.POSITIVE_INFINITY

  constructor(initial: number, budget: number, clock: Clock) {
    this.#initial = initial
    this.#size = initial
    this.#budget = budget
    this.#clock = clock
    this.#changedAt = clock.now()
  }

  /** What the peer was told last, bytes. */
  get size(): number {
    return this.#size
  }

  /** A stream is about to be opened. True: `size` has changed and must be announced before it. */
  beforeOpen(): boolean {
    const before = this.#size
    if (this.#promised === 0 && before < this.#initial && this.#rested()) this.#size = this.#initial
    const fair = Math.floor((this.#budget - this.#promised) / 2)
    if (this.#size > fair && this.#size > SMALLEST) this.#size = Math.max(SMALLEST, floorToPower(fair))
    return this.#changed(before)
  }

  opened(stream: Holder): void {
    stream.mayHold = this.#size + BODY_HIGH_WATER_MARK
    this.#promised += stream.mayHold
  }

  closed(stream: Holder): void {
    this.#promised -= stream.mayHold
  }

  /** A PING was answered, `ms` after it was sent. */
  learn(ms: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, ms)
  }

  /** A sample for a response that had `received` bytes; null when it is too small for one. */
  sample(received: number): PathSample | null {
    return received < BULK ? null : new PathSample(this.#clock.now())
  }

  /** `length` more bytes of the sampled response. True: `size` has grown for the streams that are `open`. */
  saw(length: number, sample: PathSample, open: Iterable<Holder>): boolean {
    if (!sample.fills(length, this.#size, this.#roundTrip, this.#clock)) return false
    const before = this.#size
    for (let size = GROWTH * before; size > before && this.#size === before; size /= 2)
      this.#growTo(size, open)
    return this.#changed(before)
  }

  /** If the budget has room for it. */
  #growTo(size: number, open: Iterable<Holder>): void {
    const each = size + BODY_HIGH_WATER_MARK
    let promised = 0
    for (const { mayHold } of open) promised += Math.max(mayHold, each)
    if (2 * size > this.#budget || promised > this.#budget) return
    for (const stream of open) stream.mayHold = Math.max(stream.mayHold, each)
    this.#promised = promised
    this.#size = size
  }

  #rested(): boolean {
    return this.#clock.now() - this.#changedAt >= RESTORE_AFTER_MS
  }

  #changed(before: number): boolean {
    if (this.#size === before) return false
    this.#changedAt = this.#clock.now()
    return true
  }
}

/** Few sizes, so that a stream more or less does not change them. */
function floorToPower(bytes: number): number {
  return bytes < 1 ? 0 : 2 ** Math.floor(Math.log2(bytes))
}

/** What one response receives within a round trip. */
export class PathSample {
  #startedAt: number
  #bytes = 0

  constructor(now: number) {
    this.#startedAt = now
  }

  /** Whether the response has used up half of its window (credit goes back by halves) within one round trip. */
  fills(length: number, window: number, roundTrip: number, clock: Clock): boolean {
    this.#bytes += length
    if (this.#bytes < window / 2) return false
    const now = clock.now()
    const fast = now - this.#startedAt <= roundTrip
    this.#startedAt = now
    this.#bytes = 0
    return fast
  }
}
