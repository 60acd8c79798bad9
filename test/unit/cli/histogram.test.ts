import { build } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { Histogram, type HistogramData } from '../../../src/cli/load/histogram.ts'

/** Latencies as they come: most short, some long, one very long. Always the same. */
function latencies(count: number, seed = 1): number[] {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return Array.from({ length: count }, () => Math.round(1000 * (0.2 + 3 / (0.003 + next()))) / 1000)
}

const SHARES = [0, 0.1, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1]

test('says what the HDR histogram of others says', () => {
  const ours = new Histogram()
  const theirs = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 31 - 1,
    numberOfSignificantValueDigits: 3,
  })
  for (const ms of latencies(20_000)) {
    ours.record(ms)
    theirs.recordValue(Math.round(ms * 1000))
  }
  for (const share of SHARES.slice(1)) {
    const told = theirs.getValueAtPercentile(share * 100) / 1000
    expect(ours.percentile(share)).toBeCloseTo(Math.min(told, ours.max as number), 9)
  }
  expect(ours.mean).toBeCloseTo(theirs.mean / 1000, 1)
})

test('is within a thousandth of what was recorded', () => {
  const all = latencies(5000).sort((a, b) => a - b)
  const histogram = new Histogram()
  for (const ms of all) histogram.record(ms)
  for (const share of SHARES) {
    const exact = all[Math.max(0, Math.ceil(all.length * share) - 1)] as number
    const told = histogram.percentile(share) as number
    expect(told).toBeGreaterThanOrEqual(exact)
    expect(told / exact).toBeLessThan(1.001)
  }
})

test('those of several machines add up to that of one', () => {
  const [one, two, both] = [new Histogram(), new Histogram(), new Histogram()]
  for (const ms of latencies(3000, 1)) {
    one.record(ms)
    both.record(ms)
  }
  for (const ms of latencies(2000, 2)) {
    two.record(ms)
    both.record(ms)
  }
  const sent = [one, two].map((each) => Histogram.from(JSON.parse(JSON.stringify(each))))
  const merged = new Histogram()
  for (const each of sent) merged.add(each)
  expect(merged.toJSON()).toEqual(both.toJSON())
})

test('an empty one knows nothing, and adds nothing', () => {
  const empty = new Histogram()
  expect([empty.min, empty.max, empty.mean, empty.percentile(0.5)]).toEqual([null, null, null, null])
  const one = new Histogram()
  one.record(5)
  one.add(Histogram.from(empty.toJSON()))
  expect([one.min, one.max, one.count]).toEqual([5, 5, 1])
})

test('takes what is out of range for the nearest that is not', () => {
  const histogram = new Histogram()
  histogram.record(-1)
  histogram.record(1e12)
  expect(histogram.min).toBe(0)
  expect(histogram.max).toBe((2 ** 31 - 1) / 1000)
})

describe('what cannot be is refused', () => {
  const good = (): HistogramData => {
    const histogram = new Histogram()
    histogram.record(1)
    return histogram.toJSON()
  }
  test.each([
    ['another unit', { unit: 'ms' }],
    ['a count that does not add up', { count: 2 }],
    ['a bucket without a count', { buckets: [1] }],
    ['a bucket out of range', { buckets: [1e9, 1] }],
    ['a count below 0', { buckets: [1, -1] }],
    ['a sum that is none', { sum: null }],
  ])('%s', (_, change) => {
    expect(() => Histogram.from({ ...good(), ...change } as HistogramData)).toThrow(/histogram/)
  })
})
