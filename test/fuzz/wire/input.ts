/** The bytes of one fuzzing input, read as decisions. What is missing at the end reads as 0. */
export class Input {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  uint16(): number {
    return this.byte() * 256 + this.byte()
  }

  pick<T>(items: readonly T[]): T {
    return items[this.byte() % items.length] as T
  }

  /** The next bytes, `most` at most; a copy, since what is given to a session belongs to it. */
  take(most: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#at, this.#at + most))
    this.#at += most
    return taken
  }
}
