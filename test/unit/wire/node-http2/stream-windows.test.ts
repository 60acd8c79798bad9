import { describe, expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK } from '../../../../src/core/body-queue.ts'
import { type Holder, StreamWindows } from '../../../../src/wire/node-http2/stream-windows.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const MIB = 1024 * 1024
const SMALLEST = 128 * 1024
const BULK = 256 * 1024

function setUp(initial = MIB, budget = 64 * MIB) {
  const clock = new FakeClock()
  const windows = new StreamWindows(initial, budget, clock)
  const streams = new Set<Holder>()
  const announced: number[] = []
  return {
    clock,
    windows,
    streams,
    announced,
    open() {
      if (windows.beforeOpen()) announced.push(windows.size)
      const stream = { mayHold: 0 }
      windows.opened(stream)
      streams.add(stream)
      return stream
    },
    close(stream: Holder) {
      windows.closed(stream)
      streams.delete(stream)
    },
    /** A response receives `bytes` in `ms`. */
    async receive(bytes: number, ms: number) {
      const sample = windows.sample(BULK)
      if (sample === null) throw new Error('no sample')
      await clock.advance(ms)
      if (windows.saw(bytes, sample, streams)) announced.push(windows.size)
    },
    get mayHold() {
      return [...streams].reduce((sum, { mayHold }) => sum + mayHold, 0)
    },
  }
}

describe('before a stream is opened', () => {
  test('the size stays as long as the budget has room', () => {
    const { open, announced, windows } = setUp()
    for (let count = 0; count < 40; count += 1) open()
    expect(announced).toEqual([])
    expect(windows.size).toBe(MIB)
  })

  test('it shrinks when the budget runs out, in few steps, and not below the smallest', () => {
    const world = setUp()
    for (let count = 0; count < 100; count += 1) world.open()
    expect(world.announced).toEqual([MIB / 2, MIB / 4, SMALLEST])
    const without = 100 * (SMALLEST + BODY_HIGH_WATER_MARK)
    expect(world.mayHold).toBeLessThanOrEqual(64 * MIB + without)
  })

  test('eight streams never hold more than the budget, whatever the windows were before', async () => {
    const world = setUp()
    world.windows.learn(50)
    const first = world.open()
    await world.receive(MIB, 10)
    await world.receive(8 * MIB, 10)
    expect(world.windows.size).toBe(32 * MIB)
    world.close(first)
    for (let count = 0; count < 8; count += 1) world.open()
    expect(world.mayHold).toBeLessThanOrEqual(64 * MIB)
  })

  test('once no stream is open it goes back to where it began, though not often', async () => {
    const { clock, windows, open, close, announced } = setUp()
    const streams = Array.from({ length: 100 }, open)
    for (const stream of streams) close(stream)
    close(open())
    expect(windows.size).toBe(SMALLEST)
    await clock.advance(1000)
    open()
    expect(announced.at(-1)).toBe(MIB)
  })

  test('a size that the user made small stays', () => {
    const { open, announced } = setUp(65_535, 65_535)
    for (let count = 0; count < 10; count += 1) open()
    expect(announced).toEqual([])
  })
})

describe('a large response', () => {
  test('that fills half its window within a round trip lets windows grow eightfold, to half of the budget', async () => {
    const world = setUp()
    world.windows.learn(50)
    world.windows.learn(80)
    world.open()
    for (let count = 0; count < 4; count += 1) await world.receive(32 * MIB, 50)
    expect(world.announced).toEqual([8 * MIB, 32 * MIB])
    expect(world.mayHold).toBe(32 * MIB + BODY_HIGH_WATER_MARK)
  })

  test('that takes longer for it is held up by something else', async () => {
    const world = setUp()
    world.windows.learn(50)
    world.open()
    await world.receive(16 * MIB, 51)
    expect(world.announced).toEqual([])
  })

  test('counts all that comes within the round trip', async () => {
    const { clock, windows, open, streams } = setUp()
    windows.learn(50)
    open()
    const sample = windows.sample(BULK)
    if (sample === null) throw new Error('no sample')
    expect(windows.saw(MIB / 4, sample, streams)).toBe(false)
    await clock.advance(40)
    expect(windows.saw(MIB / 4, sample, streams)).toBe(true)
  })

  test('grows no further than the budget allows for all that are open', async () => {
    const world = setUp()
    world.windows.learn(50)
    for (let count = 0; count < 8; count += 1) world.open()
    await world.receive(16 * MIB, 10)
    await world.receive(16 * MIB, 10)
    expect(world.windows.size).toBe(4 * MIB)
    expect(world.mayHold).toBeLessThanOrEqual(64 * MIB)
  })

  test('is one only from some size on', () => {
    const { windows } = setUp()
    expect(windows.sample(BULK - 1)).toBeNull()
  })
})
