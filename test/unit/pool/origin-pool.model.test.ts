/** Random interleavings of everything that can happen to a pool, held against what must hold whatever happens. */
import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import type { Entry } from '../../../src/core/linked-queue.ts'
import type { OriginPool } from '../../../src/pool/origin-pool.ts'
import type { Waiter } from '../../../src/pool/pool-context.ts'
import type { AlpnProtocol } from '../../../src/wire/contract.ts'
import { connectFailed } from '../fakes/connector.ts'
import { Guest, World, type WorldOptions } from '../fakes/pools.ts'
import { Random, seeds } from '../fakes/random.ts'

const STEPS = 150

const SHAPES: Record<
  string,
  { readonly options: WorldOptions; readonly protocols: readonly AlpnProtocol[] }
> = {
  'one session': { options: {}, protocols: ['h2'] },
  'three sessions': { options: { limits: { maxSessions: 3 } }, protocols: ['h2'] },
  'four sockets': { options: { limits: { maxSockets: 4 } }, protocols: ['http/1.1'] },
  'an origin that cannot decide': {
    options: { limits: { maxSessions: 2, maxSockets: 3, connectionsPerOrigin: 6 } },
    protocols: ['h2', 'h2', 'http/1.1'],
  },
  'connections that age': {
    options: { policy: { maxLifetime: 5000, idleTimeout: 3000, drainTimeout: 8000, settingsTimeout: 4000 } },
    protocols: ['h2'],
  },
}

interface Visit {
  readonly guest: Guest
  readonly entry: Entry<Waiter> | null
  left: boolean
}

class Simulation {
  readonly random: Random
  readonly world: World
  readonly pool: OriginPool
  readonly visits: Visit[] = []
  readonly protocols: readonly AlpnProtocol[]
  readonly maxSessions: number
  over = false

  constructor(seed: number, options: WorldOptions, protocols: readonly AlpnProtocol[]) {
    this.random = new Random(seed)
    const keepAlive = { interval: 2000, timeout: 1000, whenIdle: false, drainInterval: 500 }
    this.world = new World({ ...options, policy: { keepAlive, ...options.policy } })
    this.world.room = 8
    this.pool = this.world.pool()
    this.protocols = protocols
    this.maxSessions = this.world.context.limits.maxSessions
  }

