import { describe, expect, test } from 'vitest'
import { InvalidRequestError } from '../../../src/core/errors.ts'
import { establishedConnection as established, pooledConnection as setUp } from '../fakes/pooled.ts'
import { Guest, HEAD, KEEPALIVE } from '../fakes/pools.ts'
import { unusable } from '../fakes/wire.ts'

describe('starting', () => {
  test('takes the one request the wire allows, and is ready with the peer’s SETTINGS', () => {
    const { pool, pooled, wire, open } = setUp()
    expect(pooled).toMatchObject({
      id: 7,
      standing: 'starting',
      protocol: 'h2',
      connectedAt: 1000,
      wasReady: false,
    })
    expect(pooled.slots()).toBe(1)
    open()
    expect(pooled.slots()).toBe(0)
    wire.ready(100)
    expect(pooled).toMatchObject({ standing: 'ready', wasReady: true })
    expect(pooled.slots()).toBe(99)
    expect(pool.changes).toBe(1)
  })

  test('without SETTINGS in time it is destroyed, and its request may have been processed', async () => {
    const { clock, pool, pooled, wire, open } = setUp({ settingsTimeout: 500 })
    const guest = open()
    await clock.advance(499)
    expect(wire.destroyedWith).toBeNull()
    await clock.advance(1)
    const error = {
      code: 'ERR_TRUNKLINE_SETTINGS_TIMEOUT',
      phase: 'settings',
      processed: 'maybe',
      connectionId: 7,
    }
    expect(guest.errors).toMatchObject([error])
    expect(pooled.standing).toBe('closed')
    expect(pool.closed).toBe(1)
  })

  test('with SETTINGS in time that timer is gone', async () => {
    const { clock, pooled, wire } = setUp({ settingsTimeout: 500 })
    wire.ready()
    await clock.advance(5000)
    expect(pooled.standing).toBe('ready')
  })

  test('without the acknowledgement of ours in time it is destroyed as well', async () => {
    const { clock, pooled, wire, open } = setUp({ settingsTimeout: 500 })
    wire.acknowledged = false
    wire.ready()
    const guest = open()
    await clock.advance(500)
    expect(guest.errors).toMatchObject([{ code: 'ERR_TRUNKLINE_SETTINGS_TIMEOUT', processed: 'maybe' }])
    expect((guest.errors[0] as Error).message).toContain('did not acknowledge')
    expect(pooled.standing).toBe('closed')
  })

  test('a PING at the start learns the distance', async () => {
    const { pooled } = await established()
    expect(pooled.keepalive.roundTrip.smoothed).toBe(10)
  })

  test('over HTTP/1.1, or with keepalive off, there is none', () => {
    const http1 = setUp(KEEPALIVE, 'http/1.1')
    http1.wire.ready()
    expect(http1.wire.pings.length).toBe(0)
    const off = setUp()
    off.wire.ready()
    expect(off.wire.pings.length).toBe(0)
  })
})

describe('requests', () => {
  test('are counted, and open ones make it busy', async () => {
    const { clock, pooled, wire, open, serve } = await established()
    await serve()
    expect(pooled).toMatchObject({ served: 1, openExchanges: 0, idleSince: 1000 })
    open()
    expect(pooled).toMatchObject({ served: 2, openExchanges: 1, idleSince: null })
    await clock.advance(50)
    wire.lastExchange.answer()
    await clock.flush()
    expect(pooled.idleSince).toBe(1050)
  })

  test('that the connection cannot take make it leave; the failure passes', () => {
    const { pooled, wire } = setUp()
    wire.ready()
    const refusal = unusable()
    wire.refusal = refusal
    expect(() => pooled.open(HEAD, 'none', new Guest())).toThrow(refusal)
    expect(pooled).toMatchObject({ standing: 'draining', served: 0 })
    expect(pooled.slots()).toBe(0)
  })

  test('that are wrong in themselves leave it as it is', () => {
    const { pooled, wire } = setUp()
    wire.ready()
    wire.refusal = new InvalidRequestError('ERR_TRUNKLINE_INVALID_HEADER', 'bad')
    expect(() => pooled.open(HEAD, 'none', new Guest())).toThrow('bad')
    expect(pooled).toMatchObject({ standing: 'ready', served: 0 })
  })
})

describe('the process', () => {
  test('is kept alive while it starts and while it works, not while it is idle', async () => {
    const { wire, open, clock } = setUp()
    expect(wire.referenced).toBe(true)
    wire.ready()
    expect(wire.referenced).toBe(false)
    open()
    expect(wire.referenced).toBe(true)
    wire.lastExchange.answer()
    await clock.flush()
    expect(wire.referenced).toBe(false)
  })

  test('is kept alive while a doubtful connection is asked, since somebody waits', async () => {
    const { clock, pooled, wire } = await established()
    expect(wire.referenced).toBe(false)
    pooled.suspect()
    expect(wire.referenced).toBe(true)
    wire.answerPing()
    await clock.flush()
    expect(wire.referenced).toBe(false)
  })

  test('is not kept alive by any of its timers', async () => {
    const { clock, pooled, open } = await established({ ...KEEPALIVE, maxLifetime: 50_000 })
    open()
    pooled.suspect()
    pooled.retire('closing')
    expect(clock.pending).toBeGreaterThan(0)
    expect(clock.pendingRefs).toBe(0)
  })
})

