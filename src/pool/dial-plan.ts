import type { AlpnProtocol } from '../wire/contract.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** What a pool knows when it decides how many connections to dial. */
export interface DialFacts {
  /** Requests without a connection, and callers of `connect()`. */
  readonly waiting: number
  readonly dialling: number
  /** Open HTTP/2 connections that may take requests now or soon: starting, ready, or suspect and not yet late. */
  readonly http2: number
  /** Of those, the ones whose next step (SETTINGS, a PING) will decide how many requests they take. */
  readonly undecided: number
  /** Open HTTP/1.1 connections. */
  readonly http1: number
  /** Of those, the ones that are about to be free. */
  readonly resting: number
  readonly expected: AlpnProtocol | undefined
  readonly maxSessions: number
  readonly maxSockets: number
}

/** What a census asks of each connection. */
type Counted = Pick<PooledConnection, 'standing' | 'late' | 'protocol' | 'resting'>

/** The connections that count when dials are planned. */
export function census(
  connections: Iterable<Counted>,
): Pick<DialFacts, 'http2' | 'undecided' | 'http1' | 'resting'> {
  let http2 = 0
  let undecided = 0
  let http1 = 0
  let idleSoon = 0
  for (const { standing, late, protocol, resting } of connections) {
    if (standing === 'draining' || standing === 'closed' || late) continue
    if (protocol === 'h2') http2 += 1
    else http1 += 1
    if (resting) idleSoon += 1
    if (standing === 'starting' || standing === 'suspect') undecided += 1
  }
  return { http2, undecided, http1, resting: idleSoon }
}

/**
 * TLS handshakes at once to one origin. More of them only share the processor: each takes longer, and the first
 * response comes later.
 */
const MOST_DIALS = 16

/**
 * How many dials to add. HTTP/2 or an unknown origin: one, shared by all who wait (RFC 9113 section 9.1), and one
 * more at a time, up to `maxSessions`, when the open ones are full. HTTP/1.1: one for each request that waits.
 */
export function dialsWanted(facts: DialFacts): number {
  if (facts.waiting === 0) return 0
  const speaksHttp1 = facts.http2 === 0 && (facts.http1 > 0 || facts.expected === 'http/1.1')
  if (speaksHttp1) {
    const room = facts.maxSockets - facts.http1 - facts.dialling
    return Math.max(
      0,
      Math.min(facts.waiting - facts.dialling - facts.resting, room, MOST_DIALS - facts.dialling),
    )
  }
  if (facts.dialling > 0 || facts.undecided > 0) return 0
  return facts.http2 < facts.maxSessions ? 1 : 0
}

/** Orders connections by which to leave first: doubted ones, then those with the least to lose. */
export function byWorth(a: PooledConnection, b: PooledConnection): number {
  return worth(a) - worth(b)
}

function worth({ standing, openExchanges }: PooledConnection): number {
  return standing === 'suspect' ? -1 : openExchanges
}
