import type { FrameWriter } from './frame-writer.ts'
import type { Pings } from './pings.ts'

/**
 * A stream that we reset counts as open for the peer until it has read our RST_STREAM; a new one in its place would be
 * one too many, and be refused (RFC 9113 section 5.1.2). So where the limit is near, reset streams keep their slots
 * until a PING behind them was answered. Not a PING for each: some servers take many for an attack.
 */
export class ResetSlots {
  readonly #writer: FrameWriter
  readonly #pings: Pings
  readonly #onFreed: () => void
  /** Behind which no PING went out yet. */
  #fresh = 0
  /** Behind which one did. */
  #asked = 0

  constructor(writer: FrameWriter, pings: Pings, onFreed: () => void) {
    this.#writer = writer
    this.#pings = pings
    this.#onFreed = onFreed
  }

  /** Slots that are not free yet. */
  get taken(): number {
    return this.#fresh + this.#asked
  }

  add(): void {
    this.#fresh += 1
  }

  /** Somebody may need them. */
  reclaim(): void {
    if (this.#fresh === 0 || this.#asked > 0 || this.#pings.isFull) return
    this.#asked = this.#fresh
    this.#fresh = 0
    this.#pings.send(
      () => this.#onAnswer(),
      () => {},
    )
    this.#writer.ping(false, this.#pings.payload, 0)
  }

  #onAnswer(): void {
    this.#asked = 0
    this.#onFreed()
  }
}
