import type { Clock, Timer } from '../../core/clock.ts'

/** A signal that is aborted with another one, and by deadlines of its own. */
export class Gate {
  readonly #clock: Clock
  readonly #outer: AbortSignal
  readonly #controller = new AbortController()
  readonly #timers = new Set<Timer>()
  readonly #onAbort: () => void

  constructor(clock: Clock, outer: AbortSignal) {
    this.#clock = clock
    this.#outer = outer
    this.#onAbort = () => this.#controller.abort(outer.reason)
    if (outer.aborted) this.#onAbort()
    else outer.addEventListener('abort', this.#onAbort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Aborts after `ms` with what `reason` makes then. Returns what calls it off. */
  limit(ms: number, reason: () => unknown): () => void {
    if (ms === Number.POSITIVE_INFINITY) return () => {}
    const timer = this.#clock.setTimeout(() => this.#controller.abort(reason()), ms, true)
    this.#timers.add(timer)
    return () => {
      timer.cancel()
      this.#timers.delete(timer)
    }
  }

  /** All is done: nothing is aborted any more. */
  close(): void {
    this.#outer.removeEventListener('abort', this.#onAbort)
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
