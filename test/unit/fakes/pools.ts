import type { Connected } from '../../../src/connect/connector.ts'
import { type Origin, parseTarget } from '../../../src/core/origin.ts'
import type { ConnectionPolicy } from '../../../src/pool/connection-policy.ts'
import { OriginPool } from '../../../src/pool/origin-pool.ts'
import type { PoolContext, PoolLimits, Tenant, Waiter } from '../../../src/pool/pool-context.ts'
import type { PooledConnection } from '../../../src/pool/pooled-connection.ts'
import { ProtocolMemory } from '../../../src/pool/protocol-memory.ts'
import type { ManagerContext } from '../../../src/pool/session-manager.ts'
import type { AlpnProtocol, ExchangeHandler, GoAway } from '../../../src/wire/contract.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeConnector } from './connector.ts'
import { type FakeConnection, FakeEngine } from './wire.ts'

export const ORIGIN: Origin = parseTarget('https://example.test/').origin

/** Keepalive is off, so that the only PINGs are the ones a test is about. */
export const POLICY: ConnectionPolicy = {
  keepAlive: { interval: 0, timeout: 5000, whenIdle: false, drainInterval: 0 },
  idleTimeout: 60_000,
  maxLifetime: Number.POSITIVE_INFINITY,
  settingsTimeout: 10_000,
  drainTimeout: 300_000,
}

/** The part of a policy that switches it on. */
export const KEEPALIVE = {
  keepAlive: { interval: 15_000, timeout: 10_000, whenIdle: false, drainInterval: 1000 },
}

export interface WorldOptions {
  readonly limits?: Partial<PoolLimits>
  readonly policy?: Partial<ConnectionPolicy>
  readonly offer?: readonly AlpnProtocol[]
  readonly cleartext?: AlpnProtocol
}

/** Everything a pool needs, all of it fake. */
export class World {
  readonly clock = new FakeClock(1000)
  readonly connector = new FakeConnector()
  readonly h2 = new FakeEngine('h2')
  readonly h1 = new FakeEngine('http/1.1')
  readonly protocols = new ProtocolMemory(this.clock, 600_000)
  readonly handshakes: Connected[] = []
  dialsFailed = 0
  readonly sentAway: GoAway[] = []
  /** Rights to a connection that are out. */
  reserved = 0
  room = Number.POSITIVE_INFINITY
  vacated = 0
  /** Another origin wants the place of an idle connection. */
  crowded = false
  readonly context: PoolContext
  readonly #starved = new Set<Tenant>()
  #ids = 0

  constructor(options: WorldOptions = {}) {
    const policy = { ...POLICY, ...options.policy }
    this.context = {
      clock: this.clock,
      clientId: 1,
      connector: this.connector,
      engines: { h2: this.h2, 'http/1.1': this.h1 },
      protocols: this.protocols,
      offer: options.offer ?? ['h2', 'http/1.1'],
      cleartext: options.cleartext ?? 'http/1.1',
      limits: {
        maxSessions: 1,
        maxSockets: 64,
        connectionsPerOrigin: 256,
        queued: 50_000,
        ...options.limits,
      },
      policies: {
        h2: policy,
        'http/1.1': { ...policy, keepAlive: { ...policy.keepAlive, interval: 0 } },
      },
      nextConnectionId: () => {
        this.#ids += 1
        return this.#ids
      },
      reserve: (pool: Tenant) => {
        if (this.reserved >= this.room) {
          this.#starved.add(pool)
          return false
        }
        this.reserved += 1
        return true
      },
      release: () => {
        this.reserved -= 1
        queueMicrotask(() => this.#feed())
      },
      recount: () => true,
      yieldIdle: () => this.crowded,
      vacate: () => {
        this.vacated += 1
      },
      onHandshake: (connected) => this.handshakes.push(connected),
      onDialFailed: () => {
        this.dialsFailed += 1
      },
      onSentAway: (goAway) => this.sentAway.push(goAway),
    }
  }

  pool(origin: Origin = ORIGIN): OriginPool {
    return new OriginPool(origin, this.context)
  }

  managerContext(connections: number, http1Sockets = Number.POSITIVE_INFINITY): ManagerContext {
    const { reserve: _r, recount: _c, release: _l, yieldIdle: _y, vacate: _v, ...shared } = this.context
    return { ...shared, spanning: { connections, http1Sockets } }
  }

  #feed(): void {
    for (const pool of [...this.#starved]) {
      this.#starved.delete(pool)
      pool.resume()
    }
  }

  get connections(): readonly FakeConnection[] {
    return [...this.h2.connections, ...this.h1.connections]
  }

  get openSessions(): number {
    return this.h2.connections.filter((connection) => connection.state === 'open').length
  }

  flush(): Promise<void> {
    return this.clock.flush()
  }

  /** The dial in flight ends in a connection; nothing of the peer has come over it yet. */
  async connected(protocol: AlpnProtocol = 'h2'): Promise<FakeConnection> {
    const dial = this.connector.pending[0]
    if (dial === undefined) throw new Error('no dial is in flight')
    dial.connect(protocol)
    await this.flush()
    return (protocol === 'h2' ? this.h2 : this.h1).last
  }

  /** The same, and the peer's SETTINGS. */
  async established(limit?: number, protocol: AlpnProtocol = 'h2'): Promise<FakeConnection> {
    const connection = (await this.connected(protocol)).ready(limit)
    await this.flush()
    return connection
  }
}

/** Someone who waits, and opens an exchange when it is his turn. */
export class Guest implements Waiter, ExchangeHandler {
  urgency = 3
  readonly starts: PooledConnection[] = []
  readonly failures: unknown[] = []
  ended = 0
  errors: unknown[] = []
  readonly #opens: boolean

  constructor(opens = true) {
    this.#opens = opens
  }

  get started(): boolean {
    return this.starts.length > 0
  }

  get settled(): number {
    return this.starts.length + this.failures.length
  }

  start(connection: PooledConnection): void {
    this.starts.push(connection)
    if (this.#opens) connection.open(HEAD, 'none', this)
  }

  fail(error: unknown): void {
    this.failures.push(error)
  }

  onInformational(): void {}
  onHeaders(): void {}
  onData(): void {}
  onTrailers(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.ended += 1
  }
  onError(error: unknown): void {
    this.errors.push(error)
  }
}

export const HEAD = {
  method: 'GET',
  scheme: 'https',
  authority: 'example.test',
  path: '/',
  headers: [],
} as const

/** `count` guests enter a pool one after the other. */
export function crowd(pool: OriginPool, count: number): Guest[] {
  return Array.from({ length: count }, () => {
    const guest = new Guest()
    pool.enter(guest)
    return guest
  })
}

export function startedOf(guests: readonly Guest[]): boolean[] {
  return guests.map((guest) => guest.started)
}