describe('idle', () => {
  test('it leaves after the idle time, not before', async () => {
    const { clock, pooled, wire } = setUp({ idleTimeout: 60_000 })
    wire.ready()
    await clock.advance(59_999)
    expect(pooled.standing).toBe('ready')
    await clock.advance(1)
    expect(pooled.standing).toBe('closed')
    expect(wire.drains).toBe(1)
  })

  test('a request starts the time anew, with one timer for all of them', async () => {
    const { clock, pooled, wire, serve } = setUp({ idleTimeout: 60_000 })
    wire.ready()
    for (let count = 0; count < 10; count += 1) {
      await clock.advance(50_000)
      await serve()
    }
    expect(pooled.standing).toBe('ready')
    expect(clock.pending).toBeLessThanOrEqual(2)
    await clock.advance(59_999)
    expect(pooled.standing).toBe('ready')
    await clock.advance(1)
    expect(pooled.standing).toBe('closed')
  })

  test('an open request keeps it, however long', async () => {
    const { clock, pooled, wire, open } = setUp({ idleTimeout: 1000 })
    wire.ready()
    open()
    await clock.advance(100_000)
    expect(pooled.standing).toBe('ready')
    wire.lastExchange.answer()
    await clock.advance(999)
    expect(pooled.standing).toBe('ready')
    await clock.advance(1)
    expect(pooled.standing).toBe('closed')
  })

  test('for ever, when told so', async () => {
    const { clock, pooled, wire } = setUp({ idleTimeout: Number.POSITIVE_INFINITY })
    wire.ready()
    await clock.advance(1e9)
    expect(clock.pending).toBe(0)
    expect(pooled.standing).toBe('ready')
  })
})

describe('suspect', () => {
  test('takes nothing new until a PING is answered, then goes on', async () => {
    const { clock, pool, pooled, wire } = await established()
    pooled.suspect()
    expect(pooled.standing).toBe('suspect')
    expect(pooled.slots()).toBe(0)
    const changes = pool.changes
    wire.answerPing()
    await clock.flush()
    expect(pooled.standing).toBe('ready')
    expect(pooled.slots()).toBe(100)
    expect(pool.changes).toBe(changes + 1)
  })

  test('no answer: destroyed, its streams end with PING_TIMEOUT', async () => {
    const { clock, pool, pooled, open } = await established()
    const guest = open()
    pooled.suspect()
    await clock.advance(999)
    expect(pooled.standing).toBe('suspect')
    await clock.advance(1)
    const error = { code: 'ERR_TRUNKLINE_PING_TIMEOUT', processed: 'maybe', connectionId: 7, cause: null }
    expect(guest.errors).toMatchObject([error])
    expect(pool.closed).toBe(1)
  })

  test('a far peer gets four round trips', async () => {
    const { clock, pooled, wire } = setUp(KEEPALIVE)
    wire.ready()
    wire.answerPing(800)
    await clock.flush()
    pooled.suspect()
    await clock.advance(3199)
    expect(pooled.standing).toBe('suspect')
    await clock.advance(1)
    expect(pooled.standing).toBe('closed')
  })

  test('is late when the answer takes longer than it should, and tells the pool once', async () => {
    const { clock, pool, pooled, wire } = await established()
    pooled.suspect()
    const changes = pool.changes
    await clock.advance(99)
    expect(pooled.late).toBe(false)
    await clock.advance(1)
    expect(pooled.late).toBe(true)
    expect(pool.changes).toBe(changes + 1)
    wire.answerPing()
    await clock.flush()
    expect(pooled.late).toBe(false)
  })

  test('is not late the second time because of the first', async () => {
    const { clock, pooled, wire } = await established()
    pooled.suspect()
    await clock.advance(200)
    wire.answerPing()
    await clock.flush()
    pooled.suspect()
    expect(pooled.late).toBe(false)
  })

  test('doubted twice it asks once', async () => {
    const { pooled, wire } = await established()
    const before = wire.pings.length
    pooled.suspect()
    pooled.suspect()
    expect(wire.pings.length).toBe(before + 1)
  })

  test('an HTTP/1.1 connection cannot be asked, and is not doubted', () => {
    const { pooled, wire } = setUp(KEEPALIVE, 'http/1.1')
    wire.ready()
    pooled.suspect()
    expect(pooled.standing).toBe('ready')
  })

  test('in the middle of starting: SETTINGS alone do not clear it, the answer does', async () => {
    const { clock, pooled, wire, open } = setUp(KEEPALIVE)
    open()
    pooled.suspect()
    wire.ready()
    expect(pooled).toMatchObject({ standing: 'suspect', wasReady: true })
    wire.answerPing()
    await clock.advance(20_000)
    expect(pooled.standing).not.toBe('suspect')
  })

  test('a transport that is gone is not asked; it ends at once', async () => {
    const { clock, pooled, wire, open } = await established()
    const guest = open()
    wire.severed = true
    pooled.suspect()
    await clock.flush()
    expect(guest.errors).toMatchObject([{ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'maybe' }])
    expect((guest.errors[0] as Error).message).toContain('TCP connection was cut')
    expect(pooled.standing).toBe('closed')
  })
})

describe('a request given up', () => {
  test('before anything came makes it doubtful', async () => {
    const { pooled, wire, open } = await established()
    const before = pooled.bytesReceived
    open()
    pooled.onGivenUp(before)
    expect(pooled.standing).toBe('suspect')
    expect(wire.pings.length).toBe(2)
  })

  test('after something came does not', async () => {
    const { pooled, wire, open } = await established()
    const before = pooled.bytesReceived
    open()
    wire.receive()
    pooled.onGivenUp(before)
    expect(pooled.standing).toBe('ready')
  })

  test('after something came, and then a long silence, does', async () => {
    const { clock, pooled, wire, open } = await established()
    const before = pooled.bytesReceived
    open()
    wire.receive()
    await clock.advance(4500)
    pooled.onGivenUp(before)
    expect(pooled.standing).toBe('suspect')
  })
})
