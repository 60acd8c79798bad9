import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import { establishedConnection as established, pooledConnection as setUp } from '../fakes/pooled.ts'
import { KEEPALIVE } from '../fakes/pools.ts'

describe('verification before reuse', () => {
  test('a connection idle for longer than the interval is asked before it is used', async () => {
    const { clock, pooled, wire, serve } = await established()
    await serve()
    await clock.advance(15_000)
    expect(pooled.slots()).toBe(100)
    await clock.advance(1)
    expect(pooled.slots()).toBe(0)
    expect(pooled.standing).toBe('suspect')
    wire.answerPing()
    await clock.flush()
    expect(pooled.slots()).toBe(100)
  })

  test('also when the machine slept and no timer ran', async () => {
    const { clock, pooled, serve } = await established()
    await serve()
    clock.jump(3_600_000)
    expect(pooled.slots()).toBe(0)
    expect(pooled.standing).toBe('suspect')
  })

  test('its answer counts for another interval', async () => {
    const { clock, pooled, wire, serve } = await established()
    await serve()
    await clock.advance(15_001)
    pooled.slots()
    wire.answerPing()
    await clock.flush()
    await clock.advance(15_000)
    expect(pooled.slots()).toBe(100)
  })

  test('is not needed while a request is open: keepalive watches then', async () => {
    const { clock, pooled, wire, serve, open } = await established()
    await serve()
    open()
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(10_000)
      wire.receive()
    }
    expect(pooled.slots()).toBe(99)
  })

  test('is not made when keepalive is off', async () => {
    const { clock, pooled, wire, serve } = setUp()
    wire.ready()
    await serve()
    await clock.advance(50_000)
    expect(pooled.slots()).toBe(100)
  })
})

