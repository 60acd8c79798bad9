/** RFC 7541 section 4.1: what an entry counts beside its name and value, bytes. */
export const ENTRY_OVERHEAD = 32

/** RFC 9113 section 6.5.2: the size of the dynamic table until SETTINGS say otherwise, bytes. */
export const DEFAULT_TABLE_SIZE = 4096

const FIRST_CAPACITY = 16

/**
 * The dynamic table of RFC 7541 section 2.3.2, as a ring: the newest entry has index 0, the oldest are evicted
 * when the size is above its maximum. Names and values are latin1 text, so a character is an octet.
 */
export class DynamicTable {
  /** Changes whenever what an index means may have changed. */
  generation = 0
  /** Entries. */
  length = 0
  /** RFC 7541 section 4.1, bytes. */
  size = 0
  /** Bytes. */
  maxSize: number
  /** Entries added ever: the newest has this number, and each keeps its own while it lives. */
  newest = 0
  #names: string[] = new Array(FIRST_CAPACITY).fill('')
  #values: string[] = new Array(FIRST_CAPACITY).fill('')
  /** Capacity - 1; the capacity is a power of two. */
  #mask = FIRST_CAPACITY - 1
  /** Where the next entry goes. */
  #next = 0

  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  /** `index` must be below `length`. */
  nameAt(index: number): string {
    return this.#names[(this.#next - 1 - index) & this.#mask] as string
  }

  /** `index` must be below `length`. */
  valueAt(index: number): string {
    return this.#values[(this.#next - 1 - index) & this.#mask] as string
  }

  /** Puts an entry first. One larger than the table leaves it empty (RFC 7541 section 4.4). */
  add(name: string, value: string): void {
    const size = name.length + value.length + ENTRY_OVERHEAD
    this.#evictTo(this.maxSize - size)
    if (size > this.maxSize) return
    if (this.length > this.#mask) this.#grow()
    this.#names[this.#next] = name
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) & this.#mask
    this.length += 1
    this.newest += 1
    this.size += size
    this.generation += 1
  }

  clear(): void {
    this.#evictTo(0)
  }

  /** RFC 7541 section 4.3. */
  resize(maxSize: number): void {
    if (maxSize === this.maxSize) return
    this.maxSize = maxSize
    this.generation += 1
    this.#evictTo(maxSize)
  }

  #evictTo(size: number): void {
    if (this.length === 0 || this.size <= size) return
    this.generation += 1
    while (this.length > 0 && this.size > size) {
      const oldest = (this.#next - this.length) & this.#mask
      this.size -= (this.#names[oldest] as string).length + (this.#values[oldest] as string).length
      this.size -= ENTRY_OVERHEAD
      this.#names[oldest] = ''
      this.#values[oldest] = ''
      this.length -= 1
    }
  }

  #grow(): void {
    const names = new Array<string>(2 * this.length).fill('')
    const values = new Array<string>(2 * this.length).fill('')
    for (let index = 0; index < this.length; index += 1) {
      names[this.length - 1 - index] = this.nameAt(index)
      values[this.length - 1 - index] = this.valueAt(index)
    }
    this.#names = names
    this.#values = values
    this.#mask = names.length - 1
    this.#next = this.length
  }
}
