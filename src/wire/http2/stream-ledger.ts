import type { FrameWriter } from './frame-writer.ts'
import type { Pings } from './pings.ts'
import { ResetSlots } from './reset-slots.ts'
import type { PeerSettings } from './settings.ts'
import type { Stream } from './stream.ts'
import { StreamTable } from './stream-table.ts'

/** Which streams there are, and how many more there may be. */
export class StreamLedger {
  readonly table = new StreamTable()
  /** Exchanges that have begun and not ended. */
  exchanges = 0
  readonly #peer: PeerSettings
  readonly #most: number
  readonly #resets: ResetSlots
  /** Over for the protocol, while their readers have not taken everything yet. */
  readonly #lingering = new Set<Stream>()

  /** `most`: streams at once, whatever the peer allows. `onFreed`: slots are free that were not. */
  constructor(peer: PeerSettings, most: number, writer: FrameWriter, pings: Pings, onFreed: () => void) {
    this.#peer = peer
    this.#most = most
    this.#resets = new ResetSlots(writer, pings, onFreed)
  }

  /** Streams that may be opened now. */
  get slots(): number {
    // Before SETTINGS the limit is not known. The first request need not wait for it (that would cost a round
    // trip); more than one might be refused (RFC 9113 section 5.1.2).
    const limit = this.#peer.known ? this.#peer.maxConcurrentStreams : 1
    const { size } = this.table
    return Math.max(0, Math.min(limit - size - this.#resets.taken, this.#most - size))
  }

  /** Every stream that has not ended, in a list of its own. */
  all(): Stream[] {
    return [...this.#lingering, ...this.table.all()]
  }

  opened(stream: Stream): void {
    this.table.add(stream)
    this.exchanges += 1
    this.reclaim()
  }

  /** We reset it. */
  reset(stream: Stream): void {
    this.table.noteReset(stream.streamId)
    this.table.remove(stream)
    this.#resets.add()
    this.reclaim()
  }

  /** Its response has come whole; if nobody has read all of it, it is not forgotten yet. */
  ended(stream: Stream): void {
    if (!stream.isSettled && stream.isOver) this.#lingering.add(stream)
  }

  /** Its exchange has ended. */
  settled(stream: Stream): void {
    this.exchanges -= 1
    this.#lingering.delete(stream)
  }

  /** Slots of streams that were reset are needed. */
  reclaim(): void {
    const { taken } = this.#resets
    if (taken > 0 && this.table.size + taken >= this.#peer.maxConcurrentStreams) this.#resets.reclaim()
  }
}
