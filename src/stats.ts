import type { CircuitStats } from './control/circuit.ts'
import type { LaneStats } from './control/lane.ts'
import type { ServiceStats } from './discovery/service-stats.ts'
import type { OriginPool } from './pool/origin-pool.ts'
import type { Standing } from './pool/pooled-connection.ts'
import type { ConnectionStats } from './wire/contract.ts'

/** What a client is doing, as plain data. Counters are of the client's whole life, the rest is of now. */
export interface ClientStats {
  /** Requests given to the network, redirects counted singly, replays not. */
  readonly requests: number
  readonly failed: number
  /** Calls whose response has not ended. */
  readonly active: number
  /** Requests that wait for a connection. */
  readonly queued: number
  /** Connections that are open now. */
  readonly connections: number
  /** TCP connections made. */
  readonly dials: number
  readonly dialsFailed: number
  /** TLS handshakes done, and how many of them resumed an earlier TLS session. */
  readonly handshakes: number
  readonly resumed: number
  readonly origins: readonly OriginStats[]
  /** Origins with requests in flight, or waiting for their turn, while in-flight limits or `adaptive` are in force. */
  readonly inFlight: readonly LaneStats[]
  /** The circuits of `breaker`, of origins that were talked to. */
  readonly circuits: readonly CircuitStats[]
  /** Services of `discovery` that were looked up, and their endpoints. */
  readonly services: readonly ServiceStats[]
}

export interface OriginStats {
  readonly origin: string
  readonly queued: number
  readonly dialling: number
  readonly connections: readonly PooledConnectionStats[]
}

export interface PooledConnectionStats extends Omit<ConnectionStats, 'state'> {
  readonly standing: Standing
  readonly requests: number
  /** ms since it was connected. */
  readonly age: number
  /** ms since its last exchange ended; null while one is open. */
  readonly idle: number | null
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  readonly remoteAddress: string
  /** PING round trips, ms; null before the first (RFC 9113 section 6.7). */
  readonly roundTrip: { readonly smoothed: number | null; readonly min: number | null }
}

/** Of all origins, and what they sum up to. */
export function originsStats(
  pools: Iterable<OriginPool>,
  now: number,
): Pick<ClientStats, 'origins' | 'queued' | 'connections'> {
  const origins = [...pools].map((pool) => originStats(pool, now))
  return {
    origins,
    queued: origins.reduce((sum, origin) => sum + origin.queued, 0),
    connections: origins.reduce((sum, origin) => sum + origin.connections.length, 0),
  }
}

export function originStats(pool: OriginPool, now: number): OriginStats {
  return {
    origin: pool.origin.key,
    queued: pool.queued,
    dialling: pool.dialling,
    connections: [...pool.connections].map((connection) => {
      const { state: _, ...wire } = connection.stats()
      const { idleSince, dialled } = connection
      return {
        ...wire,
        standing: connection.standing,
        requests: connection.served,
        age: now - connection.connectedAt,
        idle: idleSince === null ? null : now - idleSince,
        tls: dialled.tls,
        remoteAddress: dialled.remoteAddress,
        roundTrip: connection.keepalive.roundTrip,
      }
    }),
  }
}
