import type { DialProgress } from '../connect/dial-progress.ts'
import type { Timings } from '../core/dispatch.ts'
import type { PhaseTimings } from '../core/phase-timings.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** When the steps of a request were taken, ms of the clock. */
export interface Steps {
  /** When the call came in, whose attempt this may not be the first of. */
  readonly since: number
  readonly calledAt: number
  readonly sentAt: number
  /** When the last of its body was handed to the connection; 0: it has none, null: not yet. */
  readonly uploadedAt: number | null
  readonly headAt: number
  readonly endedAt: number | null
  readonly attempts: number
}

/** Where the time of a request went. A dial counts for those whose call came before its end. */
export function timingsOf(steps: Steps, connection: PooledConnection): Timings {
  const { since, calledAt, sentAt, uploadedAt, headAt, endedAt, attempts } = steps
  const queued = sentAt - calledAt
  return {
    startedAt: since,
    before: calledAt - since,
    queued,
    ...waitedFor(connection, calledAt),
    resumed: connection.dialled.tls?.resumed ?? false,
    sent: uploadedAt === null ? null : Math.max(0, uploadedAt - sentAt),
    firstByte: headAt - sentAt,
    received: endedAt === null ? null : endedAt - headAt,
    total: endedAt === null ? null : endedAt - since,
    attempts,
  }
}

/** The phases of the dial, each as far as it lay behind the call: it may have begun before, for somebody else. */
function waitedFor(
  { connectedAt, dialled }: PooledConnection,
  calledAt: number,
): Pick<Timings, 'dns' | 'connect' | 'tls'> {
  if (connectedAt < calledAt) return { dns: null, connect: null, tls: null }
  const { dns, connect, tls } = dialled.timings
  let left = connectedAt - calledAt
  const part = (ms: number): number => {
    const waited = Math.min(ms, left)
    left -= waited
    return waited
  }
  const ofTls = part(tls)
  const ofConnect = part(connect)
  return { dns: part(dns), connect: ofConnect, tls: ofTls }
}

/** The phases that have ended of a request that is on a connection; of one whose head came with `headAt` above 0. */
export function endedPhases(steps: Steps, connection: PooledConnection): PhaseTimings {
  const { calledAt, sentAt, headAt } = steps
  const dial = waitedFor(connection, calledAt)
  const dialled = (dial.dns ?? 0) + (dial.connect ?? 0) + (dial.tls ?? 0)
  return {
    queue: Math.max(0, sentAt - calledAt - dialled),
    ...(dial.dns === null ? {} : (dial as PhaseTimings)),
    ...(headAt > 0 ? { headers: headAt - sentAt } : {}),
  }
}

/** Of a request that waits for a dial. */
export function endedWhileDialling({ calledAt }: Steps, dial: DialProgress): PhaseTimings {
  return { queue: Math.max(0, dial.startedAt - calledAt), ...dial.ended }
}

/** Of a request that failed `now`, which had come so far. */
export function timingsUntil({ since, calledAt }: Steps, ended: PhaseTimings, now: number): PhaseTimings {
  return { ...(calledAt > since ? { before: calledAt - since } : {}), ...ended, total: now - since }
}
