/**
 * Things that begin and end, by id, within a number and a weight. When there are too many, those that ended first are
 * forgotten, and only then those that began first: what still hangs is worth most to see.
 */
export class Ledger<Item> {
  dropped = 0
  readonly #limit: number
  readonly #maxWeight: number
  readonly #onDropped: (item: Item) => void
  readonly #open = new Map<number, Entry<Item>>()
  readonly #ended = new Map<number, Entry<Item>>()
  #weight = 0

  constructor(
    limit: number,
    maxWeight: number = Number.POSITIVE_INFINITY,
    onDropped: (item: Item) => void = () => {},
  ) {
    this.#limit = limit
    this.#maxWeight = maxWeight
    this.#onDropped = onDropped
  }

  get(id: number): Item | undefined {
    return (this.#open.get(id) ?? this.#ended.get(id))?.item
  }

  add(id: number, item: Item, weight = 0): void {
    this.#open.set(id, { item, weight })
    this.#weight += weight
    this.#makeRoom()
  }

  /** What it takes has changed by so much. */
  weigh(id: number, weight: number): void {
    const entry = this.#open.get(id) ?? this.#ended.get(id)
    if (entry === undefined) return
    entry.weight += weight
    this.#weight += weight
    this.#makeRoom()
  }

  end(id: number): void {
    const entry = this.#open.get(id)
    if (entry === undefined) return
    this.#open.delete(id)
    this.#ended.set(id, entry)
  }

  items(): Item[] {
    return [...this.#ended.values(), ...this.#open.values()].map(({ item }) => item)
  }

  #makeRoom(): void {
    while (this.#open.size + this.#ended.size > this.#limit || this.#weight > this.#maxWeight) {
      const from = this.#ended.size > 0 ? this.#ended : this.#open
      const [first] = from
      if (first === undefined) return
      const [id, { item, weight }] = first
      from.delete(id)
      this.#weight -= weight
      this.dropped += 1
      this.#onDropped(item)
    }
  }
}

interface Entry<Item> {
  readonly item: Item
  weight: number
}
