/** A pool with fakes around it, visitors who behave as requests do, and what must hold whatever happens. */
import { expect } from 'vitest'
import { type ClientError, ClosedError } from '../../src/core/errors.ts'
import type { Entry } from '../../src/core/linked-queue.ts'
import type { OriginPool } from '../../src/pool/origin-pool.ts'
import type { Waiter } from '../../src/pool/pool-context.ts'
import type { PooledConnection } from '../../src/pool/pooled-connection.ts'
import type { AlpnProtocol, Exchange, ExchangeHandler } from '../../src/wire/contract.ts'
import { connectFailed } from '../unit/fakes/connector.ts'
import { HEAD, World } from '../unit/fakes/pools.ts'
import { type FakeConnection, unusable } from '../unit/fakes/wire.ts'

const MOST_REPLAYS = 3

/** A request: waits, is served, is sent again when it was provably not processed, settles once. */
export class Visitor implements Waiter, ExchangeHandler {
  readonly urgency = 3
  outcomes: unknown[] = []
  starts = 0
  #entry: Entry<Waiter> | null = null
  #exchange: Exchange | null = null
  #connection: PooledConnection | null = null
  #bytesBefore = 0
  readonly #pool: OriginPool

  constructor(pool: OriginPool) {
    this.#pool = pool
  }

  get waiting(): boolean {
    return this.#entry?.queued === true
  }

  enter(): void {
    this.#exchange = null
    try {
      const entry = this.#pool.enter(this)
      // It may have started within, and entered anew.
      if (entry !== null) this.#entry = entry
    } catch (error) {
      this.#settle(error)
    }
  }

  /** The caller gives up. */
  abort(): void {
    if (this.outcomes.length > 0) return
    if (this.#entry?.queued) this.#pool.leave(this.#entry)
    else {
      this.#exchange?.reset()
      this.#connection?.onGivenUp(this.#bytesBefore)
    }
    this.#settle('aborted')
  }

  start(connection: PooledConnection): void {
    this.starts += 1
    this.#connection = connection
    this.#bytesBefore = connection.bytesReceived
    try {
      this.#exchange = connection.open(HEAD, 'none', this)
    } catch (error) {
      this.onError(error as ClientError)
    }
  }

  fail(error: unknown): void {
    this.#settle(error)
  }

  onError(error: ClientError): void {
    if (error.processed === 'no' && this.starts <= MOST_REPLAYS && this.outcomes.length === 0) this.enter()
    else this.#settle(error)
  }

  onEnd(): void {
    this.#settle('answered')
  }

  onInformational(): void {}
  onHeaders(): void {}
  onData(): void {}
  onTrailers(): void {}
  onDrain(): void {}

  #settle(outcome: unknown): void {
    this.outcomes.push(outcome)
  }
}

/** A caller of `connect()`. */
class Guest implements Waiter {
  readonly urgency = 3
  outcomes = 0
  start(): void {
    this.outcomes += 1
  }
  fail(): void {
    this.outcomes += 1
  }
}

interface Preconnect {
  readonly guest: Guest
  entry: Entry<Waiter> | null
  left: boolean
}

export interface Settings {
  readonly maxSessions: number
  readonly maxSockets: number
  readonly connectionsPerOrigin: number
  readonly queued: number
  readonly room: number
  readonly interval: number
  readonly maxLifetime: number
  readonly protocols: readonly AlpnProtocol[]
}

/** One thing that happens. `at` picks among those it may happen to, `n` says how much. */
export interface Event {
  readonly do: Exclude<keyof PoolWorld['events'], symbol | number>
  readonly at: number
  readonly n: number
}

export class PoolWorld {
  readonly world: World
  readonly pool: OriginPool
  readonly visitors: Visitor[] = []
  readonly guests: Preconnect[] = []
  readonly #settings: Settings
  #destroyed = false

