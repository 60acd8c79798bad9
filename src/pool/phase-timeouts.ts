import { type Phase, TimeoutError, type TimeoutErrorCode } from '../core/errors.ts'

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

/** How often deadlines must be looked at so that none fires much too late, ms. */
export function sweepPeriod({ queue, headers, body }: PhaseTimeouts): number {
  return Math.max(5, Math.min(MOST_LATE_MS, Math.min(queue, headers, body) / 8))
}

export function queueTimeout(origin: string, ms: number): TimeoutError {
  return timeout(
    'ERR_TRUNKLINE_QUEUE_TIMEOUT',
    'queue',
    origin,
    `No connection to ${origin} had room for the request within ${ms} ms`,
    'queue',
  )
}

export function headersTimeout(origin: string, ms: number): TimeoutError {
  return timeout(
    'ERR_TRUNKLINE_HEADERS_TIMEOUT',
    'headers',
    origin,
    `${origin} sent no response head within ${ms} ms`,
    'headers',
  )
}

export function bodyTimeout(origin: string, ms: number): TimeoutError {
  return timeout(
    'ERR_TRUNKLINE_BODY_TIMEOUT',
    'body',
    origin,
    `${origin} stopped in the middle of the response body for ${ms} ms`,
    'body',
  )
}

function timeout(
  code: TimeoutErrorCode,
  phase: Phase,
  origin: string,
  what: string,
  option: keyof PhaseTimeouts,
): TimeoutError {
  return new TimeoutError(code, `${what}. Raise timeouts.${option} if that is to be expected.`, {
    origin,
    phase,
    ...(phase === 'body' ? { processed: 'yes' as const } : {}),
  })
}
