import { type Entry, LinkedQueue } from './linked-queue.ts'
import { URGENCIES } from './priority.ts'

/** A queue by urgency (RFC 9218): the lowest number first, and first come first served among equals. All is O(1). */
export class UrgencyQueue<T> {
  readonly #queues: readonly LinkedQueue<T>[] = Array.from({ length: URGENCIES }, () => new LinkedQueue<T>())
  #size = 0

  get size(): number {
    return this.#size
  }

  /** `order`: the place in the order of arrival, if the owner keeps one; it only ever grows. */
  push(value: T, urgency: number, order = 0): Entry<T> {
    this.#size += 1
    return (this.#queues[urgency] as LinkedQueue<T>).push(value, order, urgency)
  }

  /** Whoever is first, of those who arrived no later than `arrivedBy`. */
  shift(arrivedBy = Number.POSITIVE_INFINITY): T | undefined {
    for (const queue of this.#queues) {
      if (queue.size === 0 || queue.firstOrder > arrivedBy) continue
      this.#size -= 1
      return queue.shift()
    }
    return undefined
  }

  /** Removes the entry; harmless when it has left already. */
  remove(entry: Entry<T>): void {
    if ((this.#queues[entry.urgency] as LinkedQueue<T>).remove(entry)) this.#size -= 1
  }
}
