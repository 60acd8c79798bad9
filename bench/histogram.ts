/** Buckets in each doubling: neighbours are 2.2 % apart. */
const PER_OCTAVE = 32
/** From 1 us to 134 s. */
const OCTAVES = 27

/** Latencies of a round, in logarithmic buckets: to record one takes a few ns and no memory. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(PER_OCTAVE * OCTAVES)
  #total = 0

  /** @param ms a duration. */
  record(ms: number): void {
    const bucket = Math.floor(Math.log2(ms * 1000) * PER_OCTAVE)
    this.#counts[Math.min(Math.max(bucket, 0), this.#counts.length - 1)]! += 1
    this.#total += 1
  }

  /** ms below which this share of the latencies lie, at the middle of its bucket; null when nothing was recorded. */
  percentile(share: number): number | null {
    if (this.#total === 0) return null
    let left = Math.max(1, Math.ceil(this.#total * share))
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] as number
      if (left <= 0) return 2 ** ((bucket + 0.5) / PER_OCTAVE) / 1000
    }
    return null
  }
}
