import type { Clock } from '../../core/clock.ts'
import { events } from '../../core/events.ts'

/** Tells of the frames of one connection, and of uploads that wait for window, while anybody listens. */
export class WireTrace {
  /** Somebody wants to know of every frame. As of the last `look`: frames are too many to ask at each. */
  tellsFrames = false
  readonly #connectionId: number
  readonly #clock: Clock
  /** Since when each stream waits for window; 0 is the connection. */
  readonly #stalled = new Map<number, number>()

  constructor(connectionId: number, clock: Clock) {
    this.#connectionId = connectionId
    this.#clock = clock
  }

  /** Once for each read and each write. */
  look(): void {
    this.tellsFrames = events.frame.hasSubscribers
  }

  frame(direction: 'in' | 'out', type: number, flags: number, streamId: number, length: number): void {
    events.frame.publish({
      ...{ at: this.#clock.now(), connectionId: this.#connectionId },
      ...{ direction, type, flags, streamId, length },
    })
  }

  /** It has bytes to send, and no window for them. */
  stalled(streamId: number): void {
    if (!events['stall:start'].hasSubscribers && !events['stall:end'].hasSubscribers) return
    if (this.#stalled.has(streamId)) return
    const at = this.#clock.now()
    this.#stalled.set(streamId, at)
    if (events['stall:start'].hasSubscribers) events['stall:start'].publish({ at, ...this.#stall(streamId) })
  }

  /** It sends again, or has no more to send. */
  flows(streamId: number): void {
    if (this.#stalled.size === 0) return
    const since = this.#stalled.get(streamId)
    if (since === undefined) return
    this.#stalled.delete(streamId)
    if (!events['stall:end'].hasSubscribers) return
    const at = this.#clock.now()
    events['stall:end'].publish({ at, ...this.#stall(streamId), duration: at - since })
  }

  /** The connection is over. */
  end(): void {
    for (const streamId of [...this.#stalled.keys()]) this.flows(streamId)
  }

  #stall(streamId: number) {
    return {
      connectionId: this.#connectionId,
      streamId: streamId === 0 ? undefined : streamId,
      direction: 'out' as const,
    }
  }
}
