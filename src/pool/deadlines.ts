import type { DialProgress } from '../connect/dial-progress.ts'
import type { ClientRequest, Standing } from '../core/dispatch.ts'
import type { Phase, Processed, TimeoutError } from '../core/errors.ts'
import type { PhaseTimings } from '../core/phase-timings.ts'
import {
  bodyTimeout,
  dialOverdue,
  headersTimeout,
  type PhaseTimeouts,
  queueTimeout,
} from './phase-timeouts.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { endedPhases, endedWhileDialling, type Steps } from './timings.ts'

/**
 * `waiting` for a connection, `resting` before a replay, `sent` and no head yet, `receiving` the body, `done`. A word
 * and fields beside it rather than an object for each stage: this path is walked by every request.
 */
export type Stage = 'waiting' | 'resting' | 'sent' | 'receiving' | 'done'

/** A round trip as its deadlines see it. */
export interface Trip extends Steps {
  readonly request: ClientRequest
  readonly limits: PhaseTimeouts
  readonly stage: Stage
  /** When the present phase began, or last moved; ms of the clock. */
  readonly movedAt: number
  /** From `sent` on. */
  readonly connection: PooledConnection | null
  /** How far the dial is that it waits for. */
  readonly dial: DialProgress | null
}

/** Which phase that is; a wait is for a dial, or for room. */
const PHASES: { readonly [Name in Stage]?: Phase } = { resting: 'retry', sent: 'headers', receiving: 'body' }

/** Could the server have acted on a request that has come so far? What rests was provably not processed. */
const PROCESSED: Readonly<Record<Stage, Processed>> = {
  waiting: 'no',
  resting: 'no',
  sent: 'maybe',
  receiving: 'yes',
  done: 'yes',
}

export function processedAt(stage: Stage): Processed {
  return PROCESSED[stage]
}

/** The error of a trip whose present phase has lasted longer than it may; null as long as all is well. */
export function overdue(trip: Trip, now: number): TimeoutError | null {
  const { queue, headers, body } = trip.limits
  const { key } = trip.request.target.origin
  const passed = now - trip.movedAt
  switch (trip.stage) {
    case 'waiting':
      return passed >= queue ? queueTimeout(key, queue, endedOf(trip)) : impatience(trip, now)
    case 'sent':
      return passed >= headers ? headersTimeout(key, headers, endedOf(trip)) : null
    case 'receiving':
      return passed >= body ? bodyTimeout(key, body, endedOf(trip)) : null
    default:
      return null
  }
}

/** A request with limits of its own may wait less long for the dial than the dial may last. */
function impatience(trip: Trip, now: number): TimeoutError | null {
  const { timeouts, target } = trip.request
  if (!timeouts) return null
  const { dial } = trip
  return dial === null ? null : dialOverdue(timeouts, target.origin, dial, trip.movedAt, now)
}

/** For who limits the whole of it. `processed`: of a trip that failed. */
export function standingOf(trip: Trip, processed: Processed | null): Standing {
  const { stage, attempts, dial } = trip
  return {
    phase: stage === 'done' ? null : (PHASES[stage] ?? dial?.phase ?? 'queue'),
    processed: processed ?? PROCESSED[stage],
    attempts,
    timings: endedOf(trip),
  }
}

/** The phases that have ended. */
function endedOf(trip: Trip): PhaseTimings {
  const { connection, dial } = trip
  if (connection !== null && trip.stage !== 'waiting') return endedPhases(trip, connection)
  return dial === null ? {} : endedWhileDialling(trip, dial)
}
