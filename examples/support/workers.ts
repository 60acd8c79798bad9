import type { Handler } from './server.ts'

/** A handler that works on so many requests at once; the others stand in its queue, as in most real servers. */
export class Workers {
  workers: number
  readonly #serviceMs: number
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(workers: number, serviceMs: number) {
    this.workers = workers
    this.#serviceMs = serviceMs
  }

  /** Requests that it has and does not work on. */
  get queued(): number {
    return this.#queue.length
  }

  readonly handler: Handler = (_request, response) => {
    this.#queue.push(() => {
      this.#running += 1
      setTimeout(() => {
        this.#running -= 1
        response.end('done')
        this.#work()
      }, this.#serviceMs)
    })
    this.#work()
  }

  #work(): void {
    while (this.#running < this.workers) {
      const next = this.#queue.shift()
      if (next === undefined) return
      next()
    }
  }
}
