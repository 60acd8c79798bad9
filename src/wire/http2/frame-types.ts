/** The numbers of HTTP/2 (RFC 9113 sections 6, 7 and 11) and of the extensions spoken here. */

/** RFC 9113 section 6; the last three are RFC 7838, RFC 8336 and RFC 9218. */
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

/** RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1. */
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

/** RFC 9113 section 4.1, bytes. */
export const FRAME_HEADER_SIZE = 9

/** What either side may send in one frame until the other allows more (RFC 9113 section 4.2), bytes. */
export const DEFAULT_MAX_FRAME_SIZE = 16_384

/** Both windows until SETTINGS or WINDOW_UPDATE say otherwise (RFC 9113 section 6.9.2), bytes. */
export const DEFAULT_WINDOW_SIZE = 65_535

/** RFC 9113 section 6.9.1, bytes. */
export const MAX_WINDOW_SIZE = 2 ** 31 - 1

/** RFC 9113 section 5.1.1. */
export const MAX_STREAM_ID = 2 ** 31 - 1

/** RFC 9113 section 3.4: what a client says first. */
export const CONNECTION_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
