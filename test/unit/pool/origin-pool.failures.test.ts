import { describe, expect, test } from 'vitest'
import { connectFailed } from '../fakes/connector.ts'
import { crowd, Guest, KEEPALIVE, ORIGIN, startedOf, World } from '../fakes/pools.ts'
import { connectionLost } from '../fakes/wire.ts'

describe('dials that fail', () => {
  test('fail all who wait, once each, with the same error, and the pool is empty', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 10)
    const preconnecting = new Guest(false)
    pool.preconnect(preconnecting)
    const error = connectFailed()
    world.connector.last.fail(error)
    await world.flush()
    for (const guest of [...guests, preconnecting]) expect(guest.failures).toEqual([error])
    expect(pool.empty).toBe(true)
    expect(world.dialsFailed).toBe(1)
    expect(world.reserved).toBe(0)
    expect(world.connector.dials.length).toBe(1)
  })

  test('do not wedge the origin: the next request dials again', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    world.connector.last.fail()
    await world.flush()
    const [guest] = crowd(pool, 1)
    expect(world.connector.dials.length).toBe(2)
    await world.established()
    expect(guest?.started).toBe(true)
  })

  test('who comes in while the others are being told is not of that failure', async () => {
    const world = new World()
    const pool = world.pool()
    const again = new Guest()
    const first = new Guest()
    first.fail = () => void pool.enter(again)
    pool.enter(first)
    crowd(pool, 3)
    world.connector.last.fail()
    await world.flush()
    expect(again.settled).toBe(0)
    expect(world.connector.dials.length).toBe(2)
    await world.established()
    expect(again.started).toBe(true)
  })

  test('forget what the origin was thought to speak', async () => {
    const world = new World()
    world.protocols.spoke(ORIGIN.key, 'http/1.1')
    crowd(world.pool(), 1)
    world.connector.last.fail()
    await world.flush()
    expect(world.protocols.expected(ORIGIN.key)).toBeUndefined()
  })

  test('a socket that the engine does not take is a failed dial', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 2)
    world.h2.refusal = new Error('socket ended')
    world.connector.last.connect()
    await world.flush()
    for (const guest of guests)
      expect(guest.failures).toMatchObject([
        { code: 'ERR_TRUNKLINE_CONNECT_FAILED', phase: 'settings', processed: 'no' },
      ])
    expect(world.connector.last.socket.destroyed).toBe(true)
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
  })
})

describe('connections that end before they are ready', () => {
  test('preconnecting to an origin that hangs up each time comes to an end', async () => {
    const world = new World()
    const pool = world.pool()
    const guest = new Guest(false)
    pool.preconnect(guest)
    for (let round = 0; round < 20 && guest.settled === 0; round += 1) {
      ;(await world.connected()).lose()
      await world.flush()
    }
    expect(guest.failures.length).toBe(1)
    expect(world.connector.dials.length).toBeLessThan(5)
    expect(pool.empty).toBe(true)
  })

  test('also when it hangs up politely', async () => {
    const world = new World()
    const pool = world.pool()
    const guest = new Guest(false)
    pool.preconnect(guest)
    for (let round = 0; round < 20 && guest.settled === 0; round += 1) {
      ;(await world.connected()).goAway()
      await world.flush()
    }
    expect(guest.failures).toMatchObject([{ code: 'ERR_TRUNKLINE_CONNECT_FAILED' }])
  })

  test('many requests do not each try for themselves', async () => {
    const world = new World()
    const guests = crowd(world.pool(), 50)
    for (let round = 0; round < 50 && world.connector.pending.length > 0; round += 1) {
      ;(await world.connected()).lose()
      await world.flush()
    }
    expect(guests.every((guest) => guest.settled === 1)).toBe(true)
    expect(world.connector.dials.length).toBeLessThan(5)
  })

  test('who came after the connection had come up gets a dial of his own', async () => {
    const world = new World()
    const pool = world.pool()
    const early = new Guest(false)
    pool.preconnect(early)
    ;(await world.connected()).lose()
    const second = await world.connected()
    const late = new Guest(false)
    pool.preconnect(late)
    second.lose()
    await world.flush()
    expect(early.failures).toMatchObject([{ code: 'ERR_TRUNKLINE_CONNECT_FAILED', phase: 'settings' }])
    expect(late.settled).toBe(0)
    await world.established()
    expect(late.started).toBe(true)
  })

  test('one such end is bad luck: the next connection serves', async () => {
    const world = new World()
    const guests = crowd(world.pool(), 3)
    ;(await world.connected()).lose()
    await world.established()
    expect(startedOf(guests)).toEqual([true, true, true])
    expect(guests.flatMap((guest) => guest.failures)).toEqual([])
  })

  test('bad luck long ago does not count', async () => {
    const world = new World()
    const pool = world.pool()
    for (let round = 0; round < 5; round += 1) {
      const guests = crowd(pool, 3)
      ;(await world.connected()).lose()
      const connection = await world.established()
      expect(guests.flatMap((guest) => guest.failures)).toEqual([])
      connection.lose()
      await world.flush()
    }
  })
})

