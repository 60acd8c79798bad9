import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { SessionManager } from '../../../src/pool/session-manager.ts'
import { Guest, World, type WorldOptions } from '../fakes/pools.ts'
import type { FakeConnection } from '../fakes/wire.ts'

const origin = (name: string) => parseTarget(`https://${name}.test/`).origin

function setUp(connections = 1024, options: WorldOptions = {}, http1Sockets = Number.POSITIVE_INFINITY) {
  const world = new World(options)
  const manager = new SessionManager(world.managerContext(connections, http1Sockets))
  const enter = (name: string) => {
    const guest = new Guest()
    manager.pool(origin(name)).enter(guest)
    return guest
  }
  const names = () => [...manager.pools].map((pool) => pool.origin.hostname.replace('.test', ''))
  const dialled = () => world.connector.dials.map((dial) => dial.origin.hostname.replace('.test', ''))
  /** A request to the origin was answered, its connection is idle. */
  const idle = async (name: string): Promise<FakeConnection> => {
    enter(name)
    const connection = await world.established()
    connection.lastExchange.answer()
    await world.clock.advance(10)
    return connection
  }
  /** One whose request is still open. */
  const busy = async (name: string): Promise<FakeConnection> => {
    enter(name)
    return world.established(1)
  }
  return { world, manager, enter, names, dialled, idle, busy }
}

describe('pools', () => {
  test('one per origin, however its URL is spelt', () => {
    const { manager } = setUp()
    const pool = manager.pool(origin('a'))
    expect(manager.pool(parseTarget('https://A.test.:443/path').origin)).toBe(pool)
    expect(manager.pool(origin('b'))).not.toBe(pool)
    expect(manager.pool(parseTarget('http://a.test/').origin)).not.toBe(pool)
  })

  test('none is made for a request that was to ride on a connection of another origin', () => {
    const { manager, names, enter } = setUp()
    const riding = { ...origin('b'), key: origin('a').key, rides: () => true }
    expect(() => manager.pool(riding)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' }),
    )
    expect(names()).toEqual([])
    enter('a')
    expect(manager.pool(riding).origin.hostname).toBe('a.test')
  })

  test('are forgotten when their last connection is gone', async () => {
    const { world, names, idle } = setUp()
    await idle('a')
    const connection = await idle('b')
    expect(names()).toEqual(['a', 'b'])
    connection.lose()
    await world.flush()
    expect(names()).toEqual(['a'])
  })

  test('are forgotten when their dial failed, or nobody waits for it any more', async () => {
    const { world, manager, enter, names } = setUp()
    enter('a')
    world.connector.last.fail()
    await world.flush()
    expect(names()).toEqual([])
    const pool = manager.pool(origin('b'))
    const entry = pool.enter(new Guest())
    pool.leave(entry as NonNullable<typeof entry>)
    await world.flush()
    expect(names()).toEqual([])
  })

  test('are not forgotten while somebody comes in again in the same turn', async () => {
    const { world, names, enter, idle } = setUp()
    const connection = await idle('a')
    connection.lose()
    const guest = enter('a')
    await world.flush()
    expect(names()).toEqual(['a'])
    await world.established()
    expect(guest.started).toBe(true)
  })

  test('a million origins leave nothing behind', async () => {
    const { world, names, enter } = setUp()
    for (let index = 0; index < 500; index += 1) {
      enter(`host-${index}`)
      world.connector.last.fail()
    }
    await world.flush()
    expect(names()).toEqual([])
  })
})

