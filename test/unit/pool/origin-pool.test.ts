import { describe, expect, test } from 'vitest'
import { ConnectionError, StreamError } from '../../../src/core/errors.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { connectFailed } from '../fakes/connector.ts'
import { crowd, Guest, startedOf, World } from '../fakes/pools.ts'

const times = (count: number, value: boolean) => Array.from({ length: count }, () => value)

describe('a cold origin', () => {
  test('is dialled once, however many wait', () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 50)
    expect(world.connector.dials.length).toBe(1)
    expect(world.connector.last.offer).toEqual(['h2', 'http/1.1'])
    expect(pool).toMatchObject({ queued: 50, dialling: 1, empty: false })
  })

  test('the first request goes out at once, the rest wait for SETTINGS', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 50)
    const connection = await world.connected()
    expect(startedOf(guests)).toEqual([true, ...times(49, false)])
    connection.ready(100)
    expect(startedOf(guests)).toEqual(times(50, true))
    expect(connection.overbooked).toBe(0)
    expect(pool.queued).toBe(0)
  })

  test('no more start than SETTINGS allow; each end lets one more in, first come first served', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = crowd(pool, 10)
    const connection = await world.established(3)
    expect(startedOf(guests)).toEqual([...times(3, true), ...times(7, false)])
    connection.exchanges[1]?.answer()
    await world.flush()
    expect(startedOf(guests)).toEqual([...times(4, true), ...times(6, false)])
    expect(connection.overbooked).toBe(0)
    expect(world.connector.dials.length).toBe(1)
  })

  test('the urgent ones go first, those of one urgency as they came', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = [3, 5, 1, 3, 1].map((urgency) => {
      const guest = new Guest()
      guest.urgency = urgency
      pool.enter(guest)
      return guest
    })
    const connection = await world.established(1)
    const order: number[] = []
    for (let count = 0; count < 5; count += 1) {
      order.push(guests.findIndex((guest, index) => guest.started && !order.includes(index)))
      connection.lastExchange.answer()
      await world.flush()
    }
    expect(order).toEqual([2, 4, 0, 3, 1])
  })

  test('nobody overtakes: who comes when a slot is free but others wait goes behind them', async () => {
    const world = new World()
    const pool = world.pool()
    const waiting = crowd(pool, 3)
    const connection = await world.established(1)
    connection.lastExchange.answer()
    const [late] = crowd(pool, 1)
    await world.flush()
    expect(startedOf(waiting)).toEqual([true, true, false])
    expect(late?.started).toBe(false)
  })

  test('SETTINGS that allow none let nobody in, and later ones do', async () => {
    const world = new World()
    const guests = crowd(world.pool(), 3)
    const connection = await world.established(0)
    expect(startedOf(guests)).toEqual([true, false, false])
    connection.settings(5)
    expect(startedOf(guests)).toEqual([true, true, true])
    expect(world.connector.dials.length).toBe(1)
  })

  test('a limit that shrinks below what is open lets nobody in until enough have ended', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 3)
    const connection = await world.established(3)
    connection.settings(1)
    const [late] = crowd(pool, 1)
    for (const exchange of connection.live.slice(0, 2)) exchange.answer()
    await world.flush()
    expect(late?.started).toBe(false)
    connection.live[0]?.answer()
    await world.flush()
    expect(late?.started).toBe(true)
    expect(connection.overbooked).toBe(0)
  })
})

describe('a warm origin', () => {
  test('starts a request in the very call, without a queue', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    await world.established()
    const guest = new Guest()
    expect(pool.enter(guest)).toBeNull()
    expect(guest.started).toBe(true)
    expect(world.connector.dials.length).toBe(1)
  })

  test('a second session is dialled only when the first is full, one at a time, up to the limit', async () => {
    const world = new World({ limits: { maxSessions: 3 } })
    const pool = world.pool()
    crowd(pool, 2)
    await world.established(2)
    expect(world.connector.dials.length).toBe(1)
    const guests = crowd(pool, 10)
    expect(world.connector.dials.length).toBe(2)
    await world.connected()
    expect(world.connector.dials.length).toBe(2)
    world.h2.last.ready(2)
    await world.flush()
    expect(world.connector.dials.length).toBe(3)
    await world.established(2)
    expect(world.connector.dials.length).toBe(3)
    expect(guests.filter((guest) => guest.started).length).toBe(4)
    expect(world.openSessions).toBe(3)
  })

  test('a connection that refuses the request it has room for is left, and another is dialled', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    connection.refusal = new ConnectionError('ERR_TRUNKLINE_CONNECTION_UNUSABLE', 'closing')
    const guest = new Guest(false)
    pool.enter(guest)
    expect(() => guest.starts[0]?.open({} as never, 'none', guest)).toThrow()
    pool.enter(new Guest())
    expect(world.connector.dials.length).toBe(2)
  })
})

