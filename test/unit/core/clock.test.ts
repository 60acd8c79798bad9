import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'

// The clock runs on Node's timers, whatever the globals are: for the test those that it can move.
vi.mock('node:timers', () => ({
  setTimeout: (run: () => void, ms: number) => globalThis.setTimeout(run, ms),
  clearTimeout: (timer: NodeJS.Timeout) => globalThis.clearTimeout(timer),
}))

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('runs once after the time, and not when cancelled', () => {
    const run = vi.fn()
    const cancelled = vi.fn()
    systemClock.setTimeout(run, 10)
    systemClock.setTimeout(cancelled, 10).cancel()
    vi.advanceTimersByTime(9)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    expect(run).toHaveBeenCalledTimes(1)
    expect(cancelled).not.toHaveBeenCalled()
  })

  test.each([2 ** 31, Number.POSITIVE_INFINITY])('a delay of %d is not taken for 1 ms', (delay) => {
    const run = vi.fn()
    systemClock.setTimeout(run, delay)
    vi.advanceTimersByTime(1000)
    expect(run).not.toHaveBeenCalled()
  })

  test('keeps the process alive only when asked to', () => {
    vi.useRealTimers()
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const unreferenced = systemClock.setTimeout(() => {}, 60_000)
    expect(timers()).toBe(before)
    const referenced = systemClock.setTimeout(() => {}, 60_000, true)
    expect(timers()).toBe(before + 1)
    referenced.cancel()
    unreferenced.cancel()
    expect(timers()).toBe(before)
  })
})
