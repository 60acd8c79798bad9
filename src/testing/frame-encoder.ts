/** Frames as bytes: every type of RFC 9113 section 6, and frames that no RFC allows. */
import {
  type ErrorCodeValue,
  errorCodeNumber,
  Flag,
  FRAME_HEADER_SIZE,
  FrameType,
  type FrameTypeName,
  type Priority,
  Setting,
  type SettingEntries,
  type SettingName,
  type Settings,
  settingName,
} from './frame-types.ts'

/** A frame before it is written; nothing in it is checked. */
export interface RawFrame {
  readonly type: FrameTypeName | number
  readonly flags?: number
  readonly streamId?: number
  readonly payload?: Uint8Array
  /** A length to claim in the frame header instead of the true one. */
  readonly length?: number
  /** Sets the reserved bit of the stream identifier (RFC 9113 section 4.1). */
  readonly reserved?: boolean
}

/** Padding of DATA, HEADERS and PUSH_PROMISE (RFC 9113 section 6.1). */
export interface PaddingOptions {
  /** Octets of padding to add; 0 still sets PADDED and sends the length octet. */
  readonly padding?: number
}

/** A frame exactly as given, however wrong (RFC 9113 section 4.1). */
export function rawFrame(frame: RawFrame): Buffer {
  const payload = frame.payload ?? Buffer.alloc(0)
  const bytes = Buffer.alloc(FRAME_HEADER_SIZE + payload.length)
  bytes.writeUIntBE(frame.length ?? payload.length, 0, 3)
  bytes[3] = typeof frame.type === 'number' ? frame.type : FrameType[frame.type]
  bytes[4] = frame.flags ?? 0
  bytes.writeUInt32BE(((frame.streamId ?? 0) | (frame.reserved ? 0x8000_0000 : 0)) >>> 0, 5)
  bytes.set(payload, FRAME_HEADER_SIZE)
  return bytes
}

/** RFC 9113 section 6.1. */
export function dataFrame(
  streamId: number,
  data: Uint8Array | string,
  options: PaddingOptions & { readonly endStream?: boolean } = {},
): Buffer {
  const { payload, flags } = pad(toBytes(data), options.padding)
  return rawFrame({
    type: 'DATA',
    streamId,
    flags: flags | (options.endStream ? Flag.END_STREAM : 0),
    payload,
  })
}

/** Flags and additions of a HEADERS frame. */
export interface HeadersFrameOptions extends PaddingOptions {
  readonly endStream?: boolean
  /** Default true. */
  readonly endHeaders?: boolean
  readonly priority?: Priority
}

/** RFC 9113 section 6.2; `block` is HPACK. */
export function headersFrame(streamId: number, block: Uint8Array, options: HeadersFrameOptions = {}): Buffer {
  const content = options.priority ? Buffer.concat([priorityPayload(options.priority), block]) : block
  const { payload, flags } = pad(content, options.padding)
  const all =
    flags |
    (options.endStream ? Flag.END_STREAM : 0) |
    (options.endHeaders === false ? 0 : Flag.END_HEADERS) |
    (options.priority ? Flag.PRIORITY : 0)
  return rawFrame({ type: 'HEADERS', streamId, flags: all, payload })
}

/** RFC 9113 section 4.3: a block as HEADERS, and CONTINUATION for what is longer than `size`. */
export function headerBlockFrames(
  streamId: number,
  block: Uint8Array,
  size: number,
  options: HeadersFrameOptions = {},
): Buffer {
  if (options.endHeaders === false || block.length <= size) return headersFrame(streamId, block, options)
  const frames = [headersFrame(streamId, block.subarray(0, size), { ...options, endHeaders: false })]
  for (let offset = size; offset < block.length; offset += size) {
    const endHeaders = offset + size >= block.length
    frames.push(continuationFrame(streamId, block.subarray(offset, offset + size), { endHeaders }))
  }
  return Buffer.concat(frames)
}

/** RFC 9113 section 6.3. */
export function priorityFrame(streamId: number, priority: Priority): Buffer {
  return rawFrame({ type: 'PRIORITY', streamId, payload: priorityPayload(priority) })
}

/** RFC 9113 section 6.4. */
export function rstStreamFrame(streamId: number, code: ErrorCodeValue = 'CANCEL'): Buffer {
  return rawFrame({ type: 'RST_STREAM', streamId, payload: uint32(errorCodeNumber(code)) })
}

/** RFC 9113 section 6.5. */
export function settingsFrame(settings: Settings | SettingEntries = {}): Buffer {
  return rawFrame({ type: 'SETTINGS', payload: settingsPayload(settings) })
}

