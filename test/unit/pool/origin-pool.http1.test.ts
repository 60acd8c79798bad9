import { describe, expect, test } from 'vitest'
import { connectFailed } from '../fakes/connector.ts'
import { crowd, type Guest, ORIGIN, startedOf, World } from '../fakes/pools.ts'

const started = (guests: readonly Guest[]) => guests.filter((guest) => guest.started).length

function known(limits = {}) {
  const world = new World({ limits })
  world.protocols.spoke(ORIGIN.key, 'http/1.1')
  return { world, pool: world.pool() }
}

describe('HTTP/1.1', () => {
  test('found out by the first dial: then one connection for each request', async () => {
    const world = new World()
    const guests = crowd(world.pool(), 5)
    expect(world.connector.dials.length).toBe(1)
    await world.connected('http/1.1')
    expect(started(guests)).toBe(1)
    expect(world.connector.dials.length).toBe(5)
    for (let count = 0; count < 4; count += 1) await world.connected('http/1.1')
    expect(started(guests)).toBe(5)
  })

  test('remembered: one dial for each from the start, 16 at once', () => {
    const { world, pool } = known()
    crowd(pool, 50)
    expect(world.connector.dials.length).toBe(16)
  })

  test('as one dial ends the next begins', async () => {
    const { world, pool } = known()
    crowd(pool, 50)
    await world.connected('http/1.1')
    expect(world.connector.dials.length).toBe(17)
    expect(world.connector.pending.length).toBe(16)
  })

  test('never more sockets than allowed', async () => {
    const { world, pool } = known({ maxSockets: 6 })
    const guests = crowd(pool, 50)
    while (world.connector.pending.length > 0) await world.established(1, 'http/1.1')
    expect(world.h1.connections.length).toBe(6)
    expect(started(guests)).toBe(6)
    world.h1.connections[2]?.lastExchange.answer()
    await world.flush()
    expect(started(guests)).toBe(7)
    expect(world.connector.dials.length).toBe(6)
  })

  test('one request at a time on each, first come first served', async () => {
    const { world, pool } = known({ maxSockets: 2 })
    const guests = crowd(pool, 4)
    await world.established(1, 'http/1.1')
    await world.established(1, 'http/1.1')
    expect(startedOf(guests)).toEqual([true, true, false, false])
    world.h1.connections[1]?.lastExchange.answer()
    await world.flush()
    expect(startedOf(guests)).toEqual([true, true, true, false])
    for (const connection of world.h1.connections) expect(connection.overbooked).toBe(0)
  })

  test('a request goes onto an idle connection before it dials', async () => {
    const { world, pool } = known()
    crowd(pool, 1)
    const connection = await world.established(1, 'http/1.1')
    connection.lastExchange.answer()
    await world.flush()
    const [guest] = crowd(pool, 1)
    expect(guest?.started).toBe(true)
    expect(world.connector.dials.length).toBe(1)
  })

  test('dials that come too late for anyone stay as idle connections', async () => {
    const { world, pool } = known()
    const guests = crowd(pool, 2)
    const first = await world.established(1, 'http/1.1')
    first.lastExchange.answer()
    await world.flush()
    expect(started(guests)).toBe(2)
    const second = await world.established(1, 'http/1.1')
    expect(second.state).toBe('open')
    expect(second.exchanges.length).toBe(0)
  })

  test('one failed dial of several fails nobody', async () => {
    const { world, pool } = known()
    const guests = crowd(pool, 3)
    world.connector.dials[0]?.fail()
    await world.flush()
    expect(guests.flatMap((guest) => guest.failures)).toEqual([])
    for (let count = 0; count < 2; count += 1) await world.established(1, 'http/1.1')
    expect(started(guests)).toBe(2)
  })

  test('the last one to fail fails all, once each', async () => {
    const { world, pool } = known()
    const guests = crowd(pool, 3)
    const errors = world.connector.dials.map(() => connectFailed())
    for (const [index, dial] of world.connector.dials.entries()) dial.fail(errors[index])
    await world.flush()
    expect(guests.map((guest) => guest.failures)).toEqual(guests.map(() => [errors[2]]))
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
  })

  test('a failed dial beside living connections is tried again after a pause, not in a storm', async () => {
    const { world, pool } = known({ maxSockets: 2 })
    crowd(pool, 1)
    await world.established(1, 'http/1.1')
    const [guest] = crowd(pool, 1)
    world.connector.last.fail()
    await world.flush()
    expect(world.connector.dials.length).toBe(2)
    expect(guest?.settled).toBe(0)
    await world.clock.advance(999)
    expect(world.connector.dials.length).toBe(2)
    await world.clock.advance(1)
    expect(world.connector.dials.length).toBe(3)
    await world.established(1, 'http/1.1')
    expect(guest?.started).toBe(true)
  })

  test('an origin that turns to HTTP/2 has its other dials aborted and its sockets left', async () => {
    const { world, pool } = known()
    crowd(pool, 1)
    const old = await world.established(1, 'http/1.1')
    const guests = crowd(pool, 5)
    await world.established(100, 'h2')
    expect(started(guests)).toBe(5)
    expect(world.connector.dials.slice(2).every((dial) => dial.signal.aborted)).toBe(true)
    expect(old.state).toBe('draining')
    old.lastExchange.answer()
    await world.flush()
    expect(old.state).toBe('closed')
    expect(world.reserved).toBe(1)
    expect(pool.dialling).toBe(0)
  })

  test('and the other way round: its session is left', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const session = await world.established(1)
    session.goAway(1)
    crowd(pool, 1)
    await world.established(1, 'http/1.1')
    expect(world.protocols.expected(ORIGIN.key)).toBe('http/1.1')
    expect(session.live.length).toBe(1)
  })
})
