/** Seeded randomness: the same parts give the same numbers, in whatever order things happen to run. */

export class Random {
  #state: number

  /** `parts`: a seed and what is being decided, such as the number of a request. */
  constructor(...parts: readonly number[]) {
    this.#state = parts.reduce((hash, part) => mix(hash ^ (part | 0)), 0x9e37_79b9)
  }

  /** At least 0, less than 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)] as Item
  }

  /** One of the names, each as often as its share of 1 says; `rest` for what is left of it. */
  share<Name extends string, Rest extends string>(
    shares: Readonly<Partial<Record<Name, number>>>,
    rest: Rest,
  ): Name | Rest {
    let left = this.next()
    for (const [name, share] of Object.entries(shares) as [Name, number][]) {
      if (left < share) return name
      left -= share
    }
    return rest
  }
}

/** The finalizer of MurmurHash3: neighbouring inputs end up far apart. */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}
