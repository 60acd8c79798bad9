import { expect, test } from 'vitest'
import { Latency } from '../../../src/discovery/latency.ts'

test('nothing is known before the first answer', () => {
  expect(new Latency().at(0)).toBeNull()
})

test('a peak counts at once, and what is faster only little by little', () => {
  const latency = new Latency()
  latency.observe(10, 0)
  latency.observe(100, 1)
  expect(latency.at(1)).toBe(100)
  latency.observe(10, 101)
  expect(latency.at(101)).toBeGreaterThan(98)
  for (let now = 102; now < 30_000; now += 100) latency.observe(10, now)
  expect(latency.at(30_000)).toBeLessThan(15)
  expect(latency.at(30_000)).toBeGreaterThan(9)
})

test('it fades without news', () => {
  const latency = new Latency()
  latency.observe(1000, 0)
  expect(latency.at(10_000)).toBeCloseTo(1000 / Math.E, 5)
  expect(latency.at(200_000)).toBeLessThan(0.001)
  latency.observe(5, 200_000)
  expect(latency.at(200_000)).toBe(5)
})
