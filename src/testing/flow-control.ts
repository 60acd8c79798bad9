/** Both sides' windows (RFC 9113 sections 5.2 and 6.9): what the peer may send, and what the client may. */
import { DEFAULT_WINDOW_SIZE } from './frame-types.ts'

interface Windows {
  send: number
  receive: number
}

export class FlowControl {
  readonly #streams = new Map<number, Windows>()
  readonly #connection: Windows = { send: DEFAULT_WINDOW_SIZE, receive: DEFAULT_WINDOW_SIZE }
  #initialSend = DEFAULT_WINDOW_SIZE
  #initialReceive = DEFAULT_WINDOW_SIZE
  #waiters: (() => void)[] = []
  #ended = false

  /** What may be sent now on a stream, or on the connection with stream 0; negative when over-sent. */
  sendWindow(streamId: number): number {
    return this.#windows(streamId).send
  }

  /** What the client may still send. */
  receiveWindow(streamId: number): number {
    return this.#windows(streamId).receive
  }

  /** The client's SETTINGS_INITIAL_WINDOW_SIZE: open streams move by the difference (RFC 9113 section 6.9.2). */
  setInitialSendWindow(size: number): void {
    const difference = size - this.#initialSend
    this.#initialSend = size
    for (const windows of this.#streams.values()) windows.send += difference
    this.#wake()
  }

  /** Our own SETTINGS_INITIAL_WINDOW_SIZE, once the client acknowledged it. */
  setInitialReceiveWindow(size: number): void {
    const difference = size - this.#initialReceive
    this.#initialReceive = size
    for (const windows of this.#streams.values()) windows.receive += difference
  }

  sent(streamId: number, length: number): void {
    this.#connection.send -= length
    this.#windows(streamId).send -= length
  }

  /** The client sent WINDOW_UPDATE. */
  creditReceived(streamId: number, increment: number): void {
    this.#windows(streamId).send += increment
    this.#wake()
  }

  /** The client sent DATA; says which window it overran. */
  received(streamId: number, length: number): 'stream' | 'connection' | null {
    const windows = this.#windows(streamId)
    windows.receive -= length
    this.#connection.receive -= length
    if (this.#connection.receive < 0) return 'connection'
    return windows.receive < 0 ? 'stream' : null
  }

  /** We sent WINDOW_UPDATE. */
  creditSent(streamId: number, increment: number): void {
    this.#windows(streamId).receive += increment
  }

  open(streamId: number): void {
    this.#windows(streamId)
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** How much may be sent on the stream now; waits until it is something. 0 when the connection ended. */
  async credit(streamId: number, wanted: number, stopped: () => boolean): Promise<number> {
    for (;;) {
      if (this.#ended || stopped()) return 0
      const room = Math.min(this.#connection.send, this.sendWindow(streamId), wanted)
      if (room > 0) return room
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  #windows(streamId: number): Windows {
    if (streamId === 0) return this.#connection
    const known = this.#streams.get(streamId)
    if (known !== undefined) return known
    const fresh = { send: this.#initialSend, receive: this.#initialReceive }
    this.#streams.set(streamId, fresh)
    return fresh
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
