/** The names and shapes of HTTP/2 frames, in the words of RFC 9113 section 6. */

/** RFC 9113 section 6, and RFC 7838, RFC 8336 and RFC 9218 for the last three. */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
  ALTSVC: 0xa,
  ORIGIN: 0xc,
  PRIORITY_UPDATE: 0x10,
} as const

/** RFC 9113 section 6: the flags, each with a meaning only on some frame types. */
export const Flag = { ACK: 0x1, END_STREAM: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const

/** RFC 9113 section 7. */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const

/** RFC 9113 section 6.5.2, RFC 8441 section 3 and RFC 9218 section 2.1, without the SETTINGS_ prefix. */
export const Setting = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
  NO_RFC7540_PRIORITIES: 0x9,
} as const

/** Names of `FrameType` (RFC 9113 section 6). */
export type FrameTypeName = keyof typeof FrameType

/** Names of `ErrorCode` (RFC 9113 section 7). */
export type ErrorCodeName = keyof typeof ErrorCode

/** Names of `Setting` (RFC 9113 section 6.5.2). */
export type SettingName = keyof typeof Setting

/** An error code by its RFC name, or as a number when it has none. */
export type ErrorCodeValue = ErrorCodeName | number
/** Settings by RFC name. */
export type Settings = { readonly [name in SettingName]?: number }
/** Settings as identifier and value, in order: for repeats, contradictions and unknown identifiers. */
export type SettingEntries = readonly (readonly [identifier: number, value: number])[]

/** Flat: name, value, name, value; order and repeats kept. */
export type HeaderList = readonly string[]

/** RFC 9113 section 3.4: what a client sends before its first frame. */
export const CONNECTION_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
export const FRAME_HEADER_SIZE = 9
export const DEFAULT_WINDOW_SIZE = 65_535
export const DEFAULT_MAX_FRAME_SIZE = 16_384
export const MAX_STREAM_ID = 0x7fff_ffff

export interface FrameBase {
  readonly streamId: number
  readonly flags: number
  /** The length of the payload as the frame header gives it. */
  readonly length: number
  readonly payload: Buffer
}

/** RFC 9113 section 5.3.2: deprecated, but still on the wire. */
export interface Priority {
  readonly exclusive: boolean
  readonly dependency: number
  readonly weight: number
}

/** DATA (RFC 9113 section 6.1). */
export interface DataFrame extends FrameBase {
  readonly type: 'DATA'
  readonly data: Buffer
  readonly endStream: boolean
  /** Octets of padding, without the length octet; null when the frame is not padded. */
  readonly padding: number | null
}

/** HEADERS, its fields decoded (RFC 9113 section 6.2). */
export interface HeadersFrame extends FrameBase {
  readonly type: 'HEADERS'
  readonly fragment: Buffer
  readonly endStream: boolean
  readonly endHeaders: boolean
  readonly padding: number | null
  readonly priority: Priority | null
  /** Decoded by the connection once the block is complete; null until then. */
  headers: HeaderList | null
}

export interface PriorityFrame extends FrameBase, Priority {
  readonly type: 'PRIORITY'
}

/** RST_STREAM (RFC 9113 section 6.4). */
export interface RstStreamFrame extends FrameBase {
  readonly type: 'RST_STREAM'
  readonly errorCode: ErrorCodeValue
}

/** SETTINGS (RFC 9113 section 6.5). */
export interface SettingsFrame extends FrameBase {
  readonly type: 'SETTINGS'
  readonly ack: boolean
  /** By name; the last one wins, unknown identifiers are only in `entries`. */
  readonly settings: Settings
  readonly entries: SettingEntries
}

/** PUSH_PROMISE (RFC 9113 section 6.6). */
export interface PushPromiseFrame extends FrameBase {
  readonly type: 'PUSH_PROMISE'
  readonly promisedStreamId: number
  readonly fragment: Buffer
  readonly endHeaders: boolean
  readonly padding: number | null
}

/** PING (RFC 9113 section 6.7). */
export interface PingFrame extends FrameBase {
  readonly type: 'PING'
  readonly ack: boolean
  readonly opaque: Buffer
}

/** GOAWAY (RFC 9113 section 6.8). */
export interface GoAwayFrame extends FrameBase {
  readonly type: 'GOAWAY'
  readonly lastStreamId: number
  readonly errorCode: ErrorCodeValue
  readonly debug: Buffer
}

/** WINDOW_UPDATE (RFC 9113 section 6.9). */
export interface WindowUpdateFrame extends FrameBase {
  readonly type: 'WINDOW_UPDATE'
  readonly increment: number
}

/** CONTINUATION (RFC 9113 section 6.10). */
export interface ContinuationFrame extends FrameBase {
  readonly type: 'CONTINUATION'
  readonly fragment: Buffer
  readonly endHeaders: boolean
}

/** A frame of a type that RFC 9113 does not have. */
export interface UnknownFrame extends FrameBase {
  readonly type: 'UNKNOWN'
  readonly typeCode: number
}

/** A frame whose payload does not fit its type: false length, or padding longer than the payload. */
export interface MalformedFrame extends FrameBase {
  readonly type: 'MALFORMED'
  readonly typeCode: number
  readonly reason: string
}

/** A frame that was received; `type` tells the kinds apart. */
export type Frame =
  | DataFrame
  | HeadersFrame
  | PriorityFrame
  | RstStreamFrame
  | SettingsFrame
  | PushPromiseFrame
  | PingFrame
  | GoAwayFrame
  | WindowUpdateFrame
  | ContinuationFrame
  | UnknownFrame
  | MalformedFrame

/** The `type` of a frame that was received. */
export type FrameName = Frame['type']

/** The kind of frame that has this `type`. */
export type FrameOf<Name extends FrameName> = Extract<Frame, { type: Name }>

const errorNames = new Map<number, ErrorCodeName>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorCodeName]),
)
const settingNames = new Map<number, SettingName>(
  Object.entries(Setting).map(([name, identifier]) => [identifier, name as SettingName]),
)
const typeNames = new Map<number, FrameTypeName>(
  Object.entries(FrameType).map(([name, code]) => [code, name as FrameTypeName]),
)

export function errorCodeValue(code: number): ErrorCodeValue {
  return errorNames.get(code) ?? code
}

export function errorCodeNumber(code: ErrorCodeValue): number {
  return typeof code === 'number' ? code : ErrorCode[code]
}

export function settingName(identifier: number): SettingName | undefined {
  return settingNames.get(identifier)
}

export function frameTypeName(code: number): string {
  return typeNames.get(code) ?? `type 0x${code.toString(16)}`
}
