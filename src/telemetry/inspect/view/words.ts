/** What things are called on the page. */
import type { Phase } from '../bars.ts'

export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  client: 'In the client',
  backoff: 'Before a retry',
  queue: 'Queue',
  dns: 'DNS',
  connect: 'TCP',
  proxy: 'Proxy',
  tls: 'TLS',
  waiting: 'Waiting',
  receiving: 'Receiving',
}

export const PHASE_MEANINGS: Readonly<Record<Phase, string>> = {
  client: 'interceptors, limits, before and after the network',
  backoff: 'the pause before a retry',
  queue: 'for a connection with room',
  dns: 'the name is looked up',
  connect: 'the TCP connection is made',
  proxy: 'TLS with the proxy, and its answer',
  tls: 'the TLS handshake',
  waiting: 'from the request on the wire to the response head',
  receiving: 'the response body',
}

/** RFC 9113 section 6. */
const FRAME_TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
]

export function frameName(type: number): string {
  return FRAME_TYPES[type] ?? `type 0x${type.toString(16)}`
}

/** RFC 9113 section 7. */
const ERROR_CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

export function errorCodeName(code: number): string {
  return ERROR_CODES[code] ?? `0x${code.toString(16)}`
}
