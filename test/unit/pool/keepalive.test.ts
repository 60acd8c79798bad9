import { describe, expect, test } from 'vitest'
import { watchedPeer as setUp } from '../fakes/peer.ts'

describe('schedule', () => {
  test('PINGs after an interval of silence, not before', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(999)
    expect(peer.pings.length).toBe(0)
    await clock.advance(1)
    expect(peer.pings.length).toBe(1)
  })

  test('an answer sets it going again', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(1000)
    for (let round = 1; round <= 3; round += 1) {
      expect(peer.pings.length).toBe(round)
      peer.answer(5)
      await clock.advance(1249)
      expect(peer.pings.length).toBe(round)
      await clock.advance(1)
    }
    expect(peer.deaths).toEqual([])
  })

  test('no answer in time: dead, with how long it was silent', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(1399)
    expect(peer.deaths).toEqual([])
    await clock.advance(1)
    expect(peer.deaths).toEqual([{ silentMs: 400, cause: null }])
    await clock.advance(10_000)
    expect(peer.deaths.length).toBe(1)
  })

  test('a PING that cannot be sent: dead at once, with the cause', async () => {
    const { clock, peer, keepalive } = setUp()
    const cause = new Error('no pings left')
    keepalive.wake()
    await clock.advance(1000)
    peer.pings[0]?.fail(cause)
    await clock.flush()
    expect(peer.deaths).toEqual([{ silentMs: 0, cause }])
  })

  test('bytes received put it off: no PING while any come within an interval', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    for (let count = 0; count < 20; count += 1) {
      await clock.advance(700)
      peer.bytes += 1
    }
    expect(peer.pings.length).toBe(0)
    await clock.advance(1250)
    expect(peer.pings.length).toBe(1)
  })

  test('bytes that come while a PING is out put its deadline off; they are no answer', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(1000)
    for (let round = 0; round < 4; round += 1) {
      peer.bytes += 1
      await clock.advance(400)
    }
    expect(peer.deaths).toEqual([])
    expect(peer.pings.length).toBe(1)
    await clock.advance(400)
    expect(peer.deaths).toEqual([{ silentMs: 400, cause: null }])
  })

  test('an interval of 0 sends none', async () => {
    const { clock, peer, keepalive } = setUp({ interval: 0, whenIdle: true })
    keepalive.wake()
    await clock.advance(100_000)
    expect(peer.pings.length).toBe(0)
  })

  test('with an interval of 0 an idle connection is not looked at', () => {
    const { clock, peer, keepalive } = setUp({ interval: 0, whenIdle: true })
    peer.busy = false
    keepalive.wake()
    expect(clock.pending).toBe(0)
  })

  test('nothing runs while nothing is open; the next stream wakes it, and silence counts from then', async () => {
    const { clock, peer, keepalive } = setUp()
    peer.busy = false
    keepalive.wake()
    expect(clock.pending).toBe(0)
    peer.busy = true
    keepalive.wake()
    await clock.advance(600)
    peer.busy = false
    await clock.advance(5000)
    expect(clock.pending).toBe(0)
    peer.busy = true
    keepalive.wake()
    await clock.advance(999)
    expect(peer.pings.length).toBe(0)
    await clock.advance(1)
    expect(peer.pings.length).toBe(1)
  })

  test('whenIdle: an idle connection is asked too', async () => {
    const { clock, peer, keepalive } = setUp({ whenIdle: true })
    peer.busy = false
    keepalive.wake()
    await clock.advance(1000)
    expect(peer.pings.length).toBe(1)
  })

  test('a draining connection is asked after an interval of its own, also when the other is 0', async () => {
    for (const interval of [0, 1000]) {
      const { clock, peer, keepalive } = setUp({ interval, drainInterval: 500 })
      peer.draining = true
      keepalive.wake()
      await clock.advance(499)
      expect(peer.pings.length).toBe(0)
      await clock.advance(1)
      expect(peer.pings.length).toBe(1)
    }
  })

  test('a draining connection is as any other when it has no interval of its own', async () => {
    const { clock, peer, keepalive } = setUp({ interval: 1000, drainInterval: 0 })
    peer.draining = true
    keepalive.wake()
    await clock.advance(999)
    expect(peer.pings.length).toBe(0)
  })

  test('waking it again changes nothing: one timer', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(900)
    for (let count = 0; count < 10; count += 1) keepalive.wake()
    expect(clock.pending).toBe(1)
    await clock.advance(100)
    expect(peer.pings.length).toBe(1)
  })

  test('its timers do not keep the process alive', async () => {
    const { clock, keepalive } = setUp()
    keepalive.wake()
    void keepalive.probe(100)
    expect(clock.pending).toBe(2)
    expect(clock.pendingRefs).toBe(0)
  })
})

