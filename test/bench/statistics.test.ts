import { describe, expect, test } from 'vitest'
import { parseStat } from '../../bench/busy.ts'
import { growthBetween } from '../../bench/gauge.ts'
import { LatencyHistogram } from '../../bench/histogram.ts'
import { parseCoreList } from '../../bench/pinning.ts'
import { latency } from '../../bench/report/charts.ts'
import { linearScale, logScale, tickLabel } from '../../bench/report/scales.ts'
import { median, pairedRatio, quantile, significant, spread } from '../../bench/statistics.ts'

describe('statistics', () => {
  test('the median is the middle one, or between the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
  })

  test('quantiles are linear between neighbours', () => {
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20)
    expect(quantile([0, 10], 0.9)).toBe(9)
    expect(spread([10, 20, 30, 40, 50])).toBeCloseTo(2 / 3)
  })

  test('a paired ratio forgives a bad minute of both', () => {
    // The machine was ten times slower in the last two rounds; the clients differ by a factor of two throughout.
    expect(pairedRatio([200, 200, 200, 20, 20], [100, 100, 100, 10, 10])).toBe(2)
    // Of two medians it would be 200 to 10.
    expect(pairedRatio([200, 200, 200, 20, null], [null, 100, null, 10, 10])).toBe(2)
    expect(pairedRatio([1], [null])).toBeNaN()
    expect(pairedRatio([1], [0])).toBeNaN()
  })

  test('significant digits', () => {
    expect(significant(1.23456)).toBe(1.23)
    expect(significant(123456)).toBe(123000)
  })
})

describe('a latency histogram', () => {
  test('knows percentiles to two percent', () => {
    const histogram = new LatencyHistogram()
    for (let ms = 1; ms <= 1000; ms++) histogram.record(ms)
    expect(histogram.percentile(0.5)).toBeGreaterThan(500 * 0.978)
    expect(histogram.percentile(0.5)).toBeLessThan(500 * 1.022)
    expect(histogram.percentile(0.99)).toBeGreaterThan(990 * 0.978)
    expect(histogram.percentile(0.99)).toBeLessThan(990 * 1.022)
  })

  test('takes what is beyond its ends, and knows nothing of nothing', () => {
    const histogram = new LatencyHistogram()
    expect(histogram.percentile(0.5)).toBeNull()
    histogram.record(0)
    expect(histogram.percentile(0.5)).toBeLessThan(0.002)
    histogram.record(1e9)
    expect(histogram.percentile(1)).toBeGreaterThan(100_000)
  })
})

describe('what the system tells', () => {
  test('a list of cores', () => {
    expect(parseCoreList('0-2,5')).toEqual([0, 1, 2, 5])
    expect(parseCoreList('3')).toEqual([3])
    expect(parseCoreList('')).toEqual([])
  })

  test('the CPU time of a process whose name is a nuisance', () => {
    const fields = ['R', ...Array.from({ length: 10 }, () => '0'), '7', '5', '0', '0']
    expect(parseStat(`42 (a) b (c) ${fields.join(' ')}`)).toBe(120_000)
  })

  test('what was allocated, from the heap around each collection', () => {
    const at = (usedHeapSize: number) => ({ heapStatistics: { usedHeapSize } }) as never
    const collections = [
      { beforeGC: at(150), afterGC: at(20) },
      { beforeGC: at(90), afterGC: at(30) },
    ]
    expect(growthBetween(collections, 100, 45)).toBe(50 + 70 + 15)
    expect(growthBetween([], 100, 130)).toBe(30)
  })
})

describe('axes', () => {
  test('end at a round number that holds the greatest value', () => {
    expect(linearScale(142_317).ticks).toEqual([0, 50_000, 100_000, 150_000])
    expect(linearScale(0.9).ticks.map(tickLabel)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1'])
    expect(linearScale(100).at(50)).toBe(0.5)
    expect(linearScale(0).ticks.length).toBeGreaterThan(1)
  })

  test('hold whole decades when logarithmic', () => {
    const scale = logScale(0.24, 183)
    expect(scale.ticks.map(tickLabel)).toEqual(['0.1', '1', '10', '100', '1000'])
    expect(scale.at(10)).toBeCloseTo(0.5)
    expect(logScale(1, 1).ticks).toEqual([1, 10])
  })

  test('say numbers shortly', () => {
    expect([0, 2500, 10_000, 150_000, 2_000_000].map(tickLabel)).toEqual(['0', '2500', '10k', '150k', '2M'])
    expect([0.244, 6.39, 38, 813.4, 4828].map(latency)).toEqual(['0.24', '6.4', '38', '813', '4,828'])
  })
})