/** RFC 9113 section 6.5.3. */
export function settingsAckFrame(): Buffer {
  return rawFrame({ type: 'SETTINGS', flags: Flag.ACK })
}

/** RFC 9113 section 6.6. */
export function pushPromiseFrame(
  streamId: number,
  promisedStreamId: number,
  block: Uint8Array,
  options: PaddingOptions & { readonly endHeaders?: boolean } = {},
): Buffer {
  const { payload, flags } = pad(Buffer.concat([uint32(promisedStreamId), block]), options.padding)
  const all = flags | (options.endHeaders === false ? 0 : Flag.END_HEADERS)
  return rawFrame({ type: 'PUSH_PROMISE', streamId, flags: all, payload })
}

/** RFC 9113 section 6.7. */
export function pingFrame(opaque: Uint8Array = Buffer.alloc(8), ack = false): Buffer {
  return rawFrame({ type: 'PING', flags: ack ? Flag.ACK : 0, payload: opaque })
}

/** What a GOAWAY says. */
export interface GoAwayOptions {
  /** Default 0: nothing was processed. */
  readonly lastStreamId?: number
  /** Default NO_ERROR. */
  readonly code?: ErrorCodeValue
  readonly debug?: Uint8Array | string
}

/** RFC 9113 section 6.8. */
export function goAwayFrame(options: GoAwayOptions = {}): Buffer {
  const code = errorCodeNumber(options.code ?? 'NO_ERROR')
  const payload = Buffer.concat([
    uint32(options.lastStreamId ?? 0),
    uint32(code),
    toBytes(options.debug ?? ''),
  ])
  return rawFrame({ type: 'GOAWAY', payload })
}

/** RFC 9113 section 6.9. */
export function windowUpdateFrame(streamId: number, increment: number): Buffer {
  return rawFrame({ type: 'WINDOW_UPDATE', streamId, payload: uint32(increment) })
}

/** RFC 9113 section 6.10. */
export function continuationFrame(
  streamId: number,
  fragment: Uint8Array,
  options: { readonly endHeaders?: boolean } = {},
): Buffer {
  const flags = options.endHeaders === false ? 0 : Flag.END_HEADERS
  return rawFrame({ type: 'CONTINUATION', streamId, flags, payload: fragment })
}

/** RFC 7838 section 4. */
export function altSvcFrame(streamId: number, origin: string, value: string): Buffer {
  const payload = Buffer.concat([uint16(origin.length), toBytes(origin), toBytes(value)])
  return rawFrame({ type: 'ALTSVC', streamId, payload })
}

/** RFC 8336 section 2.1. */
export function originFrame(origins: readonly string[]): Buffer {
  const entries = origins.map((origin) => Buffer.concat([uint16(origin.length), toBytes(origin)]))
  return rawFrame({ type: 'ORIGIN', payload: Buffer.concat(entries) })
}

export function settingsPayload(settings: Settings | SettingEntries): Buffer {
  const entries = settingEntries(settings)
  const payload = Buffer.alloc(entries.length * 6)
  for (const [index, [identifier, value]] of entries.entries()) {
    payload.writeUInt16BE(identifier, index * 6)
    payload.writeUInt32BE(value >>> 0, index * 6 + 2)
  }
  return payload
}

function settingEntries(settings: Settings | SettingEntries): SettingEntries {
  if (isEntries(settings)) return settings
  return Object.entries(settings).map(([name, value]) => [Setting[name as SettingName], value] as const)
}

/** By name, the last one wins; identifiers without a name are left out. */
export function settingsByName(settings: Settings | SettingEntries): Settings {
  const named: { [name in SettingName]?: number } = {}
  for (const [identifier, value] of settingEntries(settings)) {
    const name = settingName(identifier)
    if (name !== undefined) named[name] = value
  }
  return named
}

function isEntries(settings: Settings | SettingEntries): settings is SettingEntries {
  return Array.isArray(settings)
}

export function toBytes(data: Uint8Array | string): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

function pad(content: Uint8Array, padding: number | undefined): { payload: Uint8Array; flags: number } {
  if (padding === undefined) return { payload: content, flags: 0 }
  const payload = Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)])
  return { payload, flags: Flag.PADDED }
}

function priorityPayload(priority: Priority): Buffer {
  const dependency = (priority.dependency | (priority.exclusive ? 0x8000_0000 : 0)) >>> 0
  return Buffer.concat([uint32(dependency), Buffer.of(priority.weight - 1)])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
