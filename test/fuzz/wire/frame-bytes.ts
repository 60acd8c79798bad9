/** Frames by hand, and a look at the frames in a row of bytes that shares no code with the engine. */
import { ErrorCode, FrameType, Setting } from '../../support/frame-types.ts'

const HEADER_SIZE = 9

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_SIZE + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(streamId >>> 0, 5)
  bytes.set(payload, HEADER_SIZE)
  return bytes
}

export function uint32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * at)
  return bytes
}

export function setting(identifier: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(6)
  bytes.writeUInt16BE(identifier, 0)
  bytes.writeUInt32BE(value >>> 0, 2)
  return bytes
}

type Visit = (type: number, flags: number, streamId: number, length: number, at: number) => void

/** Calls `visit` for each whole frame; returns the bytes behind the last one. */
export function walk(bytes: Buffer, visit: Visit): number {
  let at = 0
  while (bytes.length - at >= HEADER_SIZE) {
    const length = bytes.readUIntBE(at, 3)
    if (bytes.length - at < HEADER_SIZE + length) break
    visit(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & 0x7fff_ffff, length, at + HEADER_SIZE)
    at += HEADER_SIZE + length
  }
  return bytes.length - at
}

function add(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

/** One direction of a connection in sums: what it may have granted at most, and what it used of the other's grants. */
export class Traffic {
  /** WINDOW_UPDATE by stream, bytes. */
  readonly credit = new Map<number, number>()
  /** DATA by stream, padding included; 0: all of it. */
  readonly data = new Map<number, number>()
  /** The largest ever announced. */
  initialWindow = 65_535
  maxFrameSize = 16_384
  longestFrame = 0
  goAwayCodes: number[] = []
  /** A frame stood between HEADERS and its CONTINUATION. */
  torn = false
  readonly rest: number

  constructor(bytes: Buffer) {
    let open = 0
    this.rest = walk(bytes, (type, flags, streamId, length, at) => {
      this.longestFrame = Math.max(this.longestFrame, length)
      if (open !== 0 && (type !== FrameType.CONTINUATION || streamId !== open)) this.torn = true
      if (type === FrameType.HEADERS || type === FrameType.CONTINUATION)
        open = (flags & 0x4) === 0 ? streamId : 0
      if (type === FrameType.DATA) {
        add(this.data, streamId, length)
        add(this.data, 0, length)
      } else if (type === FrameType.WINDOW_UPDATE && length === 4)
        add(this.credit, streamId, bytes.readUInt32BE(at) & 0x7fff_ffff)
      else if (type === FrameType.GOAWAY && length >= 8) this.goAwayCodes.push(bytes.readUInt32BE(at + 4))
      else if (type === FrameType.SETTINGS && (flags & 1) === 0) this.#settings(bytes, at, length)
    })
  }

  get saidInternalError(): boolean {
    return this.goAwayCodes.includes(ErrorCode.INTERNAL_ERROR)
  }

  #settings(bytes: Buffer, from: number, length: number): void {
    for (let at = from; at + 6 <= from + length; at += 6) {
      const value = bytes.readUInt32BE(at + 2)
      if (bytes.readUInt16BE(at) === Setting.INITIAL_WINDOW_SIZE)
        this.initialWindow = Math.max(this.initialWindow, value)
      if (bytes.readUInt16BE(at) === Setting.MAX_FRAME_SIZE)
        this.maxFrameSize = Math.max(this.maxFrameSize, value)
    }
  }
}
