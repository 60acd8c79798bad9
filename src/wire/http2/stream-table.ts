import type { Stream } from './stream.ts'

/** Slots at first, and at most; powers of two. */
const FEWEST_SLOTS = 16
const MOST_SLOTS = 4096

/** Streams that were reset are remembered so long, in numbers. */
const MOST_RESETS = 1000

/**
 * The open streams of a connection by their ids. Ids are handed out in order, so a slot is found by the id's low
 * bits; a stream that is still open when its slot is wanted again moves to a map.
 */
export class StreamTable {
  #slots: (Stream | undefined)[] = new Array(FEWEST_SLOTS).fill(undefined)
  #mask = FEWEST_SLOTS - 1
  readonly #others = new Map<number, Stream>()
  #size = 0
  readonly #reset = new Set<number>()

  get size(): number {
    return this.#size
  }

  get(streamId: number): Stream | undefined {
    const stream = this.#slots[(streamId >>> 1) & this.#mask]
    if (stream !== undefined && stream.streamId === streamId) return stream
    return this.#others.size === 0 ? undefined : this.#others.get(streamId)
  }

  add(stream: Stream): void {
    this.#size += 1
    if (this.#size * 2 > this.#slots.length && this.#slots.length < MOST_SLOTS) this.#grow()
    this.#place(stream)
  }

  remove(stream: Stream): void {
    const index = (stream.streamId >>> 1) & this.#mask
    if (this.#slots[index] === stream) this.#slots[index] = undefined
    else if (!this.#others.delete(stream.streamId)) return
    this.#size -= 1
  }

  /** All of them, in a list of its own: they may go while it is walked. */
  all(): Stream[] {
    const streams = [...this.#others.values()]
    for (const stream of this.#slots) if (stream !== undefined) streams.push(stream)
    return streams
  }

  /** We reset it: what the peer sent before it read that is to be ignored (RFC 9113 section 5.1). */
  noteReset(streamId: number): void {
    this.#reset.add(streamId)
    if (this.#reset.size <= MOST_RESETS) return
    for (const oldest of this.#reset) {
      this.#reset.delete(oldest)
      return
    }
  }

  wasReset(streamId: number): boolean {
    return this.#reset.has(streamId)
  }

  #place(stream: Stream): void {
    const index = (stream.streamId >>> 1) & this.#mask
    const before = this.#slots[index]
    if (before !== undefined) this.#others.set(before.streamId, before)
    this.#slots[index] = stream
  }

  #grow(): void {
    const streams = this.all()
    this.#others.clear()
    this.#slots = new Array(this.#slots.length * 2).fill(undefined)
    this.#mask = this.#slots.length - 1
    for (const stream of streams) this.#place(stream)
  }
}
