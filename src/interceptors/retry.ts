import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Interceptor } from '../core/dispatch.ts'
import { ClientError } from '../core/errors.ts'
import { events, failureOf } from '../core/events.ts'
import { headerValue } from '../core/headers.ts'
import type { Lifetime } from '../core/lifetime.ts'
import { pause } from '../core/pause.ts'
import { canSend } from '../core/request-body.ts'
import type { RetryEvent, RetryPolicy } from '../core/retry-policy.ts'
import { dismiss } from './dismiss.ts'
import { retryAfterMs } from './retry-after.ts'
import type { RetryBudget } from './retry-budget.ts'

/**
 * Sends a request again by policy: after a failure before any response head, or a status that is worth it. Never
 * after a head was delivered, never what may not be repeated, never past the origin's budget.
 */
export function createRetry(
  clock: Clock,
  lifetime: Lifetime,
  budget: RetryBudget,
  random: () => number = Math.random,
): Interceptor {
  return (next) => async (request) => {
    const policy = request.retry
    if (policy.limit === 0) return next(request)
    const origin = request.target.origin.key
    budget.earn(origin)
    let attempts = 0
    let again = request
    for (let retry = 1; ; retry += 1) {
      const outcome = await attempt(next, again)
      // A limit on the whole of it counts by itself.
      if (
        'error' in outcome &&
        outcome.error instanceof ClientError &&
        outcome.error !== request.signal?.reason
      ) {
        attempts += outcome.error.attempts
        outcome.error.attempts = attempts
      }
      const delay = retry > policy.limit ? null : delayFor(outcome, request, retry, random)
      if (delay === null || !canSend(request.body) || !budget.spend(origin)) return settle(outcome)
      if ('response' in outcome) await dismiss(outcome.response, clock)
      policy.onRetry?.(eventOf(request, outcome, retry, delay))
      if (events.retry.hasSubscribers) tell(request, outcome, delay, clock.now())
      again = { ...request, since: request.since ?? startOf(outcome, clock.now()) }
      if (delay > 0) await pause(clock, lifetime, delay, request.signal)
    }
  }
}

type Outcome = { readonly response: ClientResponse } | { readonly error: unknown }

async function attempt(
  next: (request: ClientRequest) => Promise<ClientResponse>,
  request: ClientRequest,
): Promise<Outcome> {
  try {
    return { response: await next(request) }
  } catch (error) {
    return { error }
  }
}

/** When the call came in whose first attempt ended so; null when that is not known. */
function startOf(outcome: Outcome, now: number): number | null {
  if ('response' in outcome) return outcome.response.timings.startedAt || null
  const total = outcome.error instanceof ClientError ? outcome.error.timings.total : undefined
  return total === undefined ? null : now - total
}

function settle(outcome: Outcome): ClientResponse {
  if ('error' in outcome) throw outcome.error
  return outcome.response
}

function repeatable(request: ClientRequest, policy: RetryPolicy): boolean {
  return policy.methods.includes(request.method) || headerValue(request.headers, 'idempotency-key') !== null
}

/** ms to wait before the next attempt; null when there shall be none. */
function delayFor(
  outcome: Outcome,
  request: ClientRequest,
  retry: number,
  random: () => number,
): number | null {
  const policy = request.retry
  const backoff = random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** (retry - 1))
  if ('error' in outcome) {
    const { error } = outcome
    if (!(error instanceof ClientError) || !policy.errors.includes(error.code)) return null
    if (error.processed === 'yes' || (error.processed === 'maybe' && !repeatable(request, policy)))
      return null
    // The connection was at fault, not the origin: the first retry goes out at once, over another one.
    return retry === 1 ? 0 : backoff
  }
  const { status, headers } = outcome.response
  if (!policy.statuses.includes(status) || !repeatable(request, policy)) return null
  const asked = retryAfterMs(headerValue(headers, 'retry-after') ?? '', Date.now())
  if (asked === null) return backoff
  return asked <= policy.maxRetryAfter ? asked : null
}

function eventOf(request: ClientRequest, outcome: Outcome, retry: number, delay: number): RetryEvent {
  const reason = 'error' in outcome ? outcome : { status: outcome.response.status }
  return { method: request.method, url: request.target.href, retry, delay, reason }
}

function tell({ call, target }: ClientRequest, outcome: Outcome, delay: number, at: number): void {
  if (!call) return
  const { id, correlationId, attempts } = call
  events.retry.publish({
    ...{ at, requestId: id, correlationId, delay },
    origin: target.origin.key,
    attempt: attempts + 1,
    status: 'response' in outcome ? outcome.response.status : null,
    error: 'error' in outcome ? failureOf(outcome.error) : null,
  })
}
