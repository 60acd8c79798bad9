import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('FakeClock', () => {
  test('is a Clock', () => {
    const clock: Clock = new FakeClock(5)
    expect(clock.now()).toBe(5)
  })

  test('runs due timers in order of time, then of making, each at its own time', async () => {
    const clock = new FakeClock()
    const ran: string[] = []
    const note = (name: string) => () => ran.push(`${name}@${clock.now()}`)
    clock.setTimeout(note('c'), 30)
    clock.setTimeout(note('a'), 10)
    clock.setTimeout(note('b'), 10)
    clock.setTimeout(note('late'), 31)
    await clock.advance(30)
    expect(ran).toEqual(['a@10', 'b@10', 'c@30'])
    expect(clock.now()).toBe(30)
    expect(clock.pending).toBe(1)
    expect(clock.dueIn).toEqual([1])
  })

  test('runs timers that timers set, and what they leave in microtasks and nextTick', async () => {
    const clock = new FakeClock()
    const ran: string[] = []
    clock.setTimeout(() => {
      process.nextTick(() => ran.push('tick'))
      void Promise.resolve().then(async () => {
        await null
        await null
        clock.setTimeout(() => ran.push(`inner@${clock.now()}`), 5)
      })
    }, 10)
    clock.setTimeout(() => ran.push('outer'), 12)
    await clock.advance(100)
    expect(ran).toEqual(['tick', 'outer', 'inner@15'])
  })

  test('cancels', async () => {
    const clock = new FakeClock()
    const timer = clock.setTimeout(() => expect.unreachable(), 1, true)
    expect(clock.pendingRefs).toBe(1)
    timer.cancel()
    timer.cancel()
    await clock.advance(10)
    expect(clock.pending).toBe(0)
  })

  test('goes to the next timer, whenever that is', async () => {
    const clock = new FakeClock()
    let ran = false
    clock.setTimeout(() => {
      ran = true
    }, 86_400_000)
    expect(await clock.next()).toBe(true)
    expect(ran).toBe(true)
    expect(await clock.next()).toBe(false)
  })

  test('jumps as a machine that slept: timers run late, not in between', async () => {
    const clock = new FakeClock()
    const ran: number[] = []
    clock.setTimeout(() => ran.push(clock.now()), 10)
    clock.jump(1000)
    expect(ran).toEqual([])
    await clock.advance(0)
    expect(ran).toEqual([1000])
  })
})
