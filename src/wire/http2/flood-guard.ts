import type { Clock } from '../../core/clock.ts'
import { ConnectionFault } from './connection-fault.ts'
import { ErrorCode } from './frame-types.ts'

/**
 * Frames that are allowed one by one and serve nothing: what a peer may send of them at once, and the rate at which
 * that is made good. nghttp2 bears as many before it calls a peer a flood.
 */
const MOST_AT_ONCE = 10_000
const MADE_GOOD_PER_MS = 0.33

/** Answers of ours (to PING, to SETTINGS) that may wait for a peer who does not read them. */
const MOST_UNSENT_ANSWERS = 1000

/**
 * RFC 9113 section 10.5: a peer that sends endless small things to keep us busy ends in ENHANCE_YOUR_CALM. The clock
 * is looked at only when half of the allowance is used.
 */
export class FloodGuard {
  readonly #clock: Clock
  #used = 0
  #since: number
  #unsentAnswers = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  /** One more of them came; `what` names the kind. @throws ConnectionFault */
  note(what: string, cost = 1): void {
    this.#used += cost
    if (this.#used > MOST_AT_ONCE / 2) this.#makeGood(what)
  }

  /** The peer did something that explains as many of them. */
  excuse(count: number): void {
    this.#used = Math.max(0, this.#used - count)
  }

  /** A frame came that we must answer. @throws ConnectionFault */
  noteAnswer(what: string): void {
    this.#unsentAnswers += 1
    if (this.#unsentAnswers > MOST_UNSENT_ANSWERS) throw flood(what)
    this.note(what)
  }

  /** All answers are with the kernel. */
  answersSent(): void {
    this.#unsentAnswers = 0
  }

  #makeGood(what: string): void {
    const now = this.#clock.now()
    this.excuse((now - this.#since) * MADE_GOOD_PER_MS)
    this.#since = now
    if (this.#used > MOST_AT_ONCE) throw flood(what)
  }
}

function flood(what: string): ConnectionFault {
  return new ConnectionFault(
    ErrorCode.ENHANCE_YOUR_CALM,
    `it floods the connection with ${what} (RFC 9113 section 10.5)`,
  )
}
