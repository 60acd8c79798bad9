import { ConnectionFault } from './connection-fault.ts'
import { type ExtensionEvents, tellExtension } from './extensions.ts'
import type { ConnectionFacts } from './failures.ts'
import type { FloodGuard } from './flood-guard.ts'
import { badPadding, type FrameSink } from './frame-parser.ts'
import { DEFAULT_MAX_FRAME_SIZE, ErrorCode, Flag, FrameType } from './frame-types.ts'
import type { FrameWriter } from './frame-writer.ts'
import { HeaderAssembly } from './header-assembly.ts'
import type { DecodeResult } from './hpack/decoder.ts'
import type { Inflow } from './inflow.ts'
import type { Stream } from './stream.ts'
import {
  Arrival,
  type ArrivalValue,
  judge,
  StreamState,
  type StreamStateValue,
  Verdict,
} from './stream-states.ts'
import type { StreamTable } from './stream-table.ts'

/** What a receiver needs of its session. */
export interface ReceiverHost {
  readonly stopped: boolean
  readonly facts: ConnectionFacts
  readonly streams: StreamTable
  readonly writer: FrameWriter
  readonly guard: FloodGuard
  readonly inflow: Inflow
  readonly extensions: ExtensionEvents
  /** Of the next stream that we open; all from here on are idle. */
  readonly nextStreamId: number
  /** Decodes a header block, which must be done in the order in which they come. */
  decode(bytes: Buffer, start: number, end: number): DecodeResult
  onSettings(bytes: Buffer, start: number, end: number): void
  onSettingsAcknowledged(): void
  onPingAcknowledged(bytes: Buffer, start: number): void
  onGoAway(bytes: Buffer, start: number, end: number): void
  /** WINDOW_UPDATE; `stream` is undefined for the connection. */
  onCredit(stream: Stream | undefined, increment: number): void
  onSection(stream: Stream, section: DecodeResult, endStream: boolean): void
  onEndStream(stream: Stream): void
  onReset(stream: Stream, http2Code: number): void
}

const PRIORITY_SIZE = 5

/**
 * What the peer's frames mean: every rule of RFC 9113 section 6 about their order, their size and their stream, with
 * the error that the RFC gives to its breach.
 */
export class Receiver implements FrameSink {
  readonly #host: ReceiverHost
  readonly #assembly: HeaderAssembly
  #sawSettings = false
  /** Of the DATA frame at hand: its stream, if its bytes are wanted; its length, and how much of that is body. */
  #stream: Stream | undefined
  #length = 0
  #content = 0

  constructor(host: ReceiverHost, maxHeaderListSize: number) {
    this.#host = host
    this.#assembly = new HeaderAssembly(maxHeaderListSize)
  }

  get stopped(): boolean {
    return this.#host.stopped
  }

