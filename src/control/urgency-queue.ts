import { type Entry, LinkedQueue } from '../core/linked-queue.ts'
import { URGENCIES } from '../core/priority.ts'

/** A queue by urgency (RFC 9218): the lowest number first, and first come first served among equals. All is O(1). */
export class UrgencyQueue<T> {
  readonly #queues: readonly LinkedQueue<T>[] = Array.from({ length: URGENCIES }, () => new LinkedQueue<T>())
  #size = 0

  get size(): number {
    return this.#size
  }

  push(value: T, urgency: number): Entry<T> {
    this.#size += 1
    return (this.#queues[urgency] as LinkedQueue<T>).push(value, urgency)
  }

  shift(): T | undefined {
    for (const queue of this.#queues) {
      const value = queue.shift()
      if (value === undefined) continue
      this.#size -= 1
      return value
    }
    return undefined
  }

  /** Removes the entry; harmless when it has left already. */
  remove(entry: Entry<T>): void {
    if ((this.#queues[entry.order] as LinkedQueue<T>).remove(entry)) this.#size -= 1
  }
}