describe('the queue', () => {
  test('has a limit; the error names it and the way out', () => {
    const world = new World({ limits: { queued: 2 } })
    const pool = world.pool()
    crowd(pool, 2)
    expect(() => pool.enter(new Guest())).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_QUEUE_FULL',
        processed: 'no',
        phase: 'queue',
        origin: 'https://example.test',
        message: expect.stringContaining('limits.queued'),
      }),
    )
    expect(pool.queued).toBe(2)
  })

  test('of length 0 still lets through whom a connection has room for', async () => {
    const world = new World({ limits: { queued: 0 } })
    const pool = world.pool()
    expect(() => pool.enter(new Guest())).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_QUEUE_FULL' }),
    )
    pool.preconnect(new Guest(false))
    await world.established()
    expect(pool.enter(new Guest())).toBeNull()
  })

  test('who leaves is not started', async () => {
    const world = new World()
    const pool = world.pool()
    const [first, second, third] = [new Guest(), new Guest(), new Guest()]
    pool.enter(first)
    const entry = pool.enter(second)
    pool.enter(third)
    pool.leave(entry as NonNullable<typeof entry>)
    await world.established()
    expect(startedOf([first, second, third])).toEqual([true, false, true])
    expect(second.settled).toBe(0)
  })

  test('when the last one leaves the dial is aborted, not before', async () => {
    const world = new World()
    const pool = world.pool()
    const entries = [pool.enter(new Guest()), pool.enter(new Guest())]
    pool.leave(entries[0] as NonNullable<(typeof entries)[0]>)
    expect(world.connector.last.signal.aborted).toBe(false)
    pool.leave(entries[1] as NonNullable<(typeof entries)[1]>)
    expect(world.connector.last.signal.aborted).toBe(true)
    await world.flush()
    expect(pool.empty).toBe(true)
    expect(world.reserved).toBe(0)
    expect(world.dialsFailed).toBe(0)
    expect(world.vacated).toBe(1)
  })

  test('a dial whose last request left goes on while somebody preconnects', () => {
    const world = new World()
    const pool = world.pool()
    const entry = pool.enter(new Guest())
    pool.preconnect(new Guest(false))
    pool.leave(entry as NonNullable<typeof entry>)
    expect(world.connector.last.signal.aborted).toBe(false)
  })

  test.each([false, true])(
    'who enters while an abandoned dial is ending is served by a new dial (it connects all the same: %s)',
    async (connects) => {
      const world = new World()
      world.connector.stubborn = connects
      const pool = world.pool()
      const entry = pool.enter(new Guest())
      const abandoned = world.connector.last
      pool.leave(entry as NonNullable<typeof entry>)
      const guest = new Guest()
      pool.enter(guest)
      if (connects) abandoned.connect()
      await world.flush()
      expect(world.connector.dials.length).toBe(2)
      expect(abandoned.socket.destroyed).toBe(connects)
      await world.established()
      expect(guest.settled).toBe(1)
      expect(world.reserved).toBe(1)
    },
  )

  test('a waiter that throws does not stop the pool', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established(0)
    const bad = new Guest()
    bad.start = () => {
      throw new Error('bug')
    }
    pool.enter(bad)
    try {
      connection.settings(2)
    } catch {}
    const guest = new Guest()
    pool.enter(guest)
    connection.settings(5)
    expect(guest.started).toBe(true)
  })
})

describe('preconnecting', () => {
  test('dials, and is served when the connection is ready, not before', async () => {
    const world = new World()
    const pool = world.pool()
    const guests = [new Guest(false), new Guest(false)]
    for (const guest of guests) pool.preconnect(guest)
    expect(world.connector.dials.length).toBe(1)
    const connection = await world.connected()
    expect(startedOf(guests)).toEqual([false, false])
    connection.ready()
    expect(startedOf(guests)).toEqual([true, true])
    expect(pool.queued).toBe(0)
  })

  test('is served at once when a connection stands, a full one too', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    await world.established(1)
    const guest = new Guest(false)
    pool.preconnect(guest)
    expect(guest.started).toBe(true)
    expect(world.connector.dials.length).toBe(1)
  })

  test('joins a dial that is under way', () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    pool.preconnect(new Guest(false))
    expect(world.connector.dials.length).toBe(1)
  })

  test('given up by the last one, the dial is aborted', async () => {
    const world = new World()
    const pool = world.pool()
    const entry = pool.preconnect(new Guest(false))
    pool.leavePreconnect(entry)
    expect(world.connector.last.signal.aborted).toBe(true)
    await world.flush()
    expect(pool.empty).toBe(true)
  })
})

describe('what is offered', () => {
  test('cleartext is what the context says, by one name', () => {
    for (const cleartext of ['h2', 'http/1.1'] as const) {
      const world = new World({ cleartext })
      crowd(world.pool(parseTarget('http://example.test/').origin), 1)
      expect(world.connector.last.offer).toEqual([cleartext])
    }
  })

  test('an origin that asked for HTTP/1.1 gets nothing else offered, and its sessions are left', async () => {
    const world = new World()
    const pool = world.pool()
    crowd(pool, 1)
    const connection = await world.established()
    connection.lastExchange.fail(new StreamError('ERR_TRUNKLINE_HTTP_1_1_REQUIRED', ''))
    pool.requireHttp1()
    crowd(pool, 1)
    expect(world.connector.last.offer).toEqual(['http/1.1'])
    expect(connection.state).not.toBe('open')
  })

  test('unless that is not allowed: then the offer stays', () => {
    const world = new World({ offer: ['h2'] })
    const pool = world.pool()
    pool.requireHttp1()
    crowd(pool, 1)
    expect(world.connector.last.offer).toEqual(['h2'])
  })

  test('an origin that refuses the one protocol it asked for is offered everything once more', async () => {
    const world = new World()
    const pool = world.pool()
    pool.requireHttp1()
    const [guest] = crowd(pool, 1)
    world.connector.last.fail(connectFailed('ERR_TRUNKLINE_ALPN_REJECTED'))
    await world.flush()
    expect(world.connector.last.offer).toEqual(['h2', 'http/1.1'])
    expect(guest?.settled).toBe(0)
    world.connector.last.fail(connectFailed('ERR_TRUNKLINE_ALPN_REJECTED'))
    await world.flush()
    expect(guest?.failures).toMatchObject([{ code: 'ERR_TRUNKLINE_ALPN_REJECTED' }])
    expect(world.connector.dials.length).toBe(2)
  })
})
