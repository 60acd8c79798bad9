/** A stream that received so much is worth a measurement, bytes. */
const BULK = 64 * 1024

/**
 * How large a stream's window should be, from the path: a PING is sent, and the bytes that come until its answer are
 * what one round trip carries. When that is half of the window or more, the window may be what holds the peer back
 * (credit goes back by halves), and doubles; when it is nearly all of it, it surely does, and a round trip saved is
 * worth more than a close fit. The connection's window is the end of it.
 */
export class WindowGrowth {
  /** For streams that are read as fast as they come, bytes. */
  target: number
  readonly #most: number
  #measuring = false
  #seen = 0
  /** Bytes to let pass before the next measurement. */
  #rest = 0

  constructor(initial: number, most: number) {
    this.target = initial
    this.#most = most
  }

  /** DATA came for a stream that has had `received` bytes so far; true: now is the time to measure. */
  saw(length: number, received: number): boolean {
    if (this.#measuring) this.#seen += length
    else this.#rest -= length
    return !this.#measuring && this.#rest <= 0 && received >= BULK && this.target < this.#most
  }

  /** A PING goes out. */
  begin(): void {
    this.#measuring = true
    this.#seen = 0
  }

  /** Its answer came; true when the target has grown. */
  end(): boolean {
    this.#measuring = false
    const used = this.#seen
    if (2 * used < this.target) {
      this.#rest = this.target
      return false
    }
    const factor = 4 * used < 3 * this.target ? 2 : 4
    this.target = Math.min(this.#most, factor * Math.max(this.target, used))
    return true
  }
}
