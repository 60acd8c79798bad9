import type { HeaderList } from '../../core/headers.ts'
import { CONNECTION_PREFACE, Flag, FRAME_HEADER_SIZE, FrameType } from './frame-types.ts'
import type { HpackEncoder } from './hpack/encoder.ts'
import { Slab } from './slab.ts'
import type { WireTrace } from './wire-trace.ts'

/** Room for a header block at first; more is made when it is too little. */
const BLOCK_ROOM = 2048

/** A piece of a body up to this size is copied beside its frame header, bytes: that is cheaper than one more write. */
const COPIED_BODY = 4096

const slab = new Slab()

/**
 * The bytes to be sent, in order: frames one behind the other in a slab, with the caller's own bytes of large bodies
 * between them, which are not copied.
 */
export class FrameWriter {
  #pieces: Uint8Array[] = []
  /** Of the piece that is being written. */
  #buffer: Buffer = slab.buffer
  #start = 0
  #end = 0
  #length = 0
  readonly #trace: WireTrace | null

  constructor(trace: WireTrace | null = null) {
    this.#trace = trace
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length
  }

  /** What to send now, to be written in this order. */
  take(): readonly Uint8Array[] {
    this.#close()
    const pieces = this.#pieces
    this.#pieces = []
    this.#length = 0
    return pieces
  }

  /** RFC 9113 section 3.4. SETTINGS must follow. */
  preface(): void {
    const at = this.#room(CONNECTION_PREFACE.length)
    this.#buffer.write(CONNECTION_PREFACE, at, 'latin1')
    this.#wrote(CONNECTION_PREFACE.length)
  }

  /** RFC 9113 section 6.5: identifiers and values by turns. */
  settings(entries: readonly number[]): void {
    let at = this.#frame(FrameType.SETTINGS, 0, 0, (entries.length / 2) * 6)
    for (let index = 0; index < entries.length; index += 2) {
      at = this.#buffer.writeUInt16BE(entries[index] as number, at)
      at = this.#buffer.writeUInt32BE(entries[index + 1] as number, at)
    }
  }

  settingsAck(): void {
    this.#frame(FrameType.SETTINGS, Flag.ACK, 0, 0)
  }

  /** RFC 9113 section 6.7; the 8 octets are copied from `bytes`. */
  ping(ack: boolean, bytes: Uint8Array, start: number): void {
    const at = this.#frame(FrameType.PING, ack ? Flag.ACK : 0, 0, 8)
    for (let index = 0; index < 8; index += 1) this.#buffer[at + index] = bytes[start + index] as number
  }

  /** RFC 9113 section 6.4. */
  rstStream(streamId: number, http2Code: number): void {
    this.#uint32(this.#frame(FrameType.RST_STREAM, 0, streamId, 4), http2Code)
  }

  /** RFC 9113 section 6.9. */
  windowUpdate(streamId: number, increment: number): void {
    this.#uint32(this.#frame(FrameType.WINDOW_UPDATE, 0, streamId, 4), increment)
  }

  /** RFC 9113 section 6.8. No stream of the server's is ever open here, so the last id is 0. */
  goAway(http2Code: number): void {
    const at = this.#frame(FrameType.GOAWAY, 0, 0, 8)
    this.#uint32(at, 0)
    this.#uint32(at + 4, http2Code)
  }

  /** RFC 9218 section 7.1; `value` is ASCII, as in the field `priority`. */
  priorityUpdate(streamId: number, value: string): void {
    const at = this.#frame(FrameType.PRIORITY_UPDATE, 0, 0, 4 + value.length)
    this.#uint32(at, streamId)
    this.#buffer.write(value, at + 4, 'latin1')
  }

  /** HEADERS, and CONTINUATION for what is above `maxFrameSize` (RFC 9113 section 6.2, 6.10). */
  headers(
    streamId: number,
    fields: HeaderList,
    endStream: boolean,
    encoder: HpackEncoder,
    maxFrameSize: number,
  ): void {
    const flags = endStream ? Flag.END_STREAM : 0
    for (let room = BLOCK_ROOM; ; room *= 4) {
      const at = this.#room(room)
      const block = at + FRAME_HEADER_SIZE
      const end = encoder.encode(fields, this.#buffer, block)
      if (end === -1) continue
      const length = end - block
      if (length > maxFrameSize) return this.#continued(streamId, flags, block, end, maxFrameSize)
      this.#frameHeader(at, FrameType.HEADERS, flags | Flag.END_HEADERS, streamId, length)
      this.#wrote(FRAME_HEADER_SIZE + length)
      return
    }
  }

  /** RFC 9113 section 6.1. The bytes must not change until they are sent. */
  data(streamId: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const length = end - start
    const flags = endStream ? Flag.END_STREAM : 0
    if (length <= COPIED_BODY) {
      const at = this.#frame(FrameType.DATA, flags, streamId, length)
      this.#buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at)
      return
    }
    this.#frameHeader(this.#room(FRAME_HEADER_SIZE), FrameType.DATA, flags, streamId, length)
    this.#wrote(FRAME_HEADER_SIZE)
    this.#close()
    this.#pieces.push(bytes.subarray(start, end))
    this.#length += length
  }

  /** A header block longer than a frame: it goes out from a copy, cut. */
  #continued(streamId: number, flags: number, start: number, end: number, maxFrameSize: number): void {
    const block = Buffer.from(this.#buffer.subarray(start, end))
    for (let from = 0; from < block.length; from += maxFrameSize) {
      const to = Math.min(from + maxFrameSize, block.length)
      const type = from === 0 ? FrameType.HEADERS : FrameType.CONTINUATION
      const ending = to === block.length ? Flag.END_HEADERS : 0
      const at = this.#frame(type, (from === 0 ? flags : 0) | ending, streamId, to - from)
      block.copy(this.#buffer, at, from, to)
    }
  }

  /** Writes a frame header, counts its payload as written, and returns where that goes. */
  #frame(type: number, flags: number, streamId: number, length: number): number {
    const at = this.#room(FRAME_HEADER_SIZE + length)
    this.#frameHeader(at, type, flags, streamId, length)
    this.#wrote(FRAME_HEADER_SIZE + length)
    return at + FRAME_HEADER_SIZE
  }

  #frameHeader(at: number, type: number, flags: number, streamId: number, length: number): void {
    const buffer = this.#buffer
    buffer[at] = length >>> 16
    buffer[at + 1] = length >>> 8
    buffer[at + 2] = length
    buffer[at + 3] = type
    buffer[at + 4] = flags
    this.#uint32(at + 5, streamId)
    if (this.#trace?.tellsFrames === true) this.#trace.frame('out', type, flags, streamId, length)
  }

  #uint32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  /** Where the next `length` bytes go: behind the last ones, unless the slab is full or another writer came between. */
  #room(length: number): number {
    slab.reserve(length)
    if (slab.buffer !== this.#buffer || slab.at !== this.#end) {
      this.#close()
      this.#buffer = slab.buffer
      this.#start = slab.at
      this.#end = slab.at
    }
    return slab.at
  }

  #wrote(length: number): void {
    slab.at += length
    this.#end = slab.at
    this.#length += length
  }

  #close(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#buffer.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
