import { describe, expect, test } from 'vitest'
import { CountWindow, TimeWindow } from '../../../src/control/call-window.ts'
import { Random } from '../fakes/random.ts'

describe('a window of calls', () => {
  test('holds the last ones', () => {
    const window = new CountWindow(3)
    expect(window.totals()).toEqual({ calls: 0, failed: 0, slow: 0 })
    window.record(true, true)
    window.record(true, false)
    expect(window.totals()).toEqual({ calls: 2, failed: 2, slow: 1 })
    window.record(false, false)
    window.record(false, true)
    expect(window.totals()).toEqual({ calls: 3, failed: 1, slow: 1 })
  })

  test('counts what a list would', () => {
    const random = new Random(11)
    const window = new CountWindow(7)
    const all: [failed: boolean, slow: boolean][] = []
    for (let call = 0; call < 100; call += 1) {
      const marks: [boolean, boolean] = [random.next() < 0.3, random.next() < 0.3]
      all.push(marks)
      window.record(...marks)
      const last = all.slice(-7)
      expect(window.totals()).toEqual({
        calls: last.length,
        failed: last.filter(([failed]) => failed).length,
        slow: last.filter(([, slow]) => slow).length,
      })
    }
  })
})

describe('a window of time', () => {
  test('forgets by tenths, and all of it after its span', () => {
    const window = new TimeWindow(1000)
    window.record(true, false, 0)
    window.record(false, true, 950)
    expect(window.totals(999)).toEqual({ calls: 2, failed: 1, slow: 1 })
    expect(window.totals(1000)).toEqual({ calls: 1, failed: 0, slow: 1 })
    expect(window.totals(1950)).toEqual({ calls: 0, failed: 0, slow: 0 })
  })

  test('takes any number of calls, and its places again', () => {
    const window = new TimeWindow(1000)
    for (let call = 0; call < 5000; call += 1) window.record(call % 2 === 0, false, call)
    const { calls, failed } = window.totals(4999)
    expect(calls).toBe(1000)
    expect(failed).toBe(500)
  })

  test('does so before time zero as well', () => {
    const window = new TimeWindow(100)
    window.record(true, false, -55)
    expect(window.totals(-50)).toEqual({ calls: 1, failed: 1, slow: 0 })
  })
})