describe('the limit of all connections', () => {
  test('holds across origins; those above it wait', async () => {
    const { enter, busy, dialled } = setUp(2)
    await busy('a')
    await busy('b')
    const guest = enter('c')
    expect(dialled()).toEqual(['a', 'b'])
    expect(guest.settled).toBe(0)
  })

  test('dials in flight count', () => {
    const { enter, dialled } = setUp(2)
    for (const name of ['a', 'b', 'c']) enter(name)
    expect(dialled()).toEqual(['a', 'b'])
  })

  test('a failed dial gives its place to the next', async () => {
    const { world, enter, dialled } = setUp(1)
    enter('a')
    const guest = enter('b')
    world.connector.last.fail()
    await world.flush()
    expect(dialled()).toEqual(['a', 'b'])
    await world.established()
    expect(guest.started).toBe(true)
  })

  test('the idle connection that was idle longest gives way, at the limit and not before', async () => {
    const { world, enter, idle } = setUp(3)
    const connections = [await idle('a'), await idle('b')]
    await idle('c')
    expect(connections.map(({ state }) => state)).toEqual(['open', 'open'])
    const guest = enter('d')
    await world.flush()
    expect(connections.map(({ state }) => state)).toEqual(['closed', 'open'])
    await world.established()
    expect(guest.started).toBe(true)
  })

  test('one place is needed, one idle connection gives way, however many requests want it', async () => {
    const { world, enter, idle } = setUp(3)
    const connections = [await idle('a'), await idle('b'), await idle('c')]
    for (let count = 0; count < 10; count += 1) enter('d')
    await world.flush()
    expect(connections.map(({ state }) => state)).toEqual(['closed', 'open', 'open'])
  })

  test('several origins in need get one each', async () => {
    const { world, enter, idle, dialled } = setUp(3)
    const connections = [await idle('a'), await idle('b'), await idle('c')]
    for (const name of ['d', 'e']) enter(name)
    await world.flush()
    expect(connections.map(({ state }) => state)).toEqual(['closed', 'closed', 'open'])
    expect(dialled().slice(3)).toEqual(['d', 'e'])
  })

  test('no busy connection gives way', async () => {
    const { world, enter, busy } = setUp(1)
    const connection = await busy('a')
    enter('b')
    await world.clock.advance(1000)
    expect(connection.state).toBe('open')
  })

  test('a starved origin gets the place of a connection that becomes idle later', async () => {
    const { world, enter, busy } = setUp(1)
    const connection = await busy('a')
    const guest = enter('b')
    await world.clock.advance(5000)
    connection.lastExchange.answer()
    await world.flush()
    expect(connection.state).toBe('closed')
    await world.established()
    expect(guest.started).toBe(true)
  })

  test('starved origins go on in the order in which they came', async () => {
    const { world, enter, busy, dialled } = setUp(2)
    const connections = [await busy('a'), await busy('b')]
    for (const name of ['c', 'd', 'e', 'c']) enter(name)
    for (const connection of connections) {
      connection.lose()
      await world.flush()
    }
    expect(dialled()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('who left in the meantime takes nobody’s place', async () => {
    const { world, manager, enter, busy, dialled } = setUp(1)
    const connection = await busy('a')
    const pool = manager.pool(origin('b'))
    const entry = pool.enter(new Guest())
    enter('c')
    pool.leave(entry as NonNullable<typeof entry>)
    connection.lose()
    await world.flush()
    expect(dialled()).toEqual(['a', 'c'])
  })

  test('a starved origin that everyone left does not make idle connections give way', async () => {
    const { world, manager, busy } = setUp(1)
    const connection = await busy('a')
    const pool = manager.pool(origin('b'))
    const entry = pool.enter(new Guest())
    pool.leave(entry as NonNullable<typeof entry>)
    await world.flush()
    connection.lastExchange.answer()
    await world.flush()
    expect(connection.state).toBe('open')
  })

  test('under a steady load of more origins than places everyone is served', async () => {
    const { world, enter } = setUp(3)
    const guests = Array.from({ length: 40 }, (_, index) => enter(`host-${index % 10}`))
    for (let round = 0; round < 200; round += 1) {
      for (const dial of world.connector.pending) dial.connect()
      await world.flush()
      for (const connection of world.connections)
        if (connection.state === 'open' && connection.stats().bytesReceived === 0) connection.ready(2)
      await world.flush()
      for (const exchange of world.connections.flatMap(({ live }) => live)) exchange.answer()
      await world.flush()
      const open = world.connections.filter(({ state }) => state !== 'closed').length
      expect(open + world.connector.pending.length).toBeLessThanOrEqual(3)
    }
    expect(guests.filter(({ started }) => !started).length).toBe(0)
  })
})

describe('close', () => {
  test('resolves at once when there is nothing', async () => {
    await setUp().manager.close()
  })

  test('resolves when the last connection is gone, not before', async () => {
    const { world, manager, names, idle, busy } = setUp()
    await idle('a')
    const open = await busy('b')
    let closed = false
    const done = manager.close().then(() => {
      closed = true
    })
    await world.flush()
    expect(names()).toEqual(['b'])
    expect(closed).toBe(false)
    open.lastExchange.answer()
    await done
    expect(names()).toEqual([])
  })

  test('called twice both resolve', async () => {
    const { manager, busy } = setUp()
    const open = await busy('a')
    const both = [manager.close(), manager.close()]
    open.lastExchange.answer()
    await Promise.all(both)
  })
})

describe('destroy', () => {
  const error = new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'destroyed')

  test('ends every origin, the starved ones too', async () => {
    const { world, manager, names, enter, busy } = setUp(2)
    await busy('a')
    enter('b')
    const starved = enter('c')
    manager.destroy(error)
    expect(starved.failures).toEqual([error])
    expect(world.connector.last.signal.reason).toBe(error)
    await world.flush()
    expect(names()).toEqual([])
    expect(world.connections.map(({ state }) => state)).toEqual(['closed'])
  })

  test('lets a close that was waiting resolve', async () => {
    const { manager, busy } = setUp()
    await busy('a')
    const done = manager.close()
    manager.destroy(error)
    await done
  })

  test('from then on there is no pool for anyone', () => {
    const { world, manager } = setUp()
    manager.destroy(error)
    expect(() => manager.pool(origin('a'))).toThrow(error)
    expect(world.connector.dials.length).toBe(0)
  })
})

describe('another limit', () => {
  test('that is higher lets pools dial that found no room, in their order', async () => {
    const { manager, enter, dialled } = setUp(1)
    for (const name of ['a', 'b', 'c']) enter(name)
    expect(dialled()).toEqual(['a'])
    manager.update({ connections: 2, http1Sockets: Number.POSITIVE_INFINITY })
    expect(dialled()).toEqual(['a', 'b'])
    manager.update({ connections: 5, http1Sockets: Number.POSITIVE_INFINITY })
    expect(dialled()).toEqual(['a', 'b', 'c'])
  })

  test('that is lower closes nothing that runs, and holds for what comes', async () => {
    const { manager, enter, dialled, names } = setUp(2)
    for (const name of ['a', 'b']) enter(name)
    manager.update({ connections: 1, http1Sockets: Number.POSITIVE_INFINITY })
    enter('c')
    expect(dialled()).toEqual(['a', 'b'])
    expect(names()).toEqual(['a', 'b', 'c'])
  })
})

describe('http1Sockets', () => {
  const HTTP1: WorldOptions = { offer: ['http/1.1'] }

  test('holds over all origins; an idle socket of another one gives way', async () => {
    const { world, enter, dialled } = setUp(1024, HTTP1, 1)
    enter('a')
    const first = await world.established(1, 'http/1.1')
    enter('b')
    await world.flush()
    expect(dialled()).toEqual(['a'])
    first.lastExchange.answer()
    await world.flush()
    expect(first.state).toBe('closed')
    expect(dialled()).toEqual(['a', 'b'])
  })

  test('evicts one that was idle before', async () => {
    const { world, enter, dialled } = setUp(1024, HTTP1, 1)
    enter('a')
    const first = await world.established(1, 'http/1.1')
    first.lastExchange.answer()
    await world.flush()
    enter('b')
    await world.flush()
    expect(dialled()).toEqual(['a', 'b'])
  })

  test('one that nobody foresaw goes again, and is dialled when there is room', async () => {
    const { world, enter, dialled } = setUp(1024, {}, 1)
    enter('a')
    const first = await world.established(1, 'http/1.1')
    const late = enter('b')
    const dial = world.connector.last
    dial.connect('http/1.1')
    await world.flush()
    expect(dial.socket.destroyed).toBe(true)
    expect(late.settled).toBe(0)
    expect(dialled()).toEqual(['a', 'b'])
    first.lastExchange.answer()
    await world.flush()
    expect(dialled()).toEqual(['a', 'b', 'b'])
    await world.established(1, 'http/1.1')
    expect(late.started).toBe(true)
  })

  test('HTTP/2 does not count, even where HTTP/1.1 was expected', async () => {
    const { world, manager, enter, dialled } = setUp(1024, {}, 1)
    world.protocols.spoke(origin('a').key, 'http/1.1')
    enter('a')
    await world.established()
    enter('b')
    await world.established()
    world.protocols.spoke(origin('c').key, 'http/1.1')
    enter('c')
    expect(dialled()).toEqual(['a', 'b', 'c'])
    await world.established(1, 'http/1.1')
    world.protocols.spoke(origin('d').key, 'http/1.1')
    enter('d')
    expect(dialled()).toEqual(['a', 'b', 'c'])
    manager.update({ connections: 1024, http1Sockets: 2 })
    expect(dialled()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a dial that failed gives its place back', async () => {
    const { world, enter, dialled } = setUp(1024, HTTP1, 1)
    enter('a')
    enter('b')
    world.connector.last.fail()
    await world.flush()
    expect(dialled()).toEqual(['a', 'b'])
  })
})
