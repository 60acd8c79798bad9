import type { Clock, Timer } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { dismiss } from './dismiss.ts'
import { invalidOption } from './invalid-option.ts'
import { RetryBudget } from './retry-budget.ts'

/** Options of `hedge`. */
export interface HedgeOptions {
  /** ms without a response head after which the request is sent a second time. A good value is the p95 of its latency. */
  readonly delay: number
  /** Share of the requests to an origin that may be sent twice, in the long run. Default 0.1. */
  readonly budget?: number
  /** Methods that may be sent twice. Default `['GET', 'HEAD', 'OPTIONS']`. */
  readonly methods?: readonly string[]
}

interface Attempt {
  readonly controller: AbortController
  outcome: { readonly response: ClientResponse } | { readonly error: unknown } | null
}

/**
 * Sends a request that takes long a second time, and takes the response whose head comes first; the other one is
 * aborted. One that is 5xx is only taken if the other is no better.
 */
export function createHedge(options: HedgeOptions, clock: Clock): Interceptor {
  const { delay, budget: share = 0.1, methods = ['GET', 'HEAD', 'OPTIONS'] } = options
  if (!(delay >= 0)) throw invalidOption('hedge', 'delay must be a number of milliseconds')
  if (!(share > 0 && share <= 1)) throw invalidOption('hedge', 'budget must be a number above 0, at most 1')
  const budget = new RetryBudget(share)
  return (next) => (request) => {
    const { body, method, target, signal } = request
    const repeatable = body === null || body.kind === 'bytes' || body.replayable
    if (!repeatable || !methods.includes(method) || signal?.aborted === true) return next(request)
    const origin = target.origin.key
    budget.earn(origin)
    return new Promise((resolve, reject) => {
      new Race(next, request, clock, resolve, reject).begin(delay, () => budget.spend(origin))
    })
  }
}

class Race {
  readonly #next: Dispatch
  readonly #request: ClientRequest
  readonly #clock: Clock
  readonly #resolve: (response: ClientResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #attempts: Attempt[] = []
  #timer: Timer | null = null
  #over = false

  constructor(
    next: Dispatch,
    request: ClientRequest,
    clock: Clock,
    resolve: (response: ClientResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#next = next
    this.#request = request
    this.#clock = clock
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(delay: number, mayHedge: () => boolean): void {
    this.#request.signal?.addEventListener('abort', this.#onAbort)
    this.#timer = this.#clock.setTimeout(() => {
      if (mayHedge()) this.#send()
    }, delay)
    this.#send()
  }

  #send(): void {
    const attempt: Attempt = { controller: new AbortController(), outcome: null }
    this.#attempts.push(attempt)
    this.#next({ ...this.#request, signal: attempt.controller.signal }).then(
      (response) => this.#onOutcome(attempt, { response }),
      (error) => this.#onOutcome(attempt, { error }),
    )
  }

  #onOutcome(attempt: Attempt, outcome: NonNullable<Attempt['outcome']>): void {
    if (this.#over) {
      if ('response' in outcome) outcome.response.body.cancel()
      return
    }
    attempt.outcome = outcome
    const good = 'response' in outcome && outcome.response.status < 500
    const open = this.#attempts.some((other) => other.outcome === null)
    if (good || !open) this.#end(good ? attempt : this.#best())
  }

  /** Of those that are all bad: a response before an error, the first before the second. */
  #best(): Attempt {
    const answered = this.#attempts.find(({ outcome }) => outcome !== null && 'response' in outcome)
    return answered ?? (this.#attempts[0] as Attempt)
  }

  #end(winner: Attempt): void {
    this.#over = true
    this.#timer?.cancel()
    for (const attempt of this.#attempts) {
      if (attempt === winner) continue
      if (attempt.outcome === null)
        attempt.controller.abort(new DOMException('Another attempt was answered first.', 'AbortError'))
      else if ('response' in attempt.outcome) void dismiss(attempt.outcome.response, this.#clock)
    }
    this.#attempts.splice(0, this.#attempts.length, winner)
    const { signal } = this.#request
    const outcome = winner.outcome as NonNullable<Attempt['outcome']>
    const done = () => signal?.removeEventListener('abort', this.#onAbort)
    if ('error' in outcome) {
      done()
      return this.#reject(outcome.error)
    }
    outcome.response.body.whenSettled(done)
    this.#resolve(outcome.response)
  }

  /** The caller gives up: on both attempts, or on the body of the one that won. */
  readonly #onAbort = (): void => {
    const reason = this.#request.signal?.reason
    this.#timer?.cancel()
    for (const { controller } of this.#attempts) controller.abort(reason)
  }
}