  constructor(settings: Settings) {
    this.#settings = settings
    const { maxSessions, maxSockets, connectionsPerOrigin, queued, interval, maxLifetime, room } = settings
    this.world = new World({
      limits: { maxSessions, maxSockets, connectionsPerOrigin, queued },
      policy: {
        keepAlive: { interval, timeout: 1000, whenIdle: interval > 0, drainInterval: interval },
        idleTimeout: 3000,
        maxLifetime,
        settingsTimeout: 4000,
        drainTimeout: 8000,
      },
    })
    this.world.room = room
    this.pool = this.world.pool()
    this.#watchDials()
  }

  readonly events = {
    enter: () => {
      const visitor = new Visitor(this.pool)
      this.visitors.push(visitor)
      if (!this.#destroyed) visitor.enter()
    },
    abort: ({ at }: Event) => this.#pick(this.#unsettled, at)?.abort(),
    preconnect: () => {
      const visit: Preconnect = { guest: new Guest(), entry: null, left: false }
      this.guests.push(visit)
      visit.entry = this.pool.preconnect(visit.guest)
    },
    leavePreconnect: ({ at }: Event) => {
      const one = this.#pick(
        this.guests.filter(({ guest, left }) => !left && guest.outcomes === 0),
        at,
      )
      if (one === undefined) return
      one.left = true
      if (one.entry !== null) this.pool.leavePreconnect(one.entry)
    },
    dial: ({ at, n }: Event) =>
      this.#pick(this.world.connector.pending, at)?.connect(this.#pick(this.#settings.protocols, n)),
    dialFails: ({ at, n }: Event) =>
      this.#pick(this.world.connector.pending, at)?.fail(
        connectFailed(n % 4 === 0 ? 'ERR_TRUNKLINE_ALPN_REJECTED' : undefined),
      ),
    attachFails: ({ at }: Event) => {
      this.world[at % 2 === 0 ? 'h2' : 'h1'].refusal = unusable()
    },
    openFails: ({ at }: Event) => {
      const connection = this.#pick(this.#open, at)
      if (connection !== undefined) connection.refusal = unusable()
    },
    settings: ({ at, n }: Event) => {
      const connection = this.#pick(this.#open, at)
      if (connection === undefined) return
      const pooled = [...this.pool.connections].find(({ id }) => id === connection.id)
      if (pooled === undefined) return
      if (!pooled.wasReady) connection.ready(connection.protocol === 'h2' ? n % 8 : 1)
      else if (connection.protocol === 'h2') connection.settings(n % 8)
    },
    answer: ({ at }: Event) => this.#pick(this.#live, at)?.answer(),
    reset: ({ at }: Event) => this.#pick(this.#live, at)?.fail(unusable()),
    goAway: ({ at, n }: Event) => this.#pick(this.#open, at)?.goAway(n % 20),
    lose: ({ at }: Event) => this.#pick(this.#open, at)?.lose(),
    close: ({ at }: Event) =>
      this.#pick(this.#open, at)?.openExchanges === 0 && this.#pick(this.#open, at)?.close(),
    suspect: ({ at }: Event) => this.#pick([...this.pool.connections], at)?.suspect(),
    pong: ({ at, n }: Event) => this.#pick(this.#open, at)?.answerPing(n),
    noPong: ({ at }: Event) => this.#pick(this.#open, at)?.pings.at(-1)?.fail(new Error('no PING')),
    requireHttp1: () => this.pool.requireHttp1(),
    misdirected: ({ at }: Event) => {
      const connection = this.#pick([...this.pool.connections], at)
      if (connection !== undefined) this.pool.leaveMisdirected(connection)
    },
    evictIdle: () => void this.pool.evictIdle(),
    crowd: ({ n }: Event) => {
      this.world.crowded = n % 2 === 0
    },
    turn: () => this.world.flush(),
    time: ({ n }: Event) => this.world.clock.advance(n * 20),
  } satisfies Record<string, (event: Event) => unknown>

  async play(event: Event): Promise<void> {
    await this.events[event.do](event)
    this.check()
  }

  /** What holds at every moment. */
  check(): void {
    const { pool, world } = this
    for (const connection of world.connections) expect(connection.overbooked).toBe(0)
    for (const { outcomes } of this.visitors) expect(outcomes.length).toBeLessThanOrEqual(1)
    for (const { guest, left } of this.guests) expect(guest.outcomes + Number(left)).toBeLessThanOrEqual(1)
    const usable = [...pool.connections].filter(
      ({ protocol, standing }) => protocol === 'h2' && (standing === 'ready' || standing === 'starting'),
    )
    expect(usable.length).toBeLessThanOrEqual(this.#settings.maxSessions)
    const sockets = [...pool.connections].filter(({ protocol }) => protocol === 'http/1.1')
    const living = sockets.filter(({ standing }) => standing !== 'draining' && standing !== 'closed')
    expect(living.length).toBeLessThanOrEqual(this.#settings.maxSockets)
    expect(pool.queued).toBe(this.visitors.filter(({ waiting }) => waiting).length)
    expect(pool.queued).toBeLessThanOrEqual(this.#settings.queued)
    expect(world.reserved).toBe(pool.connections.size + pool.dialling)
    expect(world.reserved).toBeLessThanOrEqual(this.#settings.room)
    if (this.#waiting === 0 || this.#destroyed) return
    // Whoever waits has something to wait for.
    const hope = pool.connections.size > 0 || pool.dialling > 0 || world.clock.pending > 0
    expect(hope || world.reserved >= this.#settings.room).toBe(true)
  }

  /** The peer becomes kind; everybody is served or told, and then nothing is left. */
  async close(): Promise<void> {
    const { pool, world } = this
    pool.close()
    for (let round = 0; round < 300 && !(pool.empty && this.#unsettled.length === 0); round += 1) {
      for (const dial of world.connector.pending) dial.connect(this.#settings.protocols[0])
      await world.flush()
      for (const connection of this.#open) {
        const pooled = [...pool.connections].find(({ id }) => id === connection.id)
        connection.refusal = null
        if (pooled?.wasReady && connection.protocol === 'h2') connection.settings(100)
        else if (pooled !== undefined && !pooled.wasReady) connection.ready()
        connection.answerPing()
      }
      await world.flush()
      for (const exchange of this.#live) exchange.answer()
      pool.resume()
      await world.clock.advance(300)
      this.check()
    }
    this.#expectOver()
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    this.pool.destroy(new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'destroyed'))
    await this.world.flush()
    this.#expectOver()
  }

  #expectOver(): void {
    for (const { outcomes } of this.visitors)
      expect(outcomes).toHaveLength(outcomes.length === 0 && this.#destroyed ? 0 : 1)
    for (const { guest, left } of this.guests) expect(guest.outcomes).toBe(left ? 0 : 1)
    expect(this.pool.empty).toBe(true)
    expect(this.world.reserved).toBe(0)
    expect(this.world.clock.pending).toBe(0)
    for (const { state } of this.world.connections) expect(state).toBe('closed')
    for (const { signal, settled } of this.world.connector.dials) expect(settled || signal.aborted).toBe(true)
  }

  get #waiting(): number {
    return this.pool.queued + this.guests.filter(({ guest, left }) => !left && guest.outcomes === 0).length
  }

  get #unsettled(): Visitor[] {
    return this.visitors.filter(
      ({ outcomes, starts, waiting }) => outcomes.length === 0 && (waiting || starts > 0),
    )
  }

  get #open(): FakeConnection[] {
    return this.world.connections.filter(({ state }) => state !== 'closed')
  }

  get #live() {
    return this.world.connections.flatMap(({ live }) => live)
  }

  #pick<T>(items: readonly T[], at: number): T | undefined {
    return items[at % Math.max(1, items.length)]
  }

  /** No dial starts that nobody waits for, but to take over from a connection that aged. */
  #watchDials(): void {
    const { connector } = this.world
    const connect = connector.connect.bind(connector)
    connector.connect = (...args) => {
      if (this.#settings.maxLifetime === Number.POSITIVE_INFINITY) expect(this.#waiting).toBeGreaterThan(0)
      return connect(...args)
    }
  }
}