describe('probe', () => {
  test('is true for an answer in time', async () => {
    const { clock, peer, keepalive } = setUp()
    const alive = keepalive.probe(100)
    await clock.advance(99)
    peer.pings[0]?.answer(99)
    expect(await alive).toBe(true)
    await clock.advance(1000)
    expect(peer.deaths).toEqual([])
    expect(clock.pending).toBe(0)
  })

  test('is false for none, and the target hears of it once', async () => {
    const { clock, peer, keepalive } = setUp()
    const alive = keepalive.probe(100)
    await clock.advance(100)
    expect(await alive).toBe(false)
    expect(peer.deaths).toEqual([{ silentMs: 100, cause: null }])
    peer.pings[0]?.answer(5000)
    await clock.flush()
    expect(peer.deaths.length).toBe(1)
  })

  test('a PING under way is shared', async () => {
    const { peer, keepalive } = setUp()
    const both = [keepalive.probe(100), keepalive.probe(100)]
    expect(peer.pings.length).toBe(1)
    peer.pings[0]?.answer(1)
    expect(await Promise.all(both)).toEqual([true, true])
  })

  test('the nearer deadline counts, whichever was asked for first', async () => {
    for (const deadlines of [
      [1000, 100],
      [100, 1000],
    ]) {
      const { clock, peer, keepalive } = setUp()
      const both = deadlines.map((deadline) => keepalive.probe(deadline))
      await clock.advance(99)
      expect(peer.deaths).toEqual([])
      await clock.advance(1)
      expect(await Promise.all(both)).toEqual([false, false])
      expect(peer.deaths.length).toBe(1)
    }
  })

  test('the silence so far counts towards a nearer deadline that is asked for later', async () => {
    const { clock, peer, keepalive } = setUp()
    void keepalive.probe(1000)
    await clock.advance(500)
    void keepalive.probe(600)
    await clock.advance(99)
    expect(peer.deaths).toEqual([])
    await clock.advance(1)
    expect(peer.deaths).toEqual([{ silentMs: 600, cause: null }])
  })

  test('the next one asks anew, with a deadline of its own', async () => {
    const { clock, peer, keepalive } = setUp()
    const first = keepalive.probe(100)
    peer.pings[0]?.answer(1)
    await first
    await clock.flush()
    void keepalive.probe(5000)
    expect(peer.pings.length).toBe(2)
    await clock.advance(4999)
    expect(peer.deaths).toEqual([])
    await clock.advance(1)
    expect(peer.deaths.length).toBe(1)
  })

  test('shares the PING of the schedule, with its nearer deadline', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    await clock.advance(1000)
    void keepalive.probe(50)
    expect(peer.pings.length).toBe(1)
    await clock.advance(50)
    expect(peer.deaths.length).toBe(1)
  })
})

describe('stop', () => {
  test('ends the schedule', async () => {
    const { clock, peer, keepalive } = setUp()
    keepalive.wake()
    keepalive.stop()
    keepalive.wake()
    expect(clock.pending).toBe(0)
    await clock.advance(5000)
    expect(peer.pings.length).toBe(0)
  })

  test('settles a probe as not alive, and says nothing to the target', async () => {
    const { clock, peer, keepalive } = setUp()
    const alive = keepalive.probe(100)
    keepalive.stop()
    expect(await alive).toBe(false)
    expect(clock.pending).toBe(0)
    peer.pings[0]?.fail(new Error('closed'))
    await clock.advance(5000)
    expect(peer.deaths).toEqual([])
  })

  test('is harmless twice', () => {
    const { keepalive } = setUp()
    keepalive.stop()
    keepalive.stop()
  })
})
