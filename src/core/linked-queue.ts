/** An entry of a `LinkedQueue`; hold it to remove the entry from the middle. */
export interface Entry<T> {
  readonly value: T
  /** The place in the order of arrival that the queue's owner keeps. */
  readonly order: number
  /** Of RFC 9218, where the owner keeps a queue for each. */
  readonly urgency: number
  /** @internal */
  previous: Entry<T> | null
  /** @internal */
  next: Entry<T> | null
  /** @internal */
  queued: boolean
}

/** First in, first out, with removal from the middle; every operation is O(1). */
export class LinkedQueue<T> {
  #head: Entry<T> | null = null
  #tail: Entry<T> | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The order of the entry at the head; Infinity for an empty queue. */
  get firstOrder(): number {
    return this.#head?.order ?? Number.POSITIVE_INFINITY
  }

  push(value: T, order = 0, urgency = 0): Entry<T> {
    const entry: Entry<T> = { value, order, urgency, previous: this.#tail, next: null, queued: true }
    if (this.#tail === null) this.#head = entry
    else this.#tail.next = entry
    this.#tail = entry
    this.#size += 1
    return entry
  }

  shift(): T | undefined {
    const head = this.#head
    if (head === null) return undefined
    this.remove(head)
    return head.value
  }

  /** Removes the entry; harmless when it has left already. */
  remove(entry: Entry<T>): boolean {
    if (!entry.queued) return false
    if (entry.previous === null) this.#head = entry.next
    else entry.previous.next = entry.next
    if (entry.next === null) this.#tail = entry.previous
    else entry.next.previous = entry.previous
    entry.queued = false
    entry.previous = null
    entry.next = null
    this.#size -= 1
    return true
  }
}
