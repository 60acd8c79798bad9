import type { Clock, Timer } from './clock.ts'

/** Something with deadlines, looked at now and then. */
export interface Swept {
  /** `now`: ms of the clock. May add to and delete from the sweeper. */
  check(now: number): void
  /** Its place in the sweeper, which alone writes it; -1 outside. */
  sweepIndex: number
}

/**
 * One timer for the deadlines of all requests: it looks at each of them every `period` ms while there are any. Ten
 * thousand requests in flight then cost one timer, and a deadline fires at most a period late.
 */
export class Sweeper {
  readonly #clock: Clock
  readonly #period: number
  /** Without gaps: the last task takes the place of one that leaves. Every request comes here and leaves again. */
  readonly #tasks: Swept[] = []
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
    if (task.sweepIndex >= 0) return
    task.sweepIndex = this.#tasks.push(task) - 1
    if (period < this.#current) {
      this.#current = period
      this.#timer?.cancel()
      this.#timer = null
    }
    if (this.#timer === null) this.#arm()
  }

  delete(task: Swept): void {
    const index = task.sweepIndex
    if (index < 0) return
    task.sweepIndex = -1
    const last = this.#tasks.pop() as Swept
    if (last === task) return
    this.#tasks[index] = last
    last.sweepIndex = index
  }

  /** Leaves nothing behind; tasks that are still in it are looked at no more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    for (const task of this.#tasks) task.sweepIndex = -1
    this.#tasks.length = 0
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), this.#current)
  }

  #sweep(): void {
    this.#timer = null
    const now = this.#clock.now()
    for (let index = 0; index < this.#tasks.length; ) {
      const task = this.#tasks[index] as Swept
      task.check(now)
      // Another one may have come to this place. One that moved to an earlier place is looked at the next time.
      if (this.#tasks[index] === task) index += 1
    }
    if (this.#tasks.length === 0) this.#current = this.#period
    else if (this.#timer === null) this.#arm()
  }
}
