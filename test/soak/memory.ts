/** Whether memory grows: the heap after a collection, now and then, against the requests made so far. */

export interface MemoryReport {
  /** Bytes per 100,000 requests, by least squares over the samples after the warm-up. */
  readonly slopePer100k: number
  /** Of the slope: twice its standard error. */
  readonly uncertainty: number
  readonly samples: number
  /** There were enough requests, after enough others, to tell a leak from code that is still being compiled. */
  readonly judged: boolean
  readonly heapStart: number
  readonly heapEnd: number
  readonly rssStart: number
  readonly rssEnd: number
  /** Of the resident set, bytes per 100,000 requests. Shown, not judged: the allocator keeps what it once had. */
  readonly rssSlopePer100k: number
}

/** Requests until every path, those of rare faults included, has been compiled for good. */
const SETTLED_AFTER = 50_000
const FEWEST_TO_JUDGE = 50_000

interface Sample {
  readonly requests: number
  readonly heap: number
  readonly rss: number
}

export class MemoryWatch {
  readonly #samples: Sample[] = []
  readonly #requests: () => number
  readonly #timers: NodeJS.Timeout[] = []

  /** `warmUp`: ms that do not count: code is compiled, caches fill. */
  constructor(requests: () => number, warmUp: number, every: number) {
    this.#requests = requests
    this.#timers.push(
      setTimeout(() => {
        this.#sample()
        this.#timers.push(setInterval(() => this.#sample(), every))
      }, warmUp),
    )
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  report(): MemoryReport {
    const settled = this.#samples.filter(({ requests }) => requests >= SETTLED_AFTER)
    const judged = spanOf(settled) >= FEWEST_TO_JUDGE
    const samples = judged ? settled : this.#samples
    const first = samples[0]
    const last = samples.at(-1)
    const { slope, deviation } = line(samples.map(({ requests, heap }) => [requests, heap]))
    return {
      slopePer100k: Math.round(slope * 100_000),
      uncertainty: Math.round(2 * deviation * 100_000),
      samples: samples.length,
      judged,
      heapStart: first?.heap ?? 0,
      heapEnd: last?.heap ?? 0,
      rssStart: first?.rss ?? 0,
      rssEnd: last?.rss ?? 0,
      rssSlopePer100k: Math.round(line(samples.map(({ requests, rss }) => [requests, rss])).slope * 100_000),
    }
  }

  #sample(): void {
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    this.#samples.push({ requests: this.#requests(), heap: heapUsed, rss })
  }
}

function spanOf(samples: readonly Sample[]): number {
  return (samples.at(-1)?.requests ?? 0) - (samples[0]?.requests ?? 0)
}

/** Least squares; `deviation` is the standard error of the slope. */
function line(points: readonly (readonly [x: number, y: number])[]): { slope: number; deviation: number } {
  const count = points.length
  if (count < 3) return { slope: 0, deviation: 0 }
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (spread === 0) return { slope: 0, deviation: 0 }
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const residue = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, deviation: Math.sqrt(residue / (count - 2) / spread) }
}
