import { ConnectionFault } from './connection-fault.ts'
import { ErrorCode, Flag, FRAME_HEADER_SIZE, FrameType } from './frame-types.ts'

/** What the parser tells. Any of these may throw a `ConnectionFault`; nothing is parsed after that. */
export interface FrameSink {
  /** Nothing more is wanted: the connection ended from inside one of the calls below. */
  readonly stopped: boolean
  /** A frame header came; its payload may not have. To refuse it before a byte of it is kept. */
  onFrameHeader(type: number, flags: number, streamId: number, length: number): void
  /** A whole frame that is not DATA: its payload is `bytes` from `start` to `end`, valid during the call only. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void
  /** DATA begins; `length` is that of the whole payload, padding included. */
  onDataBegin(streamId: number, length: number): void
  /** A piece of it without padding, never empty. `bytes` may be kept: nobody writes to it. */
  onData(bytes: Buffer, start: number, end: number): void
  onDataEnd(flags: number): void
}

/** What the next bytes are. */
const Mode = { HEADER: 0, PAYLOAD: 1, PAD_LENGTH: 2, DATA: 3, PADDING: 4 } as const

const EMPTY = Buffer.alloc(0)

/**
 * Bytes to frames (RFC 9113 section 4.1), in place: what is whole in a chunk is not copied, and DATA is handed on
 * piece by piece. Only a header and a frame other than DATA that the end of a chunk cuts in two are kept.
 */
export class FrameParser {
  readonly #sink: FrameSink
  #mode: number = Mode.HEADER
  #type = 0
  #flags = 0
  #streamId = 0
  /** Bytes of the payload that are still to come; of DATA without its padding. */
  #left = 0
  #padding = 0
  /** The start of a frame header or payload that was cut in two. */
  #kept: Buffer = EMPTY
  #keptLength = 0
  readonly #header = Buffer.alloc(FRAME_HEADER_SIZE)

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    const sink = this.#sink
    const end = chunk.length
    let at = 0
    if (this.#mode !== Mode.HEADER || this.#keptLength > 0) at = this.#goOn(chunk)
    while (end - at >= FRAME_HEADER_SIZE && this.#mode === Mode.HEADER && !sink.stopped) {
      this.#begin(chunk, at)
      at += FRAME_HEADER_SIZE
      if (this.#type === FrameType.DATA) at = this.#data(chunk, at)
      else if (end - at >= this.#left) at = this.#whole(chunk, at)
      else {
        this.#keepPayload(chunk, at)
        return
      }
    }
    if (at < end && this.#mode === Mode.HEADER && !sink.stopped) this.#keepHeader(chunk, at)
  }

  #begin(bytes: Buffer, at: number): void {
    const length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
    this.#type = bytes[at + 3] as number
    this.#flags = bytes[at + 4] as number
    // The first bit is reserved and ignored.
    this.#streamId =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number)
    this.#left = length
    this.#sink.onFrameHeader(this.#type, this.#flags, this.#streamId, length)
    if (this.#type === FrameType.DATA) this.#beginData(length)
  }

  #beginData(length: number): void {
    this.#padding = 0
    this.#sink.onDataBegin(this.#streamId, length)
    this.#mode = (this.#flags & Flag.PADDED) !== 0 ? Mode.PAD_LENGTH : Mode.DATA
    if (this.#mode === Mode.PAD_LENGTH && length === 0) throw badPadding('6.1')
  }

  #whole(bytes: Buffer, at: number): number {
    const end = at + this.#left
    this.#sink.onFrame(this.#type, this.#flags, this.#streamId, bytes, at, end)
    return end
  }

  /** Takes what there is of a DATA frame; returns where it stopped. */
  #data(chunk: Buffer, from: number): number {
    let at = from
    if (this.#mode === Mode.PAD_LENGTH) {
      if (at === chunk.length) return at
      this.#readPadLength(chunk[at] as number)
      at += 1
    }
    if (this.#mode === Mode.DATA) {
      const end = Math.min(at + this.#left, chunk.length)
      this.#left -= end - at
      if (end > at) this.#sink.onData(chunk, at, end)
      if (this.#left > 0 || this.#sink.stopped) return end
      this.#mode = Mode.PADDING
      at = end
    }
    return this.#skipPadding(chunk, at)
  }

  #skipPadding(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#padding, chunk.length)
    this.#padding -= end - at
    if (this.#padding > 0) return end
    this.#mode = Mode.HEADER
    this.#sink.onDataEnd(this.#flags)
    return end
  }

  /** RFC 9113 section 6.1: padding as long as the payload or longer is a connection error. */
  #readPadLength(padding: number): void {
    if (padding >= this.#left) throw badPadding('6.1')
    this.#left -= padding + 1
    this.#padding = padding
    this.#mode = Mode.DATA
  }

  /** Goes on with what the last chunk cut in two; returns where it stopped. */
  #goOn(chunk: Buffer): number {
    if (this.#mode === Mode.HEADER) return this.#goOnWithHeader(chunk)
    return this.#mode === Mode.PAYLOAD ? this.#goOnWithPayload(chunk, 0) : this.#data(chunk, 0)
  }

  #goOnWithHeader(chunk: Buffer): number {
    const missing = FRAME_HEADER_SIZE - this.#keptLength
    const taken = Math.min(missing, chunk.length)
    chunk.copy(this.#header, this.#keptLength, 0, taken)
    this.#keptLength += taken
    if (taken < missing) return taken
    this.#keptLength = 0
    this.#begin(this.#header, 0)
    if (this.#type === FrameType.DATA) return this.#data(chunk, taken)
    if (chunk.length - taken >= this.#left) return this.#whole(chunk, taken)
    this.#keepPayload(chunk, taken)
    return chunk.length
  }

  #goOnWithPayload(chunk: Buffer, from: number): number {
    const taken = Math.min(this.#left - this.#keptLength, chunk.length - from)
    chunk.copy(this.#kept, this.#keptLength, from, from + taken)
    this.#keptLength += taken
    if (this.#keptLength < this.#left) return from + taken
    const payload = this.#kept
    const length = this.#left
    this.#mode = Mode.HEADER
    this.#keptLength = 0
    this.#kept = EMPTY
    this.#sink.onFrame(this.#type, this.#flags, this.#streamId, payload, 0, length)
    return from + taken
  }

  #keepHeader(chunk: Buffer, at: number): void {
    chunk.copy(this.#header, 0, at, chunk.length)
    this.#keptLength = chunk.length - at
  }

  /** The header was accepted, so its length is within SETTINGS_MAX_FRAME_SIZE. */
  #keepPayload(chunk: Buffer, at: number): void {
    this.#mode = Mode.PAYLOAD
    this.#kept = Buffer.allocUnsafe(this.#left)
    this.#keptLength = 0
    this.#goOnWithPayload(chunk, at)
  }
}

export function badPadding(section: string): ConnectionFault {
  return new ConnectionFault(
    ErrorCode.PROTOCOL_ERROR,
    `it sent a frame with more padding than payload (RFC 9113 section ${section})`,
  )
}
