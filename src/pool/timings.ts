import type { DialProgress } from '../connect/dial-progress.ts'
import type { Timings } from '../core/dispatch.ts'
import type { PhaseTimings } from '../core/phase-timings.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** When the steps of a request were taken, ms of the clock. */
export interface Steps {
  readonly calledAt: number
  readonly sentAt: number
  readonly headAt: number
  readonly endedAt: number | null
  readonly attempts: number
}

/** Where the time of a request went. A dial counts for those whose call came before its end. */
export function timingsOf(steps: Steps, connection: PooledConnection): Timings {
  const { calledAt, sentAt, headAt, endedAt, attempts } = steps
  const dial = connection.connectedAt >= calledAt ? connection.dialled.timings : null
  return {
    queued: sentAt - calledAt,
    dns: dial?.dns ?? null,
    connect: dial?.connect ?? null,
    ...(dial?.proxy === undefined ? {} : { proxy: dial.proxy }),
    tls: dial?.tls ?? null,
    resumed: connection.dialled.tls?.resumed ?? false,
    firstByte: headAt - sentAt,
    total: endedAt === null ? null : endedAt - calledAt,
    attempts,
  }
}

/** The phases that have ended of a request that is on a connection; of one whose head came with `headAt` above 0. */
export function endedPhases(steps: Steps, connection: PooledConnection): PhaseTimings {
  const { calledAt, sentAt, headAt } = steps
  const dial = connection.connectedAt >= calledAt ? connection.dialled.timings : null
  // The dial may have begun before the call did: then the wait was for its end alone.
  const dialled = dial === null ? 0 : dial.dns + dial.connect + (dial.proxy ?? 0) + dial.tls
  return {
    queue: Math.max(0, sentAt - calledAt - dialled),
    ...dial,
    ...(headAt > 0 ? { headers: headAt - sentAt } : {}),
  }
}

/** Of a request that waits for a dial. */
export function endedWhileDialling({ calledAt }: Steps, dial: DialProgress): PhaseTimings {
  return { queue: Math.max(0, dial.startedAt - calledAt), ...dial.ended }
}