  readonly #actions: readonly (readonly [weight: number, act: () => void | Promise<void>])[] = [
    [30, () => this.enter()],
    [6, () => this.leave()],
    [12, () => this.dialEnds()],
    [12, () => this.peerSettings()],
    [30, () => this.exchangeEnds()],
    [2, () => this.pickConnection()?.goAway(this.random.below(20))],
    [2, () => this.pickConnection()?.lose()],
    [3, () => this.pickPooled()?.suspect()],
    [6, () => this.pickConnection()?.answerPing(this.random.below(300))],
    [3, () => void this.pool.preconnect(new Guest(false))],
    [2, () => void this.pool.evictIdle()],
    [2, () => this.pool.resume()],
    [10, () => this.world.clock.advance(this.random.below(1500))],
  ]

  async step(): Promise<void> {
    const total = this.#actions.reduce((sum, [weight]) => sum + weight, 0)
    let dice = this.random.below(total)
    for (const [weight, act] of this.#actions) {
      dice -= weight
      if (dice >= 0) continue
      await act()
      break
    }
    if (this.random.chance(0.5)) await this.world.flush()
    this.check()
  }

  enter(): void {
    const guest = new Guest()
    const entry = this.pool.enter(guest)
    this.visits.push({ guest, entry, left: false })
  }

  leave(): void {
    const waiting = this.visits.filter(({ entry, guest }) => entry !== null && guest.settled === 0)
    const visit = waiting.length > 0 ? this.random.pick(waiting) : undefined
    if (visit === undefined || visit.left) return
    visit.left = true
    this.pool.leave(visit.entry as Entry<Waiter>)
  }

  dialEnds(): void {
    const { pending } = this.world.connector
    if (pending.length === 0) return
    const dial = this.random.pick(pending)
    if (this.random.chance(0.2)) dial.fail(connectFailed())
    else dial.connect(this.random.pick(this.protocols))
  }

  peerSettings(): void {
    const connection = this.pickConnection()
    const pooled = [...this.pool.connections].find(({ id }) => id === connection?.id)
    if (connection === undefined || pooled === undefined) return
    if (!pooled.wasReady) connection.ready(connection.protocol === 'h2' ? this.random.below(6) : 1)
    else if (connection.protocol === 'h2') connection.settings(this.random.below(6))
  }

  exchangeEnds(): void {
    const live = this.world.connections.flatMap((connection) => connection.live)
    if (live.length > 0) this.random.pick(live).answer()
  }

  pickConnection() {
    const open = this.world.connections.filter(({ state }) => state !== 'closed')
    return open.length === 0 ? undefined : this.random.pick(open)
  }

  pickPooled() {
    const pooled = [...this.pool.connections]
    return pooled.length === 0 ? undefined : this.random.pick(pooled)
  }

  /** What holds at every moment. */
  check(): void {
    for (const connection of this.world.connections) expect(connection.overbooked).toBe(0)
    for (const { guest, left } of this.visits) expect(guest.settled + (left ? 1 : 0)).toBeLessThanOrEqual(1)
    const usable = [...this.pool.connections].filter(
      ({ protocol, standing }) => protocol === 'h2' && (standing === 'ready' || standing === 'starting'),
    )
    expect(usable.length).toBeLessThanOrEqual(this.maxSessions)
    const held = this.pool.connections.size + this.pool.dialling
    expect(this.world.reserved).toBe(held)
    expect(held).toBeLessThanOrEqual(this.world.context.limits.connectionsPerOrigin)
    if (!this.over) this.checkNobodyIsForgotten()
  }

  /** Whoever waits has something to wait for: a dial, a connection that lives, a pause, or room. */
  checkNobodyIsForgotten(): void {
    if (this.pool.queued === 0) return
    const living = [...this.pool.connections].some(({ standing }) => standing !== 'closed')
    const { clock, reserved, room } = this.world
    // Without a connection or a dial, the only timer there can be is the pause before the next dial.
    const hope = living || this.pool.dialling > 0 || reserved >= room || clock.pending > 0
    expect(hope).toBe(true)
  }

  /** The peer becomes kind, everything ends well. */
  async wind(): Promise<void> {
    for (let round = 0; round < 200 && !this.settled; round += 1) {
      for (const dial of this.world.connector.pending) dial.connect(this.protocols[0] as AlpnProtocol)
      await this.world.flush()
      for (const connection of this.world.connections.filter(({ state }) => state === 'open')) {
        const pooled = [...this.pool.connections].find(({ id }) => id === connection.id)
        if (pooled?.wasReady) connection.settings(connection.protocol === 'h2' ? 100 : 1)
        else if (pooled !== undefined) connection.ready()
        connection.answerPing()
      }
      await this.world.flush()
      for (const exchange of this.world.connections.flatMap(({ live }) => live)) exchange.answer()
      this.pool.resume()
      await this.world.clock.advance(300)
      this.check()
    }
  }

  get settled(): boolean {
    return this.visits.every(({ guest, left }) => left || guest.settled === 1) && this.pool.empty
  }

  expectAllSettled(): void {
    for (const { guest, left } of this.visits) expect(guest.settled).toBe(left ? 0 : 1)
    for (const { guest } of this.visits) {
      if (guest.started) expect(guest.ended + guest.errors.length).toBe(1)
    }
    expect(this.pool.queued).toBe(0)
    expect(this.world.reserved).toBe(this.pool.connections.size + this.pool.dialling)
  }
}

describe.each(Object.entries(SHAPES))('%s', (_, { options, protocols }) => {
  test.each(seeds(5))(
    'everyone is served or told, whatever happens; then close() empties it (seed %i)',
    async (seed) => {
      const simulation = new Simulation(seed, options, protocols)
      for (let step = 0; step < STEPS; step += 1) await simulation.step()
      simulation.pool.close()
      await simulation.wind()
      simulation.expectAllSettled()
      expect(simulation.pool.empty).toBe(true)
      expect(simulation.world.reserved).toBe(0)
    },
  )

  test.each(seeds(5))('destroy() ends all of it at any moment (seed %i)', async (seed) => {
    const simulation = new Simulation(1000 + seed, options, protocols)
    const { random, pool, world } = simulation
    for (let step = random.below(STEPS); step > 0; step -= 1) await simulation.step()
    simulation.over = true
    pool.destroy(new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'destroyed'))
    await world.flush()
    simulation.expectAllSettled()
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
    expect(world.clock.pending).toBe(0)
  })
})
