import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import { crowd, Guest, startedOf, World } from '../fakes/pools.ts'

const AGING = { maxLifetime: 10_000, idleTimeout: Number.POSITIVE_INFINITY }
const destroyed = () => new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'destroyed')

describe('age', () => {
  test('an idle aged connection is just closed', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    connection.lastExchange.answer()
    await world.clock.advance(10_000)
    expect(connection.state).toBe('closed')
    expect(world.connector.dials.length).toBe(1)
    expect(pool.empty).toBe(true)
  })

  test('a busy one hands over: the new one is there before the old one leaves', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    crowd(pool, 1)
    const old = await world.established()
    await world.clock.advance(10_000)
    expect(world.connector.dials.length).toBe(2)
    expect(old.state).toBe('open')
    const [meanwhile] = crowd(pool, 1)
    expect(old.live.length).toBe(2)
    expect(meanwhile?.started).toBe(true)
    const fresh = await world.established()
    expect(old.state).toBe('draining')
    expect(old.live.length).toBe(2)
    crowd(pool, 1)
    expect(fresh.live.length).toBe(1)
  })

  test('with several sessions allowed the old one leaves all the same', async () => {
    const world = new World({ policy: AGING, limits: { maxSessions: 4 } })
    const pool = world.pool()
    crowd(pool, 1)
    const old = await world.established()
    await world.clock.advance(10_000)
    await world.established()
    expect(old.state).toBe('draining')
  })

  test('nobody waits for a handover, so nobody aborts it', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    crowd(pool, 1)
    const old = await world.established(1)
    await world.clock.advance(10_000)
    const entry = pool.enter(new Guest())
    pool.leave(entry as NonNullable<typeof entry>)
    expect(world.connector.last.signal.aborted).toBe(false)
    await world.established()
    expect(old.state).toBe('draining')
  })

  test('a failed handover leaves the old one in place, and is tried again later', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    const guests = crowd(pool, 1)
    const old = await world.established()
    await world.clock.advance(10_000)
    world.connector.last.fail()
    await world.flush()
    expect(old.state).toBe('open')
    expect(guests[0]?.errors).toEqual([])
    await world.clock.advance(1000)
    expect(world.connector.dials.length).toBe(3)
  })

  test('a failed handover does not forget those who joined it when the old one was lost', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    crowd(pool, 1)
    const old = await world.established(1)
    await world.clock.advance(10_000)
    const [guest] = crowd(pool, 1)
    old.lose()
    world.connector.last.fail()
    await world.flush()
    if (guest?.settled === 0) await world.established()
    expect(guest?.settled).toBe(1)
  })

  test('without a right to one more connection the old one goes on', async () => {
    const world = new World({ policy: AGING })
    const pool = world.pool()
    crowd(pool, 1)
    const old = await world.established()
    world.room = 1
    await world.clock.advance(10_000)
    expect(world.connector.dials.length).toBe(1)
    expect(old.state).toBe('open')
  })
})

describe('limits', () => {
  test('no right to a connection: nobody dials until there is room', async () => {
    const world = new World()
    world.room = 0
    const pool = world.pool()
    const [guest] = crowd(pool, 1)
    expect(world.connector.dials.length).toBe(0)
    expect(pool.empty).toBe(false)
    world.room = 1
    pool.resume()
    await world.established()
    expect(guest?.started).toBe(true)
  })

  test('every right that was taken is given back, once', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    expect(world.reserved).toBe(1)
    const connection = await world.established()
    expect(world.reserved).toBe(1)
    connection.lose()
    expect(world.reserved).toBe(0)
  })

  test('an idle connection gives way when another origin wants its place', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    world.crowded = true
    connection.lastExchange.answer()
    await world.flush()
    expect(connection.state).toBe('closed')
  })

  test('not while somebody here waits', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 2)
    const connection = await world.established(1)
    world.crowded = true
    connection.lastExchange.answer()
    await world.flush()
    expect(startedOf(guests)).toEqual([true, true])
    expect(connection.state).toBe('open')
  })

  test('the one that was idle longest is evicted, and only an idle one', async () => {
    const world = new World({ limits: { maxSessions: 3 } })
    const pool = world.pool()
    expect(pool.evictIdle()).toBe(false)
    crowd(pool, 3)
    const connections = [await world.established(1), await world.established(1), await world.established(1)]
    expect(pool.idlest()).toBeNull()
    for (const index of [1, 0]) {
      connections[index]?.lastExchange.answer()
      await world.clock.advance(10)
    }
    expect(pool.idlest()?.id).toBe(connections[1]?.id)
    expect(pool.evictIdle()).toBe(true)
    await world.flush()
    expect(connections.map(({ state }) => state)).toEqual(['open', 'closed', 'open'])
  })
})

