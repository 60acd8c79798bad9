import type { Connected, Connector } from '../connect/connector.ts'
import type { Clock } from '../core/clock.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol, Engine, GoAway } from '../wire/contract.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import type { PooledConnection } from './pooled-connection.ts'
import type { ProtocolMemory } from './protocol-memory.ts'

/** Someone who waits for a connection: a request, or `client.connect()`. */
export interface Waiter {
  /** 0 to 7 (RFC 9218); requests that wait are served in this order, then in that of their arrival. */
  readonly urgency: number
  /** Uses the connection in this very call, or throws to be left alone. */
  start(connection: PooledConnection): void
  fail(error: unknown): void
}

/** A pool as the manager of all pools sees it. */
export interface Tenant {
  readonly origin: Origin
  /** Nothing is here and nothing is coming. */
  readonly empty: boolean
  /** Room became free elsewhere: see whether a dial was waiting for it. */
  resume(): void
}

/** What all pools of a client share. */
export interface PoolContext {
  readonly clock: Clock
  /** Number of the client, unique in the process. */
  readonly clientId: number
  readonly connector: Connector
  readonly engines: Record<AlpnProtocol, Engine>
  readonly protocols: ProtocolMemory
  /** ALPN names in order of preference. */
  readonly offer: readonly AlpnProtocol[]
  /** What is spoken over `http:`. */
  readonly cleartext: AlpnProtocol
  readonly limits: PoolLimits
  readonly policies: Record<AlpnProtocol, ConnectionPolicy>
  readonly nextConnectionId: () => number
  /**
   * Asks for the right to one more connection, `http1`: to one that will speak HTTP/1.1 as far as is known; `false`: the
   * pool is pumped again when there is room.
   */
  reserve(pool: Tenant, http1: boolean): boolean
  /** What it was reserved as, and what it is; `false`: there is no room for an HTTP/1.1 socket. */
  recount(asHttp1: boolean, isHttp1: boolean): boolean
  release(pool: Tenant, http1: boolean): void
  /** Whether the place of an idle connection is wanted by another origin; a pool that is told so retires it. */
  yieldIdle(pool: Tenant, http1: boolean): boolean
  /** Someone left; the pool may have no purpose any more. */
  vacate(pool: Tenant): void
  onHandshake(connected: Connected, origin: Origin): void
  onDialFailed(origin: Origin): void
  /** A connection drains because the peer's GOAWAY said so. */
  onSentAway(goAway: GoAway, origin: Origin): void
}

export interface PoolLimits {
  readonly maxSessions: number
  readonly maxSockets: number
  /** Connections of any kind to one origin, draining ones included. */
  readonly connectionsPerOrigin: number
  /** Requests that may wait for a connection to one origin. */
  readonly queued: number
}
