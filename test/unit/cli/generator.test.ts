import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { generate, type Pace } from '../../../src/cli/load/generator.ts'
import type { Outcome } from '../../../src/cli/load/tally.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const PACE: Pace = {
  concurrency: 1,
  count: Number.POSITIVE_INFINITY,
  duration: Number.POSITIVE_INFINITY,
  rate: null,
  offset: 0,
}
const OUTCOME: Outcome = { status: 200, protocol: 'h2', connectionId: 1, bytes: 10 }

/** A server that takes so long for each request, by its number. */
function server(takes: (number: number) => number) {
  let number = 0
  return () => {
    const ms = takes(number)
    number += 1
    return new Promise<Outcome>((resolve) => setTimeout(() => resolve(OUTCOME), ms))
  }
}

test('without a rate so many are always under way', async () => {
  let most = 0
  let now = 0
  const run = generate(
    async () => {
      now += 1
      most = Math.max(most, now)
      await new Promise((resolve) => setTimeout(resolve, 10))
      now -= 1
      return OUTCOME
    },
    { ...PACE, concurrency: 4, count: 40 },
  )
  await vi.advanceTimersByTimeAsync(200)
  await run.over
  expect(most).toBe(4)
  expect(run.tally).toMatchObject({ sent: 40, completed: 40, bytes: 400 })
  // 40 of 10 ms, four at once.
  expect(run.tally.endedAt - run.tally.startedAt).toBeCloseTo(100, 0)
})

test('a pause of the server counts for all whose time came meanwhile', async () => {
  // A request each 10 ms, of 1 ms; the one at 100 ms takes a second.
  const run = generate(
    server((number) => (number === 10 ? 1000 : 1)),
    { ...PACE, rate: 100, duration: 2000 },
  )
  await vi.advanceTimersByTimeAsync(4000)
  await run.over
  const { latency, service } = run.tally
  // To those who only look at what was sent, one request was slow.
  expect(service.percentile(0.99)).toBeLessThan(5)
  expect(service.max).toBeGreaterThan(990)
  // But 100 were due in that second, and waited for half of it on average.
  expect(latency.percentile(0.5)).toBeGreaterThan(100)
  expect(latency.percentile(0.9)).toBeGreaterThan(500)
  expect(run.tally.unsent).toBe(0)
})

test('what was due and found no room until the end is told', async () => {
  const run = generate(
    server(() => 100),
    { ...PACE, concurrency: 1, rate: 100, duration: 1000 },
  )
  await vi.advanceTimersByTimeAsync(2000)
  await run.over
  const { sent, unsent } = run.tally
  expect(sent).toBeLessThanOrEqual(11)
  expect(sent + unsent).toBeGreaterThanOrEqual(99)
  expect(sent + unsent).toBeLessThanOrEqual(101)
})

test('parts take turns', async () => {
  const starts: number[] = []
  const send = async () => {
    starts.push(Math.round(performance.now()))
    return OUTCOME
  }
  const from = performance.now()
  const runs = [0, 5].map((offset) =>
    generate(send, { ...PACE, concurrency: 10, rate: 100, count: 3, offset }),
  )
  await vi.advanceTimersByTimeAsync(100)
  await Promise.all(runs.map(({ over }) => over))
  expect(starts.map((at) => at - Math.round(from)).sort((a, b) => a - b)).toEqual([0, 5, 10, 15, 20, 25])
})

test('failures are counted by code, and are no latency', async () => {
  const run = generate(async () => Promise.reject(new TypeError('no')), { ...PACE, count: 3 })
  await vi.advanceTimersByTimeAsync(10)
  await run.over
  expect(run.tally).toMatchObject({ completed: 0, failed: 3, errors: { TypeError: 3 } })
  expect(run.tally.latency.count).toBe(0)
})

test('what is cut off counts for nothing', async () => {
  const run = generate(
    server(() => 1000),
    { ...PACE, concurrency: 5 },
  )
  await vi.advanceTimersByTimeAsync(10)
  run.cut()
  await vi.advanceTimersByTimeAsync(2000)
  await run.over
  expect(run.tally).toMatchObject({ sent: 5, completed: 0, failed: 0 })
})