describe('close', () => {
  test('serves those who wait, finishes what is open, then closes', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 3)
    pool.close()
    const connection = await world.established(2)
    expect(startedOf(guests)).toEqual([true, true, false])
    connection.exchanges[0]?.answer()
    await world.flush()
    expect(startedOf(guests)).toEqual([true, true, true])
    expect(connection.state).toBe('draining')
    for (const exchange of connection.live) exchange.answer()
    await world.flush()
    expect(connection.state).toBe('closed')
    expect(guests.map((guest) => guest.ended)).toEqual([1, 1, 1])
    expect(pool.empty).toBe(true)
  })

  test('an idle connection closes at once', async () => {
    const world = new World()
    const pool = world.pool()
    pool.preconnect(new Guest(false))
    const connection = await world.established()
    pool.close()
    await world.flush()
    expect(connection.state).toBe('closed')
    expect(pool.empty).toBe(true)
  })

  test('a preconnect under way comes to an end, and nothing is dialled for ever', async () => {
    const world = new World()
    const pool = world.pool()
    const guest = new Guest(false)
    pool.preconnect(guest)
    pool.close()
    for (let round = 0; round < 10 && world.connector.pending.length > 0; round += 1) {
      ;(await world.connected()).ready()
      await world.flush()
    }
    expect(guest.settled).toBe(1)
    expect(pool.empty).toBe(true)
    expect(world.connector.dials.length).toBe(1)
  })

  test('a failed dial ends it for those who wait', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 2)
    pool.close()
    world.connector.last.fail()
    await world.flush()
    expect(guests.map((guest) => guest.failures.length)).toEqual([1, 1])
    expect(pool.empty).toBe(true)
  })
})

describe('destroy', () => {
  test('ends everything now: dials, those who wait, what is open', async () => {
    const world = new World()
    const pool = world.pool()
    const open = crowd(pool, 1)
    const connection = await world.established(1)
    const waiting = crowd(pool, 2)
    const preconnecting = new Guest(false)
    connection.goAway(1)
    pool.preconnect(preconnecting)
    const error = destroyed()
    pool.destroy(error)
    expect(open[0]?.errors).toEqual([error])
    for (const guest of [...waiting, preconnecting]) expect(guest.failures).toEqual([error])
    expect(world.connector.last.signal.reason).toBe(error)
    await world.flush()
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
    expect(world.clock.pending).toBe(0)
  })

  test('a dial that connects all the same is closed', async () => {
    const world = new World()
    world.connector.stubborn = true
    const pool = world.pool()
    crowd(pool, 1)
    const dial = world.connector.last
    pool.destroy(destroyed())
    dial.connect()
    await world.flush()
    expect(dial.socket.destroyed).toBe(true)
    expect(world.h2.connections.length).toBe(0)
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
  })

  test('a pause before the next dial is over', async () => {
    const world = new World({ limits: { maxSessions: 2 } })
    const pool = world.pool()
    crowd(pool, 1)
    await world.established(1)
    crowd(pool, 1)
    world.connector.last.fail()
    await world.flush()
    pool.destroy(destroyed())
    await world.clock.advance(10_000)
    expect(world.connector.dials.length).toBe(2)
    expect(pool.empty).toBe(true)
  })
})
