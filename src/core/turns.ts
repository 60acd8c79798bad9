import { setImmediate } from 'node:timers'

/** How long one piece of work may hold the event loop before others have their turn, ms. */
const SLICE = 2

/**
 * Takes turns on the event loop: of all long computations in the process one goes on in each round of the loop, for
 * a slice of it. Twenty at once so hold it up no longer than one does.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #now: () => number
  readonly #defer: (run: () => void) => void

  constructor(now: () => number, defer: (run: () => void) => void) {
    this.#now = now
    this.#defer = defer
  }

  /** Resolves when it is our turn, to the end of it, a time of the clock. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.#now() + SLICE))
      if (this.#waiting.length === 1) this.#defer(this.#serve)
    })
  }

  /** Whether the turn that ends at `until` is over. */
  over(until: number): boolean {
    return this.#now() >= until
  }

  /** Gives what `steps` gives, and computes it in turns. A step should take well below a slice. */
  async *run<T>(steps: Iterable<T>): AsyncGenerator<T, void, undefined> {
    let until = Number.NEGATIVE_INFINITY
    const iterator = steps[Symbol.iterator]()
    for (;;) {
      if (this.over(until)) until = await this.next()
      const step = iterator.next()
      if (step.done === true) return
      yield step.value
    }
  }

  readonly #serve = (): void => {
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) this.#defer(this.#serve)
  }
}

/** Those of the process: there is one event loop to share. */
export const loopTurns = new Turns(
  () => performance.now(),
  (run) => setImmediate(run),
)
