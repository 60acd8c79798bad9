import type { Clock, Timer } from './clock.ts'

/** Something with deadlines, looked at now and then. */
export interface Swept {
  /** `now`: ms of the clock. May add to and delete from the sweeper. */
  check(now: number): void
}

/**
 * One timer for the deadlines of all requests: it looks at each of them every `period` ms while there are any. Ten
 * thousand requests in flight then cost one timer, and a deadline fires at most a period late.
 */
export class Sweeper {
  readonly #clock: Clock
  readonly #period: number
  readonly #tasks = new Set<Swept>()
  #timer: Timer | null = null

  constructor(clock: Clock, period: number) {
    this.#clock = clock
    this.#period = period
  }

  add(task: Swept): void {
    this.#tasks.add(task)
    this.#timer ??= this.#clock.setTimeout(() => this.#sweep(), this.#period)
  }

  delete(task: Swept): void {
    this.#tasks.delete(task)
  }

  /** Leaves nothing behind; tasks that are still in it are looked at no more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#tasks.clear()
  }

  #sweep(): void {
    this.#timer = null
    const now = this.#clock.now()
    for (const task of this.#tasks) task.check(now)
    if (this.#tasks.size > 0) this.#timer ??= this.#clock.setTimeout(() => this.#sweep(), this.#period)
  }
}
