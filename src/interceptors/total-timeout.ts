import type { Clock } from '../core/clock.ts'
import type {
  ClientRequest,
  ClientResponse,
  Dispatch,
  Interceptor,
  Journey,
  Leg,
  PhaseLimits,
  RequestContext,
} from '../core/dispatch.ts'
import { type Phase, type Processed, TimeoutError } from '../core/errors.ts'
import type { HeaderList } from '../core/headers.ts'
import { limitsOf } from '../core/phase-limits.ts'
import { toldBefore } from '../core/phase-timings.ts'
import type { Sweeper, Swept } from '../core/sweeper.ts'
import { periodOf } from '../pool/phase-timeouts.ts'

/** What a function that sets time limits is told of a request. */
export interface TimedRequest {
  readonly method: string
  readonly url: string
  /** Name, value, name, value; names in lower case. */
  readonly headers: HeaderList
  readonly context: RequestContext | undefined
}

/** Gives the limits of a request; what it leaves out, or undefined, is as the defaults have it. */
export type TimeoutsFor = (request: TimedRequest) => PhaseLimits | undefined

export interface TotalTimeoutContext {
  readonly clock: Clock
  readonly sweeper: Sweeper
  /** ms, of a request that says nothing else; Infinity: no limit. */
  readonly total: number
  readonly limitsFor: TimeoutsFor | null
  /** Interceptors of the user's are in between: they may have sent something that nobody here knows of. */
  readonly custom: boolean
}

/** Sees a call first: gives it the limits that a function of the user's has for it, and ends it when its time is over. */
export function createTotalTimeout(context: TotalTimeoutContext): Interceptor {
  const { limitsFor } = context
  return (next) => (given) => {
    const request = limitsFor === null ? given : limited(given, limitsFor)
    const total = request.timeouts?.total ?? context.total
    if (total === Number.POSITIVE_INFINITY || request.signal?.aborted === true) return next(request)
    return new Promise((resolve, reject) => {
      new Call(context, total, request, resolve, reject).begin(next)
    })
  }
}

/** The caller's own limits come before those of the function. */
function limited(request: ClientRequest, limitsFor: TimeoutsFor): ClientRequest {
  const { method, target, headers, context } = request
  const limits = limitsOf(
    limitsFor({ method, url: target.href, headers, context }),
    'Invalid client option: what timeouts gave',
  )
  return limits === null ? request : { ...request, timeouts: { ...limits, ...request.timeouts } }
}

/**
 * One call with a limit on all of it. Whoever works on it learns of its end by the signal; it takes the caller's place,
 * and passes on what that one says.
 */
class Call implements Journey, Swept {
  readonly #context: TotalTimeoutContext
  readonly #total: number
  readonly #request: ClientRequest
  #resolve: (response: ClientResponse) => void
  #reject: (error: unknown) => void
  readonly #startedAt: number
  readonly #controller = new AbortController()
  readonly #legs: Leg[] = []
  place = -1

  constructor(
    context: TotalTimeoutContext,
    total: number,
    request: ClientRequest,
    resolve: (response: ClientResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context
    this.#total = total
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#startedAt = context.clock.now()
  }

  begin(next: Dispatch): void {
    this.#request.signal?.addEventListener('abort', this)
    this.#context.sweeper.add(this, periodOf(this.#total))
    const { signal } = this.#controller
    try {
      next({ ...this.#request, signal, journey: this, since: this.#request.since ?? this.#startedAt }).then(
        this.#onResponse,
        this.#onFailure,
      )
    } catch (error) {
      // An interceptor of the user's that threw.
      this.#onFailure(error)
    }
  }

  add(leg: Leg): void {
    this.#legs.push(leg)
  }

  check(now: number): void {
    const { signal } = this.#controller
    // An interceptor that does not heed the signal gets one look's time to tidy up, and is waited for no longer.
    if (signal.aborted) return this.#onFailure(signal.reason)
    if (now - this.#startedAt >= this.#total) this.#controller.abort(this.#late(now))
  }

  /** The caller's own signal. */
  handleEvent(): void {
    this.#controller.abort(this.#request.signal?.reason)
  }

  readonly #onResponse = (response: ClientResponse): void => {
    response.body.whenSettled(this.#end)
    this.#resolve(response)
    this.#forget()
  }

  readonly #onFailure = (error: unknown): void => {
    this.#end()
    this.#reject(error)
    this.#forget()
  }

  readonly #end = (): void => {
    this.#request.signal?.removeEventListener('abort', this)
    this.#context.sweeper.delete(this)
  }

  /** Older V8s keep a promise, and so the response, alive through its resolve function. */
  #forget(): void {
    this.#resolve = NOTHING
    this.#reject = NOTHING
  }

  #late(now: number): TimeoutError {
    const { key } = this.#request.target.origin
    const standings = this.#legs.map((leg) => leg.standing(now))
    const present = standings.findLast(({ phase }) => phase !== null)
    const attempts = standings.reduce((sum, standing) => sum + standing.attempts, 0)
    const phase = present?.phase ?? (attempts === 0 ? 'queue' : 'retry')
    const timings = present?.timings ?? {}
    const known: Processed = this.#context.custom && standings.length === 0 ? 'maybe' : 'no'
    const processed = standings.map((standing) => standing.processed).reduce(worse, known)
    const error = new TimeoutError(
      'ERR_TRUNKLINE_TOTAL_TIMEOUT',
      `The call to ${key} was not complete within ${this.#total} ms; time ran out while ${DOING[phase]}` +
        `${toldBefore(timings)}${attempts > 1 ? `, at attempt ${attempts}` : ''}. ` +
        'Raise timeouts.total if it can take longer.',
      { origin: key, phase, processed, timings },
    )
    error.attempts = attempts
    return error
  }
}

const NOTHING = () => {}

const DOING: { readonly [Name in Phase]?: string } = {
  queue: 'it waited for a connection with room, or for its turn',
  dns: 'the host was looked up',
  connect: 'the TCP connection was opened',
  proxy: 'the proxy was asked for a tunnel',
  tls: 'the TLS handshake was done',
  headers: 'it waited for the response head',
  body: 'the response body came',
  retry: 'it waited for the next attempt',
}

const ORDER: readonly Processed[] = ['no', 'maybe', 'yes']

function worse(a: Processed, b: Processed): Processed {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b
}
