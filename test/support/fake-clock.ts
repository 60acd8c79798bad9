/** Time that moves only when a test says so. It fits the `Clock` of `src/core/clock.ts`. */

export interface FakeTimer {
  cancel(): void
}

interface Entry {
  readonly due: number
  readonly order: number
  readonly ref: boolean
  readonly run: () => void
}

const nextTurn = globalThis.setImmediate

export class FakeClock {
  #now: number
  #order = 0
  readonly #entries = new Set<Entry>()

  constructor(start = 0) {
    this.#now = start
  }

  readonly now = (): number => this.#now

  readonly setTimeout = (run: () => void, ms: number, ref = false): FakeTimer => {
    const entry: Entry = { due: this.#now + Math.max(0, ms), order: this.#order, ref, run }
    this.#order += 1
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#entries.size
  }

  /** Of those, the ones that would keep a process alive. */
  get pendingRefs(): number {
    return [...this.#entries].filter((entry) => entry.ref).length
  }

  /** When each of them is due, from now, soonest first. */
  get dueIn(): number[] {
    return this.#sorted().map((entry) => entry.due - this.#now)
  }

  /**
   * Moves time forward. Due timers run in order of their time, then of their making, each at its own time and
   * with all microtasks and `process.nextTick` callbacks run after it; timers they set run too when due.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    await this.flush()
    for (;;) {
      const next = this.#sorted()[0]
      if (next === undefined || next.due > target) break
      this.#now = Math.max(this.#now, next.due)
      this.#entries.delete(next)
      next.run()
      await this.flush()
    }
    this.#now = target
  }

  /** Advances to the next timer and runs it, whenever it is due; false when there is none. */
  async next(): Promise<boolean> {
    const next = this.#sorted()[0]
    if (next === undefined) return false
    await this.advance(Math.max(0, next.due - this.#now))
    return true
  }

  /** The machine slept: time moves, and no timer runs before the next `advance`. */
  jump(ms: number): void {
    this.#now += ms
  }

  /** Lets everything that is ready run. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => nextTurn(resolve))
  }

  #sorted(): Entry[] {
    return [...this.#entries].sort((a, b) => a.due - b.due || a.order - b.order)
  }
}
