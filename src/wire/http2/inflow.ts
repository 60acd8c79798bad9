import { ConnectionFault } from './connection-fault.ts'
import { DEFAULT_WINDOW_SIZE, ErrorCode } from './frame-types.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Http2Options } from './options.ts'
import type { Pings } from './pings.ts'
import { isCreditDue, ReceiveWindow } from './receive-window.ts'
import type { Stream } from './stream.ts'
import type { StreamTable } from './stream-table.ts'
import { WindowGrowth } from './window-growth.ts'

/** With more streams than this there is no telling which one will need a large window from its start. */
const FEW_STREAMS = 4

/**
 * Flow control of what we receive, at both levels (RFC 9113 section 5.2): takes account of what comes, and gives
 * credit for what was consumed.
 */
export class Inflow {
  readonly #writer: FrameWriter
  readonly #pings: Pings
  readonly #streams: StreamTable
  readonly #initial: number
  readonly #connection: ReceiveWindow
  readonly #growth: WindowGrowth
  /** The peer acknowledged our SETTINGS, and so SETTINGS_INITIAL_WINDOW_SIZE. */
  acknowledged = false

  constructor(writer: FrameWriter, pings: Pings, streams: StreamTable, options: Http2Options) {
    const { initialWindowSize, connectionWindowSize } = options
    this.#writer = writer
    this.#pings = pings
    this.#streams = streams
    this.#initial = initialWindowSize
    this.#connection = new ReceiveWindow(connectionWindowSize)
    this.#growth = new WindowGrowth(initialWindowSize, connectionWindowSize)
  }

  /** What the peer may still send on the whole connection, bytes. */
  get available(): number {
    return this.#connection.available
  }

  /** How often credit was lent because unread responses held all of it. */
  get stalls(): number {
    return this.#connection.stalls
  }

  /** Raises the window of the connection from what RFC 9113 section 6.9.2 makes it at first. */
  open(): void {
    const missing = this.#connection.available - DEFAULT_WINDOW_SIZE
    if (missing > 0) this.#writer.windowUpdate(0, missing)
  }

  /** What the peer may send on a new stream. Until it knows our SETTINGS it goes by the default. */
  get streamWindow(): number {
    return this.acknowledged ? this.#initial : Math.max(this.#initial, DEFAULT_WINDOW_SIZE)
  }

  /**
   * The HEADERS of `stream` were written. On a path that has earned larger windows it begins with one, which saves the
   * round trip of growing into it; with no more than half of what the connection has left, though, lest an unread
   * response leave nothing to the others.
   */
  opened(stream: Stream): void {
    const window = Math.min(this.#growth.target, this.#connection.available >> 1)
    const more = window - stream.windowSize
    if (more < stream.windowSize || this.#streams.size > FEW_STREAMS) return
    stream.windowSize = window
    stream.available += more
    this.#writer.windowUpdate(stream.streamId, more)
  }

  /**
   * A DATA frame came, `length` with its padding; `stream` is undefined when it is for none that is open.
   * @returns false when the stream's window did not allow it.
   * @throws ConnectionFault when the connection's window did not.
   */
  take(stream: Stream | undefined, length: number): boolean {
    if (!this.#connection.take(length)) {
      throw new ConnectionFault(
        ErrorCode.FLOW_CONTROL_ERROR,
        'it sent more than the window of the connection allows (RFC 9113 section 6.9)',
      )
    }
    if (stream === undefined) {
      this.#consumeOnConnection(length)
      return true
    }
    stream.available -= length
    if (this.#growth.saw(length, stream.received) && !this.#pings.isFull) this.#measure()
    if (stream.available >= 0) return true
    this.#consumeOnConnection(length)
    return false
  }

  /** Bytes of a stream that its reader has, or that nobody will read. */
  consume(stream: Stream, length: number): void {
    this.#consumeOnConnection(length)
    if (stream.isSettled) return
    stream.consumed += length
    stream.taken += length
    if (isCreditDue(stream.consumed, stream.available) || this.#hasOutgrown(stream))
      this.#creditStream(stream)
  }

  /**
   * The path has earned it a larger window, and its reader has taken all of the present one. Not before: the start of a
   * body always goes fast, into the queues of a reader who may never come.
   */
  #hasOutgrown(stream: Stream): boolean {
    return stream.windowSize < this.#growth.target && stream.taken >= stream.windowSize
  }

  /** Somebody waits for data who did not before: it must not be in vain. */
  relieve(): void {
    this.#consumeOnConnection(0)
  }

  #consumeOnConnection(length: number): void {
    const connection = this.#connection
    connection.consume(length)
    const credit = connection.credit(connection.isStarved && this.#isAnyoneReading())
    if (credit > 0) this.#writer.windowUpdate(0, credit)
  }

  #isAnyoneReading(): boolean {
    return this.#streams.all().some((stream) => stream.isReading)
  }

  /** What was consumed, and what the window has grown by since; nothing if the rest of the body fits without. */
  #creditStream(stream: Stream): void {
    if (stream.fits) return
    const grown = this.#hasOutgrown(stream) ? this.#growth.target : stream.windowSize
    const credit = stream.consumed + grown - stream.windowSize
    // RFC 9113 section 6.9: an increment of 0 is an error.
    if (credit === 0) return
    stream.windowSize = grown
    stream.consumed = 0
    stream.available += credit
    this.#writer.windowUpdate(stream.streamId, credit)
  }

  #measure(): void {
    this.#growth.begin()
    this.#pings.send(
      () => this.#onMeasured(),
      () => {},
    )
    this.#writer.ping(false, this.#pings.payload, 0)
  }

  /** Those who keep pace get the larger window at once. */
  #onMeasured(): void {
    if (!this.#growth.end()) return
    for (const stream of this.#streams.all())
      if (stream.isReading && stream.received > stream.windowSize / 4 && !stream.fits)
        this.#creditStream(stream)
  }
}