  onFrameHeader(type: number, flags: number, streamId: number, length: number): void {
    const { trace } = this.#host.facts
    if (trace?.tellsFrames === true) trace.frame('in', type, flags, streamId, length)
    if (!this.#sawSettings) this.#checkFirst(type, flags)
    const open = this.#assembly.streamId
    if (open !== 0 && (type !== FrameType.CONTINUATION || streamId !== open)) {
      throw breach('another frame came where CONTINUATION was due (RFC 9113 section 6.10)')
    }
    // We announce no SETTINGS_MAX_FRAME_SIZE, so the default holds (section 4.2).
    if (length > DEFAULT_MAX_FRAME_SIZE) {
      throw badSize(`a frame of ${length} bytes came, above SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 4.2)`)
    }
  }

  onDataBegin(streamId: number, length: number): void {
    if (streamId === 0) throw breach('DATA came on stream 0 (RFC 9113 section 6.1)')
    const host = this.#host
    const stream = this.#find(streamId, Arrival.DATA, 'DATA')
    this.#stream = undefined
    this.#length = length
    this.#content = 0
    if (!host.inflow.take(stream, length))
      stream?.breach(
        ErrorCode.FLOW_CONTROL_ERROR,
        'it sent more than the window of the stream allows, section 6.9',
      )
    else this.#stream = stream
  }

  onData(bytes: Buffer, start: number, end: number): void {
    const stream = this.#stream
    if (stream === undefined) return
    this.#content += end - start
    stream.onData(bytes, start, end)
  }

  onDataEnd(flags: number): void {
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    const padding = this.#length - this.#content
    if (padding > 0) this.#host.inflow.consume(stream, padding)
    if ((flags & Flag.END_STREAM) !== 0) this.#host.onEndStream(stream)
    else if (padding > this.#content || this.#length === 0) this.#host.guard.note('DATA frames without data')
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (this.#host.stopped) return
    switch (type) {
      case FrameType.HEADERS:
        return this.#headers(flags, streamId, bytes, start, end)
      case FrameType.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, bytes, start, end)
      case FrameType.SETTINGS:
        return this.#settings(flags, streamId, bytes, start, end)
      case FrameType.PING:
        return this.#ping(flags, streamId, bytes, start, end)
      case FrameType.RST_STREAM:
        return this.#rstStream(streamId, bytes, start, end)
      case FrameType.GOAWAY:
        return this.#goAway(streamId, bytes, start, end)
      case FrameType.CONTINUATION:
        return this.#continuation(flags, streamId, bytes, start, end)
      case FrameType.PRIORITY:
        return this.#priority(streamId, end - start)
      case FrameType.PUSH_PROMISE:
        throw breach('PUSH_PROMISE came, and SETTINGS_ENABLE_PUSH is 0 (RFC 9113 section 6.6)')
      default:
        // RFC 9113 section 5.5: what is unknown is ignored.
        this.#host.guard.note('frames of extensions')
        tellExtension(this.#host.extensions, type, flags, streamId, bytes, start, end)
    }
  }

  /** RFC 9113 section 3.4. */
  #checkFirst(type: number, flags: number): void {
    if (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)
      throw breach('its first frame is not SETTINGS (RFC 9113 section 3.4)')
    this.#sawSettings = true
  }

  /** RFC 9113 section 6.2. */
  #headers(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw breach('HEADERS came on stream 0 (RFC 9113 section 6.2)')
    let from = start
    let to = end
    if ((flags & Flag.PADDED) !== 0) {
      if (from === to) throw badSize('HEADERS came without their padding length (RFC 9113 section 6.2)')
      to -= bytes[from] as number
      from += 1
    }
    if ((flags & Flag.PRIORITY) !== 0) {
      from += PRIORITY_SIZE
      if (from > end) throw badSize('HEADERS came without their priority (RFC 9113 section 6.2)')
    }
    if (from > to) throw badPadding('6.2')
    const endStream = (flags & Flag.END_STREAM) !== 0
    if ((flags & Flag.END_HEADERS) !== 0) this.#block(streamId, endStream, bytes, from, to)
    else this.#assembly.open(streamId, endStream, bytes, from, to)
  }

  /** RFC 9113 section 6.10. */
  #continuation(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const assembly = this.#assembly
    if (assembly.streamId === 0 || streamId === 0)
      throw breach('CONTINUATION came with no header block open (RFC 9113 section 6.10)')
    if (!assembly.proceed(flags, bytes, start, end)) return
    const { block, length, endStream } = assembly
    assembly.close()
    this.#block(streamId, endStream, block, 0, length)
  }

