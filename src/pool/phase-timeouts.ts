import { dialTimeout } from '../connect/connect-failure.ts'
import type { DialProgress } from '../connect/dial-progress.ts'
import type { PhaseLimits } from '../core/dispatch.ts'
import { type Phase, TimeoutError, type TimeoutErrorCode } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import { type PhaseTimings, toldBefore } from '../core/phase-timings.ts'

/** ms each phase of a request may take; Infinity: no limit. */
export interface PhaseTimeouts {
  /** Waiting for a connection with room. A dial is part of the wait. */
  readonly queue: number
  /** From the request on the wire to the response head; bytes of an upload that move begin it anew. */
  readonly headers: number
  /** Between two pieces of the response body, while the reader wants more. */
  readonly body: number
}

const MOST_LATE_MS = 250
const NEVER = Number.POSITIVE_INFINITY

/** How often deadlines must be looked at so that none fires much too late, ms. */
export function sweepPeriod(limits: PhaseLimits): number {
  const { queue = NEVER, dns = NEVER, connect = NEVER, proxy = NEVER, tls = NEVER } = limits
  const { headers = NEVER, body = NEVER } = limits
  return periodOf(Math.min(queue, dns, connect, proxy, tls, headers, body))
}

/** The same for one limit. */
export function periodOf(ms: number): number {
  return Math.max(5, Math.min(MOST_LATE_MS, ms / 8))
}

/**
 * What a request says to the dial it waits for, by its own limits; null as long as it has patience. `since`: when the
 * wait began, ms of the clock: what the dial took before does not count.
 */
export function dialOverdue(
  limits: PhaseLimits,
  origin: Origin,
  { phase, startedAt, phaseAt, ended }: DialProgress,
  since: number,
  now: number,
): TimeoutError | null {
  const { connect = NEVER, dns = NEVER, proxy = NEVER, tls = NEVER } = limits
  const facts = { origin, phase, timings: ended }
  const inPhase = now - Math.max(phaseAt, since)
  if (phase === 'dns' && inPhase >= dns) return dialTimeout(facts, dns, 'dns')
  if (phase === 'proxy' && inPhase >= proxy) return dialTimeout(facts, proxy, 'proxy')
  if (phase === 'tls' && tls !== NEVER) return inPhase >= tls ? dialTimeout(facts, tls, 'tls') : null
  return now - Math.max(startedAt, since) >= connect ? dialTimeout(facts, connect, 'connect') : null
}

export function queueTimeout(origin: string, ms: number, timings: PhaseTimings = {}): TimeoutError {
  const what = `No connection to ${origin} had room for the request within ${ms} ms`
  return timeout('ERR_TRUNKLINE_QUEUE_TIMEOUT', 'queue', origin, what, timings)
}

export function headersTimeout(origin: string, ms: number, timings: PhaseTimings = {}): TimeoutError {
  const what = `${origin} sent no response head within ${ms} ms`
  return timeout('ERR_TRUNKLINE_HEADERS_TIMEOUT', 'headers', origin, what, timings)
}

export function bodyTimeout(origin: string, ms: number, timings: PhaseTimings = {}): TimeoutError {
  const what = `${origin} stopped in the middle of the response body for ${ms} ms`
  return timeout('ERR_TRUNKLINE_BODY_TIMEOUT', 'body', origin, what, timings)
}

function timeout(
  code: TimeoutErrorCode,
  phase: Phase & keyof PhaseTimeouts,
  origin: string,
  what: string,
  timings: PhaseTimings,
): TimeoutError {
  const message = `${what}${toldBefore(timings)}. Raise timeouts.${phase} if that is to be expected.`
  const processed = phase === 'body' ? ({ processed: 'yes' } as const) : {}
  return new TimeoutError(code, message, { origin, phase, timings, ...processed })
}
