/** The newest of what was put in, as many as fit. Forgets the oldest, and counts. */
export class Ring<Item> {
  dropped = 0
  readonly #limit: number
  #items: Item[] = []
  /** Where the oldest is, once it is full. */
  #oldest = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(item: Item): void {
    if (this.#items.length < this.#limit) {
      this.#items.push(item)
      return
    }
    this.dropped += 1
    if (this.#limit === 0) return
    this.#items[this.#oldest] = item
    this.#oldest = (this.#oldest + 1) % this.#limit
  }

  /** Oldest first. */
  items(): Item[] {
    return [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)]
  }

  /** The newest for which `test` holds, if it is among the last `depth`. */
  findLast(test: (item: Item) => boolean, depth = Number.POSITIVE_INFINITY): Item | undefined {
    const count = Math.min(depth, this.#items.length)
    for (let back = 1; back <= count; back += 1) {
      const item = this.#items.at((this.#oldest - back) % this.#items.length)
      if (item !== undefined && test(item)) return item
    }
    return undefined
  }
}
