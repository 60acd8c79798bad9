/** How the calls went that a circuit looks back upon. */
export interface CallTotals {
  readonly calls: number
  readonly failed: number
  readonly slow: number
}

/** The calls that count: the last ones by number, or by time. */
export interface CallWindow {
  /** `now`: ms of the clock. */
  record(failed: boolean, slow: boolean, now: number): void
  totals(now: number): CallTotals
}

const FAILED = 1
const SLOW = 2

/** The last `size` calls, however old they are. */
export class CountWindow implements CallWindow {
  readonly #marks: Uint8Array
  #next = 0
  #calls = 0
  #failed = 0
  #slow = 0

  constructor(size: number) {
    this.#marks = new Uint8Array(size)
  }

  record(failed: boolean, slow: boolean): void {
    if (this.#calls === this.#marks.length) this.#count(this.#marks[this.#next] as number, -1)
    else this.#calls += 1
    const mark = (failed ? FAILED : 0) | (slow ? SLOW : 0)
    this.#marks[this.#next] = mark
    this.#count(mark, 1)
    this.#next = (this.#next + 1) % this.#marks.length
  }

  totals(): CallTotals {
    return { calls: this.#calls, failed: this.#failed, slow: this.#slow }
  }

  #count(mark: number, by: number): void {
    if ((mark & FAILED) !== 0) this.#failed += by
    if ((mark & SLOW) !== 0) this.#slow += by
  }
}

/** How finely a window of time is cut: what is in it moves by a tenth at a time. */
const BUCKETS = 10

interface Bucket {
  /** Which tenth of a window since time began. */
  tick: number
  calls: number
  failed: number
  slow: number
}

/** The calls of the last `span` ms, however many they are; a call leaves up to a tenth of the span late. */
export class TimeWindow implements CallWindow {
  readonly #span: number
  readonly #buckets: Bucket[] = []

  constructor(span: number) {
    this.#span = span
  }

  record(failed: boolean, slow: boolean, now: number): void {
    const tick = this.#tick(now)
    const at = ((tick % BUCKETS) + BUCKETS) % BUCKETS
    let bucket = this.#buckets[at]
    if (bucket?.tick !== tick) {
      bucket = { tick, calls: 0, failed: 0, slow: 0 }
      this.#buckets[at] = bucket
    }
    bucket.calls += 1
    if (failed) bucket.failed += 1
    if (slow) bucket.slow += 1
  }

  totals(now: number): CallTotals {
    const oldest = this.#tick(now) - BUCKETS
    const totals = { calls: 0, failed: 0, slow: 0 }
    // Not every place of the ring has been filled yet; `forEach` passes over the holes.
    this.#buckets.forEach((bucket) => {
      if (bucket.tick <= oldest) return
      totals.calls += bucket.calls
      totals.failed += bucket.failed
      totals.slow += bucket.slow
    })
    return totals
  }

  #tick(now: number): number {
    return Math.floor((now * BUCKETS) / this.#span)
  }
}
