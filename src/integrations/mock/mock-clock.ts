import { setImmediate } from 'node:timers'
import type { Clock, Timer } from '../../core/clock.ts'

interface Entry {
  readonly due: number
  readonly run: () => void
}

/** Time that moves when a test says so. */
export class MockClock implements Clock {
  #now = 0
  readonly #entries = new Set<Entry>()

  now(): number {
    return this.#now
  }

  setTimeout(run: () => void, ms: number): Timer {
    const entry = { due: this.#now + ms, run }
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  /** Delays that have not passed. */
  get pending(): number {
    return this.#entries.size
  }

  /** Moves on by so many ms, and lets what is due then happen, one after the other. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await turn()
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#entries.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.run()
      await turn()
    }
    this.#now = until
  }

  #next(until: number): Entry | undefined {
    return [...this.#entries].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0]
  }
}

/** Promises settle, one after the other. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