describe('draining', () => {
  test('retired, it finishes what it has and closes', async () => {
    const { clock, pool, pooled, wire, open } = await established()
    open()
    pooled.retire('closing')
    expect(pooled).toMatchObject({ standing: 'draining' })
    expect(pooled.slots()).toBe(0)
    expect(wire.drains).toBe(1)
    await clock.flush()
    expect(pooled.standing).toBe('draining')
    wire.lastExchange.answer()
    await clock.flush()
    expect(pooled.standing).toBe('closed')
    expect(pool.closed).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('a GOAWAY of the peer does the same, and tells the pool', async () => {
    const { pool, pooled, wire, open } = await established()
    open()
    const changes = pool.changes
    wire.goAway()
    expect(pooled.standing).toBe('draining')
    expect(pool.changes).toBe(changes + 1)
    expect(wire.drains).toBe(0)
  })

  test('too_many_pings is heard', async () => {
    const { pool, wire, open } = await established()
    open()
    wire.goAway(undefined, 'too_many_pings')
    expect(pool.tooManyPings).toBe(1)
  })

  test('has a deadline: what is left then ends as lost', async () => {
    const { clock, pool, pooled, open } = await established({ ...KEEPALIVE, drainTimeout: 2000 })
    const guest = open()
    pooled.retire('closing')
    await clock.advance(1999)
    expect(guest.errors).toEqual([])
    await clock.advance(1)
    expect(guest.errors).toMatchObject([{ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'maybe' }])
    expect(pool.closed).toBe(1)
  })

  test('the deadline is not put off by a GOAWAY behind our own', async () => {
    const { clock, pooled, wire, open } = await established({ drainTimeout: 2000 })
    open()
    pooled.retire('closing')
    await clock.advance(1500)
    wire.goAway()
    await clock.advance(500)
    expect(pooled.standing).toBe('closed')
  })

  test('is still watched by keepalive: a dead one does not wait for its deadline', async () => {
    const { clock, pooled, open } = await established()
    const guest = open()
    pooled.retire('closing')
    await clock.advance(12_000)
    expect(guest.errors).toMatchObject([{ code: 'ERR_TRUNKLINE_PING_TIMEOUT' }])
  })

  test('a PING that ends with it is no fault of the peer', async () => {
    const { pooled, wire } = await established()
    const probe = pooled.keepalive.probe(5000)
    // Its session fails the PING before it says that it is closed.
    wire.drain = () => {}
    pooled.retire('closing')
    wire.pings.at(-1)?.fail(new Error('cancelled'))
    expect(await probe).toBe(false)
    expect(wire.destroyedWith).toBeNull()
    wire.listener.onClosed(null)
    expect(pooled.standing).toBe('closed')
  })

  test('there is no way back', async () => {
    const { clock, pool, pooled, wire, open } = await established()
    open()
    pooled.suspect()
    pooled.retire('closing')
    wire.answerPing()
    await clock.flush()
    expect(pooled.standing).toBe('draining')
    const changes = pool.changes
    pooled.retire('closing')
    pooled.suspect()
    expect(pooled.standing).toBe('draining')
    expect(pool.changes).toBe(changes)
  })
})

describe('the end', () => {
  test('leaves no timer and no PING behind', async () => {
    const { clock, pool, pooled, wire, open } = await established({ ...KEEPALIVE, maxLifetime: 100_000 })
    open()
    pooled.suspect()
    wire.lose()
    await clock.flush()
    expect(pooled.standing).toBe('closed')
    expect(clock.pending).toBe(0)
    expect(pool.closed).toBe(1)
    await clock.advance(1_000_000)
    expect(pool.closed).toBe(1)
    expect(pool.aged).toBe(0)
  })

  test('destroyed, it takes nothing any more even before it is closed', () => {
    const { pooled, wire } = setUp()
    wire.ready()
    const error = new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', '')
    pooled.destroy(error)
    expect(wire.destroyedWith).toBe(error)
    expect(pooled.slots()).toBe(0)
  })
})

describe('an end before it could be used', () => {
  test.each(['lost', 'closed', 'gone away'] as const)(
    '%s by the peer is told to the pool, once',
    async (how) => {
      const { clock, pool, pooled, wire } = setUp()
      if (how === 'lost') wire.lose()
      if (how === 'closed') wire.close()
      if (how === 'gone away') wire.goAway()
      await clock.flush()
      expect(pooled.standing).toBe('closed')
      expect(pool.earlyEnds.length).toBe(1)
      expect(pool.closed).toBe(1)
    },
  )

  test('is not one when it was ready before, or when we ended it', async () => {
    const ready = await established()
    ready.wire.lose()
    expect(ready.pool.earlyEnds).toEqual([])
    const retired = setUp()
    retired.pooled.retire('closing')
    await retired.clock.flush()
    expect(retired.pool).toMatchObject({ closed: 1, earlyEnds: [] })
  })
})

describe('those who wait for room', () => {
  test('hold the process, until they leave', async () => {
    const { pooled, wire } = await established()
    pooled.hold()
    expect(wire.referenced).toBe(true)
    pooled.release()
    expect(wire.referenced).toBe(false)
  })

  test('do not let it go under an open request', async () => {
    const { pooled, wire, open } = await established()
    open()
    pooled.release()
    expect(wire.referenced).toBe(true)
  })
})

describe('resting', () => {
  test('is an HTTP/1.1 connection that has just begun, or whose exchange is over and whose slot is not free yet', () => {
    const { pooled, wire, open } = setUp({}, 'http/1.1')
    expect(pooled.resting).toBe(true)
    wire.ready()
    expect(pooled.resting).toBe(false)
    open()
    expect(pooled.resting).toBe(false)
    wire.lastExchange.answer()
    wire.settings(0)
    expect(pooled.resting).toBe(true)
    wire.settings(1)
    expect(pooled.resting).toBe(false)
    pooled.retire('closing')
    expect(pooled.resting).toBe(false)
  })

  test('is no HTTP/2 connection without slots', () => {
    const { pooled, wire } = setUp()
    wire.ready(0)
    expect(pooled.resting).toBe(false)
  })
})

describe('age', () => {
  test('is told when the lifetime is over, and again while nobody takes over', async () => {
    const { clock, pool, wire } = setUp({ maxLifetime: 30_000, idleTimeout: Number.POSITIVE_INFINITY })
    wire.ready()
    await clock.advance(29_999)
    expect(pool.aged).toBe(0)
    await clock.advance(1)
    expect(pool.aged).toBe(1)
    await clock.advance(6000)
    expect(pool.aged).toBe(3)
  })

  test('is not told of a connection that is leaving', async () => {
    const { clock, pool, pooled, wire, open } = setUp({ maxLifetime: 30_000 })
    wire.ready()
    open()
    pooled.retire('closing')
    await clock.advance(100_000)
    expect(pool.aged).toBe(0)
  })

  test('without a lifetime there is no timer for it', () => {
    const { clock } = setUp()
    expect(clock.pending).toBe(1)
  })
})
