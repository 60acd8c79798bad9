import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** µs: what a histogram counts in. */
const PER_MS = 1000
const LONGEST = 3600 * 1000 * PER_MS

/** How a duration is distributed; ms. Within 0.1 %. */
export interface LatencyStats {
  /** How many were measured. */
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Durations in a histogram of Node's own: some 50 ns for each. */
export class Latency {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST, figures: 3 })

  /** ms. */
  record(duration: number): void {
    this.#histogram.record(Math.min(LONGEST, Math.max(1, Math.round(duration * PER_MS))))
  }

  /** Null before the first. */
  stats(): LatencyStats | null {
    const { count } = this.#histogram
    return count === 0 ? null : { count, ...distribution(this.#histogram, PER_MS) }
  }
}

/** `unit`: how many of the histogram's make a ms. */
export function distribution(
  histogram: Pick<RecordableHistogram, 'min' | 'max' | 'mean' | 'percentile'>,
  unit: number,
): Omit<LatencyStats, 'count'> {
  const at = (percentile: number): number => histogram.percentile(percentile) / unit
  return {
    min: histogram.min / unit,
    mean: histogram.mean / unit,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.max / unit,
  }
}