  /** A whole header block. It is decoded whatever became of its stream: the table must follow (section 4.3). */
  #block(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    const section = this.#host.decode(bytes, start, end)
    const stream = this.#find(streamId, Arrival.HEADERS, 'HEADERS')
    if (stream !== undefined) this.#host.onSection(stream, section, endStream)
  }

  /** RFC 9113 section 6.3. We use no priorities of this kind; a wrong one is still wrong. */
  #priority(streamId: number, length: number): void {
    if (streamId === 0) throw breach('PRIORITY came on stream 0 (RFC 9113 section 6.3)')
    this.#host.guard.note('PRIORITY frames')
    if (length === PRIORITY_SIZE) return
    this.#host.streams
      .get(streamId)
      ?.breach(ErrorCode.FRAME_SIZE_ERROR, 'PRIORITY of a wrong length, section 6.3')
  }

  /** RFC 9113 section 6.4. */
  #rstStream(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw breach('RST_STREAM came on stream 0 (RFC 9113 section 6.4)')
    if (end - start !== 4) throw badSize('RST_STREAM came that is not 4 bytes long (RFC 9113 section 6.4)')
    const stream = this.#find(streamId, Arrival.RST_STREAM, 'RST_STREAM')
    if (stream !== undefined) this.#host.onReset(stream, bytes.readUInt32BE(start))
  }

  /** RFC 9113 section 6.5. */
  #settings(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw breach('SETTINGS came on a stream (RFC 9113 section 6.5)')
    if ((flags & Flag.ACK) !== 0) {
      if (end > start)
        throw badSize('an acknowledgement of SETTINGS came with a payload (RFC 9113 section 6.5)')
      return this.#host.onSettingsAcknowledged()
    }
    if ((end - start) % 6 !== 0) throw badSize('SETTINGS came that are not whole (RFC 9113 section 6.5)')
    this.#host.guard.noteAnswer('SETTINGS')
    this.#host.onSettings(bytes, start, end)
  }

  /** RFC 9113 section 6.7. */
  #ping(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw breach('PING came on a stream (RFC 9113 section 6.7)')
    if (end - start !== 8) throw badSize('PING came that is not 8 bytes long (RFC 9113 section 6.7)')
    if ((flags & Flag.ACK) !== 0) return this.#host.onPingAcknowledged(bytes, start)
    this.#host.guard.noteAnswer('PING')
    this.#host.writer.ping(true, bytes, start)
  }

  /** RFC 9113 section 6.8. */
  #goAway(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw breach('GOAWAY came on a stream (RFC 9113 section 6.8)')
    if (end - start < 8) throw badSize('GOAWAY came of fewer than 8 bytes (RFC 9113 section 6.8)')
    this.#host.guard.note('GOAWAY', 10)
    this.#host.onGoAway(bytes, start, end)
  }

  /** RFC 9113 section 6.9. */
  #windowUpdate(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw badSize('WINDOW_UPDATE came that is not 4 bytes long (RFC 9113 section 6.9)')
    this.#host.guard.note('WINDOW_UPDATE')
    const increment = bytes.readUInt32BE(start) & 0x7fff_ffff
    if (streamId === 0) {
      if (increment === 0) throw breach('WINDOW_UPDATE of 0 came for the connection (RFC 9113 section 6.9)')
      return this.#host.onCredit(undefined, increment)
    }
    const stream = this.#find(streamId, Arrival.WINDOW_UPDATE, 'WINDOW_UPDATE')
    if (stream === undefined) return
    if (increment === 0) stream.breach(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE of 0, section 6.9')
    else this.#host.onCredit(stream, increment)
  }

  /** The stream that a frame is for, or undefined when it is for none that wants it. */
  #find(streamId: number, arrival: ArrivalValue, name: string): Stream | undefined {
    const stream = this.#host.streams.get(streamId)
    if (stream !== undefined && judge(stream.state, arrival) === Verdict.TAKE) return stream
    this.#refuse(streamId, stream?.state ?? this.#stateOf(streamId), arrival, name)
    return undefined
  }

  #refuse(streamId: number, state: StreamStateValue, arrival: ArrivalValue, name: string): void {
    const verdict = judge(state, arrival)
    if (verdict === Verdict.NOT_ALLOWED)
      throw breach(`${name} came on stream ${streamId}, which is idle (RFC 9113 section 5.1)`)
    this.#host.guard.note('frames on closed streams')
    if (verdict !== Verdict.STREAM_CLOSED) return
    this.#host.writer.rstStream(streamId, ErrorCode.STREAM_CLOSED)
    this.#host.streams.noteReset(streamId)
  }

  /** Of a stream that is not open. The peer has none: even ids are idle for ever (RFC 9113 section 5.1.1). */
  #stateOf(streamId: number): StreamStateValue {
    if (streamId >= this.#host.nextStreamId || (streamId & 1) === 0) return StreamState.IDLE
    return this.#host.streams.wasReset(streamId) ? StreamState.RESET : StreamState.CLOSED
  }
}

function breach(what: string): ConnectionFault {
  return new ConnectionFault(ErrorCode.PROTOCOL_ERROR, what)
}

function badSize(what: string): ConnectionFault {
  return new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, what)
}
