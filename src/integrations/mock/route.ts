import type { MockAnswer, MockReply } from './answer.ts'
import type { MockCall } from './call.ts'
import { checkAnswer } from './check-answer.ts'
import { type Matcher, type MockMatch, matcherOf } from './matcher.ts'
import type { Params } from './url-pattern.ts'

/** Requests of one kind, and their answers. */
export class Route {
  readonly #matcher: Matcher
  #replies: readonly MockReply[] = [{}]
  #most = Number.POSITIVE_INFINITY
  #least = 1
  /** Those that were answered here. */
  readonly calls: MockCall[] = []

  constructor(match: MockMatch) {
    this.#matcher = matcherOf(match)
  }

  get text(): string {
    return this.#matcher.text
  }

  /** The answers, in turn; the last one stays. Default: 200 without a body. */
  reply(...replies: readonly MockReply[]): this {
    if (replies.length === 0) throw new TypeError('reply() takes one answer at least.')
    for (const reply of replies) if (typeof reply !== 'function') checkAnswer(reply)
    this.#replies = replies
    return this
  }

  /** Answers so many requests, no more, and is done after no fewer. */
  times(count: number): this {
    if (!Number.isInteger(count) || count < 1)
      throw new TypeError('times() takes a whole number of at least 1.')
    this.#least = count
    this.#most = count
    return this
  }

  /** Answers one request, and no more. */
  once(): this {
    return this.times(1)
  }

  /** Is done even if nobody asks. */
  optional(): this {
    this.#least = 0
    return this
  }

  get done(): boolean {
    return this.calls.length >= this.#least
  }

  /** What is missing until it is done. */
  get owed(): string {
    return `asked ${this.calls.length} of ${this.#least} times`
  }

  /** Params when it answers this, else null. */
  match(call: MockCall): Params | null {
    if (this.calls.length >= this.#most) return null
    const verdict = this.#matcher.judge(call)
    return verdict.fits ? verdict.params : null
  }

  /** Why this route is not for the call; empty when it is. */
  whyNot(call: MockCall): readonly string[] {
    const verdict = this.#matcher.judge(call)
    return verdict.fits ? [`it has answered ${this.#most} times, and no more`] : verdict.why
  }

  /** Takes the call. */
  async answer(call: MockCall): Promise<MockAnswer> {
    const reply = this.#replies[Math.min(this.calls.length, this.#replies.length - 1)] as MockReply
    this.calls.push(call)
    if (typeof reply !== 'function') return reply
    const given = await reply(call)
    checkAnswer(given)
    return given
  }
}
