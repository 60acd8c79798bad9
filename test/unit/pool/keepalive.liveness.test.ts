import { describe, expect, test } from 'vitest'
import { watchedPeer as setUp } from '../fakes/peer.ts'

describe('round-trip time', () => {
  async function learn(...samples: number[]) {
    const { clock, peer, keepalive } = setUp()
    for (const sample of samples) {
      const probe = keepalive.probe(100_000)
      peer.pings.at(-1)?.answer(sample)
      await probe
      await clock.flush()
    }
    return keepalive
  }

  test('is unknown at first, and deadlines are then the least', async () => {
    const keepalive = await learn()
    expect(keepalive.roundTrip).toEqual({ smoothed: null, min: null })
    expect(keepalive.probeDeadline).toBe(1000)
    expect(keepalive.lateAfter).toBe(100)
  })

  test('the first sample counts whole, later ones an eighth (RFC 6298)', async () => {
    expect((await learn(80)).roundTrip).toEqual({ smoothed: 80, min: 80 })
    expect((await learn(80, 160)).roundTrip).toEqual({ smoothed: 90, min: 80 })
    expect((await learn(80, 160, 10)).roundTrip).toEqual({ smoothed: 80, min: 10 })
  })

  test('deadlines are four round trips where that is more', async () => {
    const slow = await learn(400)
    expect(slow.probeDeadline).toBe(1600)
    expect(slow.lateAfter).toBe(1600)
    const fast = await learn(2)
    expect(fast.probeDeadline).toBe(1000)
    expect(fast.lateAfter).toBe(100)
  })

  test('an answer that was long in coming, among other bytes, teaches as well', async () => {
    const { clock, peer, keepalive } = setUp()
    const alive = keepalive.probe(100)
    peer.bytes += 1
    await clock.advance(150)
    peer.pings[0]?.answer(150)
    expect(await alive).toBe(true)
    await clock.flush()
    expect(keepalive.roundTrip.smoothed).toBe(150)
  })
})

describe('a transport that is gone without a word', () => {
  test.each([0, 1000, 60_000])(
    'is noticed within a second while a stream is open, interval %d',
    async (interval) => {
      const { clock, peer, keepalive } = setUp({ interval })
      keepalive.wake()
      peer.severed = true
      await clock.advance(500)
      expect(peer.deaths.length).toBe(1)
      expect(peer.deaths[0]?.cause).toBeNull()
      expect(peer.pings.length).toBe(0)
      await clock.advance(10_000)
      expect(peer.deaths.length).toBe(1)
    },
  )

  test('that still gives bytes is read to its end first', async () => {
    const { clock, peer, keepalive } = setUp({ interval: 1000 })
    keepalive.wake()
    peer.severed = true
    peer.bytes += 1
    await clock.advance(250)
    expect(peer.deaths).toEqual([])
    await clock.advance(250)
    expect(peer.deaths).toEqual([{ silentMs: 250, cause: null }])
  })

  test('is not asked: a probe is false at once', async () => {
    const { clock, peer, keepalive } = setUp()
    peer.severed = true
    expect(await keepalive.probe(100)).toBe(false)
    expect(peer.deaths).toEqual([{ silentMs: 0, cause: null }])
    expect(peer.pings.length).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

describe('silence', () => {
  test('is the time since something was last seen to come, exact to a sample', async () => {
    const { clock, peer, keepalive } = setUp({ interval: 8000 })
    keepalive.wake()
    await clock.advance(700)
    expect(keepalive.silence).toBe(700)
    peer.bytes += 1
    expect(keepalive.silence).toBe(0)
    await clock.advance(1000)
    expect(keepalive.silence).toBe(700)
  })

  test('goes on counting while a PING is out', async () => {
    const { clock, peer, keepalive } = setUp({ interval: 1000, timeout: 5000 })
    keepalive.wake()
    await clock.advance(1500)
    expect(peer.pings.length).toBe(1)
    expect(keepalive.silence).toBe(1500)
    keepalive.wake()
    expect(keepalive.silence).toBe(1500)
  })

  test('is none while nothing is watched', async () => {
    const { clock, peer, keepalive } = setUp()
    await clock.advance(5000)
    expect(keepalive.silence).toBe(0)
    peer.busy = false
    keepalive.wake()
    await clock.advance(5000)
    expect(keepalive.silence).toBe(0)
  })
})