describe('connections that go away', () => {
  test('lost ones are dialled again for those who wait', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 3)
    const connection = await world.established(1)
    connection.lose()
    expect(guests[0]?.errors.length).toBe(1)
    expect(world.connector.dials.length).toBe(2)
    await world.established()
    expect(startedOf(guests)).toEqual([true, true, true])
  })

  test('lost ones are not dialled again for nobody', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    connection.lose()
    await world.flush()
    expect(world.connector.dials.length).toBe(1)
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
  })

  test('a draining one is replaced at once, and finishes what it has', async () => {
    const world = new World()
    const pool = world.pool()
    const [old] = crowd(pool, 1)
    const draining = await world.established()
    draining.goAway()
    const [guest] = crowd(pool, 1)
    expect(world.connector.dials.length).toBe(2)
    const fresh = await world.established()
    expect(guest?.started).toBe(true)
    expect(fresh.live.length).toBe(1)
    expect(draining.state).toBe('draining')
    draining.lastExchange.answer()
    await world.flush()
    expect(old?.ended).toBe(1)
    expect(draining.state).toBe('closed')
    expect(pool.connections.size).toBe(1)
  })

  test('draining ones do not count against the limit of sessions, but against that of connections', async () => {
    const world = new World({ limits: { connectionsPerOrigin: 2 } })
    const pool = world.pool()
    crowd(pool, 1)
    ;(await world.established()).goAway()
    crowd(pool, 1)
    ;(await world.established()).goAway()
    const [guest] = crowd(pool, 1)
    expect(world.connector.dials.length).toBe(2)
    world.h2.connections[0]?.lastExchange.answer()
    await world.flush()
    expect(world.connector.dials.length).toBe(3)
    await world.established()
    expect(guest?.started).toBe(true)
  })

  test('too_many_pings doubles the interval of the next connection', async () => {
    const world = new World({ policy: KEEPALIVE })
    const pool = world.pool()
    crowd(pool, 1)
    ;(await world.established()).goAway(1, 'too_many_pings')
    crowd(pool, 1)
    const next = await world.established()
    next.answerPing()
    await world.clock.advance(29_000)
    expect(next.pings.length).toBe(1)
    await world.clock.advance(1500)
    expect(next.pings.length).toBe(2)
  })
})

describe('a connection in doubt', () => {
  async function doubtful(limits = {}) {
    const world = new World({ policy: KEEPALIVE, limits })
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    connection.answerPing(10)
    await world.flush()
    const pooled = [...pool.connections][0]
    pooled?.suspect()
    return { world, pool, connection }
  }

  test('is not dialled around at once', async () => {
    const { world, pool } = await doubtful()
    crowd(pool, 3)
    expect(world.connector.dials.length).toBe(1)
  })

  test('when its answer comes, those who wait go on over it', async () => {
    const { world, pool, connection } = await doubtful()
    const guests = crowd(pool, 3)
    connection.answerPing()
    await world.flush()
    expect(startedOf(guests)).toEqual([true, true, true])
    expect(world.connector.dials.length).toBe(1)
  })

  test('among several it is the one that makes way, however little the others have to do', async () => {
    const { world, pool, connection } = await doubtful({ maxSessions: 2 })
    crowd(pool, 2)
    await world.clock.advance(100)
    const second = await world.established(1)
    crowd(pool, 1)
    await world.established(1)
    expect(connection.state).toBe('draining')
    expect(second.state).toBe('open')
    expect(world.openSessions).toBe(2)
  })

  test('when its answer is late another one is dialled, and takes over', async () => {
    const { world, pool, connection } = await doubtful()
    const guests = crowd(pool, 3)
    await world.clock.advance(100)
    expect(world.connector.dials.length).toBe(2)
    await world.established()
    expect(startedOf(guests)).toEqual([true, true, true])
    expect(connection.state).toBe('draining')
    expect(connection.live.length).toBe(1)
  })

  test('the late one that answers while another is dialled serves, and the surplus is left in the end', async () => {
    const { world, pool, connection } = await doubtful()
    const guests = crowd(pool, 3)
    await world.clock.advance(100)
    connection.answerPing()
    await world.flush()
    expect(startedOf(guests)).toEqual([true, true, true])
    await world.established()
    expect(world.openSessions).toBe(1)
    expect(connection.live.length).toBe(4)
  })

  test('without anyone who waits, late means nothing', async () => {
    const { world } = await doubtful()
    await world.clock.advance(500)
    expect(world.connector.dials.length).toBe(1)
  })

  test('when it is dead its streams fail, and those who wait get the new one', async () => {
    const { world, pool, connection } = await doubtful()
    const guests = crowd(pool, 2)
    await world.clock.advance(1000)
    expect(connection.state).toBe('closed')
    await world.established()
    expect(startedOf(guests)).toEqual([true, true])
  })

  test('a failed dial beside a late one fails those who wait', async () => {
    const { world, pool } = await doubtful()
    const [guest] = crowd(pool, 1)
    await world.clock.advance(100)
    world.connector.last.fail()
    await world.flush()
    expect(guest?.failures.length).toBe(1)
  })

  test('lost by its peer it is replaced', async () => {
    const { world, pool, connection } = await doubtful()
    const [guest] = crowd(pool, 1)
    connection.lose(connectionLost())
    await world.established()
    expect(guest?.started).toBe(true)
  })
})
