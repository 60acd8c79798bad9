import type { Timings } from '../core/dispatch.ts'
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
    tls: dial?.tls ?? null,
    resumed: connection.dialled.tls?.resumed ?? false,
    firstByte: headAt - sentAt,
    total: endedAt === null ? null : endedAt - calledAt,
    attempts,
  }
}
