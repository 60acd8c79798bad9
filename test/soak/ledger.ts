/** The server's books: which request was processed how often, and what was done to the client. */

const MOST_TEXTS = 20

export class Ledger {
  readonly faults: Record<string, number> = {}
  readonly violations: string[] = []
  readonly errors: string[] = []
  requests = 0
  corruptUploads = 0
  violationCount = 0
  maxConcurrentSeen = 0
  readonly #seen = new Counts()
  readonly #processed = new Counts()
  readonly #unsafe = new Set<number>()

  /** Notes that a request came; returns how often it had come before. */
  arrived(id: number): number {
    this.requests += 1
    return this.#seen.add(id)
  }

  /** The request is being acted on: from here on a second time would be one too many, unless it is idempotent. */
  processed(id: number, method: string): void {
    if (this.#processed.add(id) > 0 && method === 'POST') this.#unsafe.add(id)
  }

  wasProcessed(id: number): boolean {
    return this.#processed.of(id) > 0
  }

  get duplicated(): number {
    return this.#unsafe.size
  }

  played(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1
  }

  violated(texts: readonly string[]): void {
    this.violationCount += texts.length
    this.violations.push(...texts.slice(0, MOST_TEXTS - this.violations.length))
  }

  failed(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    if (this.errors.length < MOST_TEXTS) this.errors.push(text)
  }
}

/** A small count per id, a byte each: ids are dense. */
class Counts {
  #bytes = new Uint8Array(1 << 16)

  /** Returns the count before. */
  add(id: number): number {
    if (id >= this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, id + 1))
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    const before = this.of(id)
    if (before < 255) this.#bytes[id] = before + 1
    return before
  }

  of(id: number): number {
    return this.#bytes[id] ?? 0
  }
}
