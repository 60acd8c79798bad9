/** The search of one target, in a thread of its own: see run.ts, which watches over it. */
import { parentPort, workerData } from 'node:worker_threads'
import { Random } from '../../unit/fakes/random.ts'
import { readCorpus } from './corpus.ts'
import { counterCount, counters, instrument } from './coverage.ts'
import { mutated } from './mutations.ts'
import type { TargetName } from './targets.ts'

export interface SearchOptions {
  readonly target: TargetName
  readonly inputs: number
  readonly seed: number
  /** [0]: inputs so far, [1]: length of the present one; and its bytes. */
  readonly pulse: Int32Array
  readonly present: Uint8Array
}

export interface Progress {
  readonly inputs: number
  readonly covered: number
  readonly branches: number
  readonly corpus: number
  /** Messages of errors, with an input that brings each about. */
  readonly findings: readonly { readonly message: string; readonly input: string }[]
  /** ms. */
  readonly slowest: number
  /** Bytes. */
  readonly heap: number
  /** At the end: the smallest inputs that cover what all of them cover. */
  readonly kept?: readonly Uint8Array[]
}

const MOST_FINDINGS = 20
const REPORT_EVERY = 50_000

/** Passes as AFL tells them apart: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
function bucketOf(count: number): number {
  if (count < 4) return 1 << (count - 1)
  if (count < 8) return 8
  if (count < 16) return 16
  if (count < 32) return 32
  return count < 128 ? 64 : 128
}
const BUCKETS = Uint8Array.from({ length: 256 }, (_, count) => (count === 0 ? 0 : bucketOf(count)))

class Search {
  readonly #options: SearchOptions
  readonly #run: (input: Uint8Array) => void
  readonly #random: Random
  readonly #seen = new Uint8Array(counters.length)
  readonly #corpus: Uint8Array[] = []
  readonly #findings = new Map<string, string>()
  readonly #branches: number
  #inputs = 0
  #slowest = 0

  constructor(options: SearchOptions, run: (input: Uint8Array) => void) {
    this.#options = options
    this.#run = run
    this.#random = new Random(options.seed)
    this.#branches = counterCount()
  }

  async go(): Promise<Progress> {
    this.#corpus.push(new Uint8Array(0))
    for (const input of readCorpus(this.#options.target)) this.#try(input)
    while (this.#inputs < this.#options.inputs && this.#findings.size < MOST_FINDINGS) {
      this.#try(mutated(this.#random, this.#pick(), this.#pick()))
      // Promises of the session get their turn, and the report its way.
      if (this.#inputs % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (this.#inputs % REPORT_EVERY === 0) parentPort?.postMessage(this.#progress())
    }
    return { ...this.#progress(), kept: this.#smallest() }
  }

  /** The latest half of the time: what was new last is most likely to lead on. */
  #pick(): Uint8Array {
    const { length } = this.#corpus
    const from = this.#random.chance(0.5) ? Math.max(0, length - 50) : 0
    return this.#corpus[from + this.#random.below(length - from)] as Uint8Array
  }

  #try(input: Uint8Array): void {
    const { pulse, present } = this.#options
    present.set(input)
    pulse[1] = input.length
    counters.fill(0, 0, this.#branches)
    const start = performance.now()
    const error = this.#attempt(input)
    this.#slowest = Math.max(this.#slowest, performance.now() - start)
    this.#inputs += 1
    Atomics.store(pulse, 0, this.#inputs)
    if (error !== null)
      this.#findings.set(error, this.#findings.get(error) ?? Buffer.from(input).toString('hex'))
    else if (this.#isNew(this.#seen)) this.#corpus.push(Uint8Array.from(input))
  }

  #attempt(input: Uint8Array): string | null {
    try {
      this.#run(input)
      return null
    } catch (error) {
      return (error as Error).message.replace(/\d+/g, 'N').slice(0, 600)
    }
  }

  #isNew(seen: Uint8Array): boolean {
    let isNew = false
    for (let at = 0; at < this.#branches; at += 1) {
      const bucket = BUCKETS[counters[at] as number] as number
      if ((bucket & ~(seen[at] as number)) === 0) continue
      seen[at] = (seen[at] as number) | bucket
      isNew = true
    }
    return isNew
  }

  #smallest(): Uint8Array[] {
    const seen = new Uint8Array(counters.length)
    return this.#corpus
      .toSorted((a, b) => a.length - b.length)
      .filter((input) => {
        counters.fill(0)
        return this.#attempt(input) === null && this.#isNew(seen)
      })
  }

  #progress(): Progress {
    globalThis.gc?.()
    return {
      inputs: this.#inputs,
      covered: this.#seen.subarray(0, this.#branches).reduce((sum, one) => sum + (one > 0 ? 1 : 0), 0),
      branches: this.#branches,
      corpus: this.#corpus.length,
      findings: [...this.#findings].map(([message, input]) => ({ message, input })),
      slowest: this.#slowest,
      heap: process.memoryUsage().heapUsed,
    }
  }
}

// Errors are made by the million; a finding is run once more to see where it came from.
Error.stackTraceLimit = 0
const options = workerData as SearchOptions
instrument()
const { TARGETS } = await import('./targets.ts')
parentPort?.postMessage(await new Search(options, TARGETS[options.target]).go())
