import { describe, expect, test } from 'vitest'
import { PingProbe, type ProbeOutcome } from '../../../src/pool/ping-probe.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const ping = Promise.withResolvers<number>()
  const peer = { bytes: 0 }
  const probe = new PingProbe(clock, { bytesReceived: () => peer.bytes, ping: () => ping.promise })
  const outcomes: ProbeOutcome[] = []
  probe.outcome.then((outcome) => outcomes.push(outcome))
  return { clock, ping, peer, probe, outcomes }
}

describe('PingProbe', () => {
  test('is alive when the answer comes, with its round-trip time', async () => {
    const { clock, ping, probe, outcomes } = setUp()
    probe.within(100)
    await clock.advance(99)
    ping.resolve(99)
    await clock.advance(1000)
    expect(outcomes).toEqual([{ alive: true, roundTrip: 99 }])
    expect(clock.pending).toBe(0)
  })

  test('is dead at the deadline when nothing came', async () => {
    const { clock, probe, outcomes } = setUp()
    probe.within(100)
    await clock.advance(99)
    expect(outcomes).toEqual([])
    await clock.advance(1)
    expect(outcomes).toEqual([{ alive: false, silentMs: 100, cause: null }])
  })

  test('waits for ever when nobody set a deadline', async () => {
    const { clock, outcomes } = setUp()
    await clock.advance(1_000_000)
    expect(outcomes).toEqual([])
    expect(clock.pending).toBe(0)
  })

  test('is dead at once when the PING cannot be sent, with the cause', async () => {
    const { clock, ping, probe, outcomes } = setUp()
    const cause = new Error('closed')
    probe.within(100)
    await clock.advance(10)
    ping.reject(cause)
    await clock.flush()
    expect(outcomes).toEqual([{ alive: false, silentMs: 10, cause }])
    expect(clock.pending).toBe(0)
  })

  test('other bytes are no answer, but put the deadline off, each time', async () => {
    const { clock, peer, ping, probe, outcomes } = setUp()
    probe.within(100)
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(99)
      peer.bytes += 1
      await clock.advance(1)
    }
    expect(outcomes).toEqual([])
    ping.resolve(500)
    await clock.flush()
    expect(outcomes).toEqual([{ alive: true, roundTrip: 500 }])
  })

  test('when the bytes stop and the answer does not come it is dead after all', async () => {
    const { clock, peer, probe, outcomes } = setUp()
    probe.within(100)
    await clock.advance(50)
    peer.bytes += 1
    await clock.advance(149)
    expect(outcomes).toEqual([])
    await clock.advance(1)
    expect(outcomes).toEqual([{ alive: false, silentMs: 100, cause: null }])
  })

  test.each([
    [[1000, 100], 100],
    [[100, 1000], 100],
    [[100, 100], 100],
  ])('of the deadlines %j the shortest holds', async (deadlines, due) => {
    const { clock, probe, outcomes } = setUp()
    for (const deadline of deadlines) probe.within(deadline)
    await clock.advance(due - 1)
    expect(outcomes).toEqual([])
    await clock.advance(1)
    expect(outcomes.length).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('a shorter deadline that comes when its time is over already is over at once', async () => {
    const { clock, probe, outcomes } = setUp()
    probe.within(1000)
    await clock.advance(500)
    probe.within(100)
    await clock.advance(0)
    expect(outcomes).toEqual([{ alive: false, silentMs: 500, cause: null }])
  })

  test('giving up is dead, and the first outcome counts', async () => {
    const { clock, ping, probe, outcomes } = setUp()
    probe.within(100)
    probe.giveUp(null)
    ping.resolve(1)
    await clock.advance(1000)
    expect(outcomes).toEqual([{ alive: false, silentMs: 0, cause: null }])
    expect(clock.pending).toBe(0)
  })
})
