/** What a bag may hold. In one bag at a time. */
export interface Bagged {
  /** Its place in the bag, which alone writes it; -1 outside. */
  place: number
}

/**
 * A set of what comes and goes with every request, in no order. A `Set` would do, but it is rebuilt as its size goes up
 * and down, each old table leads to the next one, and what died in it outlives many collections.
 */
export class Bag<T extends Bagged> {
  /** Without gaps: the last one takes the place of one that leaves. */
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  at(place: number): T | undefined {
    return this.#items[place]
  }

  /** Whether it is new here. */
  add(item: T): boolean {
    if (item.place >= 0) return false
    item.place = this.#items.push(item) - 1
    return true
  }

  /** Whether it was here. */
  delete(item: T): boolean {
    const { place } = item
    if (place < 0) return false
    item.place = -1
    const last = this.#items.pop() as T
    if (last === item) return true
    this.#items[place] = last
    last.place = place
    return true
  }

  clear(): void {
    for (const item of this.#items) item.place = -1
    this.#items.length = 0
  }

  /** Those of now: what comes or goes meanwhile changes nothing. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.slice().values()
  }
}
