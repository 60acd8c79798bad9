/** Time in which what was observed fades to about a third, ms. */
const DECAY = 10_000

/**
 * A moving average of response times that takes a peak at once and forgets it slowly. Without news it fades, so that an
 * endpoint that was slow once is tried again.
 */
export class Latency {
  #value: number | null = null
  #at = 0

  observe(ms: number, now: number): void {
    const before = this.at(now)
    const kept = Math.exp(-(now - this.#at) / DECAY)
    // From here on `before` has faded already: the rest of it counts against the news.
    this.#value = before === null || ms > before ? ms : before + ms * (1 - kept)
    this.#at = now
  }

  /** ms; null: nothing was ever observed. */
  at(now: number): number | null {
    return this.#value === null ? null : this.#value * Math.exp(-(now - this.#at) / DECAY)
  }
}
