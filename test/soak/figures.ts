/** What a run counts, in constant memory: a soak must not look like a leak itself. */

/** Latencies: buckets that grow by a twentieth, from a hundredth of a millisecond. */
export class Latencies {
  readonly #buckets = new Uint32Array(400)
  #count = 0
  max = 0

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, 0.01) / 0.01) / Math.log(1.05))
    this.#buckets[Math.min(bucket, this.#buckets.length - 1)]! += 1
    this.#count += 1
    this.max = Math.max(this.max, ms)
  }

  /** ms; at most a twentieth above the true value. */
  percentile(share: number): number {
    let left = share * this.#count
    for (let bucket = 0; bucket < this.#buckets.length; bucket += 1) {
      left -= this.#buckets[bucket]!
      if (left <= 0) return Math.min(0.01 * 1.05 ** bucket, this.max)
    }
    return this.max
  }
}

const MOST_TEXTS = 20

export class Figures {
  readonly latencies = new Latencies()
  /** By code, for errors that a caller has to expect. */
  readonly errors: Record<string, number> = {}
  /** Aborts and timeouts that were asked for. */
  readonly givenUp: Record<string, number> = {}
  /** Errors without a code of ours, and ends that were not asked for: each is a bug. */
  readonly untyped: string[] = []
  requests = 0
  ok = 0
  http1 = 0
  posts = 0
  /** By the retry policy. */
  retries = 0
  /** Requests that were put on more than one connection. */
  replayed = 0
  /** Never settled. */
  lost = 0
  /** Bodies that were taken for whole and were not, by length and by content. */
  truncated = 0
  corrupt = 0
  /** What was wrong with those bodies, for whoever looks into it. */
  readonly wrongBodies: string[] = []
  /** The first message of each code. */
  readonly messages: Record<string, string> = {}
  /** Failures that a replay would have mended, of requests that could still be replayed. */
  readonly surfaced: string[] = []
  /** Ids of POST requests that failed as not processed. */
  readonly unprocessed: number[] = []
  readonly #inFlight = new Map<number, number>()

  begin(id: number): void {
    this.requests += 1
    this.#inFlight.set(id, performance.now())
  }

  settle(id: number): void {
    const startedAt = this.#inFlight.get(id)
    if (startedAt === undefined) return
    this.#inFlight.delete(id)
    this.latencies.add(performance.now() - startedAt)
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Ids that have been open for longer than `ms`. */
  overdue(ms: number): number[] {
    const before = performance.now() - ms
    return [...this.#inFlight].filter(([, startedAt]) => startedAt < before).map(([id]) => id)
  }

  forget(id: number): void {
    this.#inFlight.delete(id)
  }

  get failed(): number {
    return Object.values(this.errors).reduce((sum, count) => sum + count, 0)
  }

  error(code: string, message: string): void {
    this.errors[code] = (this.errors[code] ?? 0) + 1
    this.messages[code] ??= message
  }

  wrongBody(kind: 'truncated' | 'corrupt', what: string): void {
    this[kind] += 1
    if (this.wrongBodies.length < MOST_TEXTS) this.wrongBodies.push(`${kind}: ${what}`)
  }

  gaveUp(why: string): void {
    this.givenUp[why] = (this.givenUp[why] ?? 0) + 1
  }

  shouldHaveReplayed(what: string): void {
    if (this.surfaced.length < MOST_TEXTS) this.surfaced.push(what)
  }

  strange(what: string): void {
    if (this.untyped.length < MOST_TEXTS) this.untyped.push(what)
  }
}
