import type { DnsStats } from './connect/address-book.ts'
import type { TlsStoreStats } from './connect/store-guard.ts'
import type { CircuitStats } from './control/circuit.ts'
import type { LaneStats } from './control/lane.ts'
import type { ServiceStats } from './discovery/service-stats.ts'
import type { EventLoopDelay, Figures, OriginHistory } from './figures.ts'
import type { LatencyStats } from './latency.ts'
import type { OriginPool } from './pool/origin-pool.ts'
import type { Standing } from './pool/pooled-connection.ts'
import type { ReloadStats } from './tls-reload.ts'
import type { ConnectionStats } from './wire/contract.ts'

/** Where the parts of a client's stats come from. */
export interface StatsSources {
  readonly pools: Iterable<OriginPool>
  readonly figures: Figures
  readonly active: number
  readonly dns: DnsStats
  readonly inFlight: readonly LaneStats[]
  readonly circuits: readonly CircuitStats[]
  readonly services: readonly ServiceStats[]
  readonly proxies: readonly ProxyStats[]
  readonly tls: {
    stats(now: number): Pick<ClientStats, 'tlsSessions' | 'tlsReload'>
  }
}

export function clientStats(sources: StatsSources, now: number): ClientStats {
  const { figures, active, dns, inFlight, circuits, services, proxies, tls } = sources
  const { requests, failed, dials, dialsFailed, handshakes, resumed, errors } = figures
  const origins = [...sources.pools].map((pool) => originStats(pool, now))
  const queued = origins.reduce((sum, origin) => sum + origin.queued, 0)
  const connections = origins.reduce((sum, origin) => sum + origin.connections.length, 0)
  const counts = { requests, failed, active, queued, connections, dials, dialsFailed, handshakes, resumed }
  return { ...counts, errors, dns, origins, inFlight, circuits, services, proxies, ...tls.stats(now) }
}

/** The same with all that is measured besides, and numbers that JSON has. */
export function clientSnapshot(
  stats: ClientStats,
  figures: Figures,
  client: Pick<ClientSnapshot, 'clientId' | 'state'>,
): ClientSnapshot {
  const { latency, eventLoopDelay, origins: history } = figures
  return finite({ takenAt: Date.now(), ...client, ...stats, latency, eventLoopDelay, history })
}

/** Without Infinity, which stands for no limit and has no place in JSON: null does, there. */
function finite<T>(value: T): T {
  if (value === Number.POSITIVE_INFINITY) return null as T
  if (Array.isArray(value)) return value.map(finite) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, finite(part)])) as T
}

/** What a client is doing, as plain data. Counters are of the client's whole life, the rest is of now. */
export interface ClientStats {
  /** Requests given to the network, redirects counted singly, replays not. */
  readonly requests: number
  /** Of these, those that failed. A response is no failure, whatever its status. */
  readonly failed: number
  /** Calls whose response has not ended. */
  readonly active: number
  /** Requests that wait for a connection. */
  readonly queued: number
  /** Connections that are open now. */
  readonly connections: number
  /** TCP connections made. */
  readonly dials: number
  /** Attempts to connect that failed. */
  readonly dialsFailed: number
  /** TLS handshakes done, full and resumed. */
  readonly handshakes: number
  /** How many of them resumed an earlier TLS session. */
  readonly resumed: number
  /** Requests that failed, by the code of their error, or its name if it is not ours. */
  readonly errors: Readonly<Record<string, number>>
  readonly dns: DnsStats
  readonly origins: readonly OriginStats[]
  /** Origins with requests in flight, or waiting for their turn, while in-flight limits or `adaptive` are in force. */
  readonly inFlight: readonly LaneStats[]
  /** The circuits of `breaker`, of origins that were talked to. */
  readonly circuits: readonly CircuitStats[]
  /** Services of `discovery` that were looked up, and their endpoints. */
  readonly services: readonly ServiceStats[]
  /** Proxies with a connection by HTTP/2, a dial or a tunnel that waits; these count in no other figure. */
  readonly proxies: readonly ProxyStats[]
  /** The store of TLS sessions, as all clients that share it use it; null with `tlsSessions: false`. */
  readonly tlsSessions: TlsStoreStats | null
  /** Of `tls.reload`; null without it. */
  readonly tlsReload: ReloadStats | null
}

/** Everything that is known of a client at one moment, as plain data that JSON can hold. */
export interface ClientSnapshot extends ClientStats {
  /** ms since 1970. */
  readonly takenAt: number
  /** Number of the client, as in its events. */
  readonly clientId: number
  readonly state: 'open' | 'closing' | 'destroyed'
  /** Of requests that were answered, from the network to the last byte; null unless `measure.latency` is on. */
  readonly latency: LatencyStats | null
  /** Null unless `measure.eventLoopDelay` is on. */
  readonly eventLoopDelay: EventLoopDelay | null
  /** What has been at each origin, those without a connection now included. */
  readonly history: readonly OriginHistory[]
}

/** The pool of an origin at this moment. */
export interface OriginStats {
  readonly origin: string
  /** URL of the proxy that its connections go through, without credentials; null: they go straight. */
  readonly proxy: string | null
  readonly queued: number
  readonly dialling: number
  readonly connections: readonly PooledConnectionStats[]
}

/** A connection of a pool at this moment. */
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

/** What is under way at one proxy. Tunnels that have a connection to themselves are connections of their origins. */
export interface ProxyStats {
  /** Its URL, without credentials. */
  readonly proxy: string
  /** Tunnels that wait for a connection to it. */
  readonly waiting: number
  /** Connections to it that are being made. */
  readonly dialling: number
  /** By HTTP/2, whose exchanges are tunnels. */
  readonly connections: readonly PooledConnectionStats[]
}

export function originStats(pool: OriginPool, now: number): OriginStats {
  return {
    origin: pool.origin.key,
    proxy: pool.origin.proxy?.name ?? null,
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
