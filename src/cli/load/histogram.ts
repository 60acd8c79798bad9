/** Values below this many have a counter each; above it neighbours are 0.1 % apart at most. */
const EXACT = 2048
const HALF = EXACT / 2
const HALF_BITS = 10
/** us; 35 minutes. What is longer counts as that. */
const LARGEST = 2 ** 31 - 1
const BUCKETS = EXACT + (31 - HALF_BITS - 1) * HALF

/** A histogram as JSON: nothing of it is lost, so that those of several machines add up to what one would have seen. */
export interface HistogramData {
  readonly unit: 'us'
  readonly significantDigits: 3
  readonly count: number
  /** us, as they were; null when empty. */
  readonly min: number | null
  readonly max: number | null
  readonly sum: number
  /** Bucket, count, bucket, count, in order, without the empty ones. */
  readonly buckets: readonly number[]
}

/** Latencies to three significant digits in fixed memory, after Gil Tene's HDR histogram. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#count
  }

  /** @param ms a duration; below 0 is 0. */
  record(ms: number): void {
    const value = Math.min(Math.max(Math.round(ms * 1000), 0), LARGEST)
    this.#counts[bucketOf(value)]! += 1
    this.#count += 1
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  get min(): number | null {
    return this.#count === 0 ? null : this.#min / 1000
  }

  get max(): number | null {
    return this.#count === 0 ? null : this.#max / 1000
  }

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count / 1000
  }

  get deviation(): number | null {
    const { mean } = this
    if (mean === null) return null
    let squares = 0
    for (const [low, high, count] of this.slots()) squares += count * ((low + high) / 2 - mean) ** 2
    return Math.sqrt(squares / this.#count)
  }

  /** ms that this share of the values do not exceed; null when nothing was recorded. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null
    let left = Math.min(this.#count, Math.max(1, Math.ceil(this.#count * share)))
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] as number
      // Nothing is told that is more than what was measured.
      if (left <= 0) return Math.min(endOf(bucket), this.#max) / 1000
    }
    return this.#max / 1000
  }

  /** The buckets that are not empty: from, to (both inclusive, ms) and how many. */
  *slots(): Generator<readonly [low: number, high: number, count: number]> {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] as number
      if (count > 0) yield [startOf(bucket) / 1000, endOf(bucket) / 1000, count]
    }
  }

  add(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket]! += other.#counts[bucket] as number
    }
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  toJSON(): HistogramData {
    const buckets: number[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] as number
      if (count > 0) buckets.push(bucket, count)
    }
    const empty = this.#count === 0
    return {
      unit: 'us',
      significantDigits: 3,
      count: this.#count,
      min: empty ? null : this.#min,
      max: empty ? null : this.#max,
      sum: this.#sum,
      buckets,
    }
  }

  /** @throws Error if it is no histogram of this kind, or does not agree with itself. */
  static from(data: HistogramData): Histogram {
    const { unit, significantDigits, count, min, max, sum, buckets } = data ?? {}
    if (unit !== 'us' || significantDigits !== 3 || !Array.isArray(buckets) || buckets.length % 2 !== 0) {
      throw new Error('a histogram is of another kind')
    }
    const made = new Histogram()
    for (let index = 0; index < buckets.length; index += 2) {
      const [bucket, times] = [buckets[index], buckets[index + 1]] as [number, number]
      if (!isCount(bucket) || bucket >= BUCKETS || !isCount(times)) {
        throw new Error('a histogram has a bucket that cannot be')
      }
      made.#counts[bucket]! += times
      made.#count += times
    }
    if (made.#count !== count || !Number.isFinite(sum)) throw new Error('a histogram does not add up')
    made.#sum = sum
    made.#min = min ?? Number.POSITIVE_INFINITY
    made.#max = max ?? 0
    return made
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** @param value us, at most LARGEST. */
function bucketOf(value: number): number {
  if (value < EXACT) return value
  const shift = 31 - Math.clz32(value) - HALF_BITS
  return EXACT + (shift - 1) * HALF + ((value >>> shift) - HALF)
}

function startOf(bucket: number): number {
  if (bucket < EXACT) return bucket
  const shift = Math.floor((bucket - EXACT) / HALF) + 1
  return (((bucket - EXACT) % HALF) + HALF) * 2 ** shift
}

function endOf(bucket: number): number {
  return bucket + 1 < BUCKETS ? startOf(bucket + 1) - 1 : LARGEST
}
