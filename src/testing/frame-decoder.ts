/** Bytes as frames, incrementally: feed any split of the bytes, get the frames that are complete. */
import { settingsByName } from './frame-encoder.ts'
import {
  errorCodeValue,
  Flag,
  FRAME_HEADER_SIZE,
  type Frame,
  type FrameBase,
  FrameType,
  frameTypeName,
  type MalformedFrame,
  type Priority,
} from './frame-types.ts'

/**
 * Decodes what follows the connection preface. It never throws: a payload that does not fit its type becomes a
 * MALFORMED frame, a type it does not know an UNKNOWN one.
 */
export class FrameDecoder {
  #chunks: Buffer[] = []
  #buffered = 0

  /** Bytes of a frame that is not complete yet. */
  get buffered(): number {
    return this.#buffered
  }

  /** Takes bytes as they come; returns the frames that are now complete. */
  push(bytes: Uint8Array): Frame[] {
    this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.#buffered += bytes.byteLength
    const frames: Frame[] = []
    for (;;) {
      const frame = this.#next()
      if (frame === null) return frames
      frames.push(frame)
    }
  }

  #next(): Frame | null {
    if (this.#buffered < FRAME_HEADER_SIZE) return null
    const all = this.#joined(FRAME_HEADER_SIZE)
    const length = all.readUIntBE(0, 3)
    if (this.#buffered < FRAME_HEADER_SIZE + length) return null
    const bytes = this.#joined(FRAME_HEADER_SIZE + length)
    const end = FRAME_HEADER_SIZE + length
    this.#chunks[0] = bytes.subarray(end)
    this.#buffered -= end
    return decodeFrame(bytes.subarray(0, end))
  }

  /** The first chunk, made at least `size` bytes long. */
  #joined(size: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= size) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}

/** Decodes exactly one whole frame. */
export function decodeFrame(bytes: Buffer): Frame {
  const typeCode = bytes.readUInt8(3)
  const base: FrameBase = {
    length: bytes.readUIntBE(0, 3),
    flags: bytes.readUInt8(4),
    streamId: bytes.readUInt32BE(5) & 0x7fff_ffff,
    payload: bytes.subarray(FRAME_HEADER_SIZE),
  }
  const decode = decoders[typeCode]
  return decode === undefined ? { ...base, type: 'UNKNOWN', typeCode } : decode(base)
}

const decoders: Readonly<Record<number, (base: FrameBase) => Frame>> = {
  [FrameType.DATA]: decodeData,
  [FrameType.HEADERS]: decodeHeaders,
  [FrameType.PRIORITY]: decodePriority,
  [FrameType.RST_STREAM]: decodeRstStream,
  [FrameType.SETTINGS]: decodeSettings,
  [FrameType.PUSH_PROMISE]: decodePushPromise,
  [FrameType.PING]: decodePing,
  [FrameType.GOAWAY]: decodeGoAway,
  [FrameType.WINDOW_UPDATE]: decodeWindowUpdate,
  [FrameType.CONTINUATION]: decodeContinuation,
}

function decodeData(base: FrameBase): Frame {
  const content = unpad(base)
  if (content === null) return malformed(base, FrameType.DATA, 'padding is longer than the payload')
  const endStream = has(base, Flag.END_STREAM)
  return { ...base, type: 'DATA', data: content.bytes, padding: content.padding, endStream }
}

function decodeHeaders(base: FrameBase): Frame {
  const content = unpad(base)
  if (content === null) return malformed(base, FrameType.HEADERS, 'padding is longer than the payload')
  const prioritized = has(base, Flag.PRIORITY)
  if (prioritized && content.bytes.length < 5) {
    return malformed(base, FrameType.HEADERS, 'too short for its priority fields')
  }
  return {
    ...base,
    type: 'HEADERS',
    fragment: prioritized ? content.bytes.subarray(5) : content.bytes,
    endStream: has(base, Flag.END_STREAM),
    endHeaders: has(base, Flag.END_HEADERS),
    padding: content.padding,
    priority: prioritized ? readPriority(content.bytes) : null,
    headers: null,
  }
}

function decodePriority(base: FrameBase): Frame {
  if (base.length !== 5) return malformed(base, FrameType.PRIORITY, 'length is not 5')
  return { ...base, type: 'PRIORITY', ...readPriority(base.payload) }
}

function decodeRstStream(base: FrameBase): Frame {
  if (base.length !== 4) return malformed(base, FrameType.RST_STREAM, 'length is not 4')
  return { ...base, type: 'RST_STREAM', errorCode: errorCodeValue(base.payload.readUInt32BE()) }
}

function decodeSettings(base: FrameBase): Frame {
  const ack = has(base, Flag.ACK)
  if (base.length % 6 !== 0) return malformed(base, FrameType.SETTINGS, 'length is not a multiple of 6')
  if (ack && base.length > 0) return malformed(base, FrameType.SETTINGS, 'ACK with a payload')
  const entries: [number, number][] = []
  for (let offset = 0; offset < base.length; offset += 6) {
    entries.push([base.payload.readUInt16BE(offset), base.payload.readUInt32BE(offset + 2)])
  }
  return { ...base, type: 'SETTINGS', ack, settings: settingsByName(entries), entries }
}

function decodePushPromise(base: FrameBase): Frame {
  const content = unpad(base)
  if (content === null) return malformed(base, FrameType.PUSH_PROMISE, 'padding is longer than the payload')
  if (content.bytes.length < 4)
    return malformed(base, FrameType.PUSH_PROMISE, 'no promised stream identifier')
  return {
    ...base,
    type: 'PUSH_PROMISE',
    promisedStreamId: content.bytes.readUInt32BE() & 0x7fff_ffff,
    fragment: content.bytes.subarray(4),
    endHeaders: has(base, Flag.END_HEADERS),
    padding: content.padding,
  }
}

function decodePing(base: FrameBase): Frame {
  if (base.length !== 8) return malformed(base, FrameType.PING, 'length is not 8')
  return { ...base, type: 'PING', ack: has(base, Flag.ACK), opaque: base.payload }
}

function decodeGoAway(base: FrameBase): Frame {
  if (base.length < 8) return malformed(base, FrameType.GOAWAY, 'shorter than 8')
  return {
    ...base,
    type: 'GOAWAY',
    lastStreamId: base.payload.readUInt32BE() & 0x7fff_ffff,
    errorCode: errorCodeValue(base.payload.readUInt32BE(4)),
    debug: base.payload.subarray(8),
  }
}

function decodeWindowUpdate(base: FrameBase): Frame {
  if (base.length !== 4) return malformed(base, FrameType.WINDOW_UPDATE, 'length is not 4')
  return { ...base, type: 'WINDOW_UPDATE', increment: base.payload.readUInt32BE() & 0x7fff_ffff }
}

function decodeContinuation(base: FrameBase): Frame {
  return { ...base, type: 'CONTINUATION', fragment: base.payload, endHeaders: has(base, Flag.END_HEADERS) }
}

function has(base: FrameBase, flag: number): boolean {
  return (base.flags & flag) !== 0
}

function malformed(base: FrameBase, typeCode: number, reason: string): MalformedFrame {
  return { ...base, type: 'MALFORMED', typeCode, reason: `${frameTypeName(typeCode)}: ${reason}` }
}

/** RFC 9113 section 6.1: padding that is as long as the payload or longer is an error; here null. */
function unpad(base: FrameBase): { bytes: Buffer; padding: number | null } | null {
  if (!has(base, Flag.PADDED)) return { bytes: base.payload, padding: null }
  const padding = base.payload[0]
  if (padding === undefined || padding >= base.payload.length) return null
  return { bytes: base.payload.subarray(1, base.payload.length - padding), padding }
}

function readPriority(bytes: Buffer): Priority {
  const dependency = bytes.readUInt32BE()
  return {
    exclusive: (dependency & 0x8000_0000) !== 0,
    dependency: dependency & 0x7fff_ffff,
    weight: bytes.readUInt8(4) + 1,
  }
}
