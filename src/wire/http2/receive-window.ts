/** What the connection lends at a time so that a reader does not starve behind others, bytes. */
const LOAN = 64 * 1024

/** With less than a frame of room some servers send nothing, bytes. */
const STARVED = 16 * 1024

/** Bytes. A window is larger than this because the path is long: half of it would run dry while the credit travels. */
const LARGE_CREDIT = 2 * 1024 * 1024

/**
 * Whether it is time to give credit back: when what was consumed is half of what the peer has to work with (it has
 * `available` left), or much. Bytes that nobody has read are in neither number, so that credit keeps flowing around them.
 */
export function isCreditDue(consumed: number, available: number): boolean {
  return consumed > 0 && (consumed >= available || consumed >= LARGE_CREDIT)
}

/**
 * The window of the connection for what we receive (RFC 9113 section 6.9.1). Credit goes back for bytes that were
 * consumed, and for no others: what is unread on all streams together is never more than `size`.
 *
 * With one exception. A response that is being read must not wait for ever behind responses that nobody reads: then
 * credit is lent, and what is consumed next pays it back. What can be lent ends where the windows of the streams do.
 */
export class ReceiveWindow {
  /** What the peer may still send, bytes. */
  available: number
  /** Consumed and not given back, bytes. */
  #consumed = 0
  #lent = 0
  /** How often credit had to be lent. */
  stalls = 0

  constructor(size: number) {
    this.available = size
  }

  /** DATA came, padding included; false: more than the window allowed. */
  take(length: number): boolean {
    this.available -= length
    return this.available >= 0
  }

  consume(length: number): void {
    const paidBack = Math.min(this.#lent, length)
    this.#lent -= paidBack
    this.#consumed += length - paidBack
  }

  /** The peer has too little left to work with. */
  get isStarved(): boolean {
    return this.available < STARVED
  }

  /** The credit to give now, or 0. `reading`: somebody waits for data and will read it. */
  credit(reading: boolean): number {
    let credit = 0
    if (isCreditDue(this.#consumed, this.available)) {
      credit = this.#consumed
      this.#consumed = 0
    }
    if (reading && this.available + credit < STARVED) {
      credit += LOAN
      this.#lent += LOAN
      this.stalls += 1
    }
    this.available += credit
    return credit
  }
}
