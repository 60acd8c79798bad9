import { Bag, type Bagged } from './bag.ts'
import type { Clock, Timer } from './clock.ts'

/** Something with deadlines, looked at now and then. */
export interface Swept extends Bagged {
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
  readonly #tasks = new Bag<Swept>()
  #timer: Timer | null = null
  /** ms between two looks now; shorter than usual while there is a task that wants it so. */
  #current: number

  constructor(clock: Clock, period: number) {
    this.#clock = clock
    this.#period = period
    this.#current = period
  }

  /** `period`: ms in which this task has to be looked at, if that is less than usual. */
  add(task: Swept, period = this.#period): void {
    if (!this.#tasks.add(task)) return
    if (period < this.#current) {
      this.#current = period
      this.#timer?.cancel()
      this.#timer = null
    }
    if (this.#timer === null) this.#arm()
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

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), this.#current)
  }

  #sweep(): void {
    this.#timer = null
    const now = this.#clock.now()
    for (let place = 0; place < this.#tasks.size; ) {
      const task = this.#tasks.at(place) as Swept
      task.check(now)
      // Another one may have come to this place. One that moved to an earlier place is looked at the next time.
      if (this.#tasks.at(place) === task) place += 1
    }
    if (this.#tasks.size === 0) this.#current = this.#period
    else if (this.#timer === null) this.#arm()
  }
}
