/** What things are called on the page. */
import { ERROR_CODE_NAMES } from '../../../core/http2-error-names.ts'
import { FRAME_NAMES } from '../../../core/http2-frame-names.ts'
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

export function frameName(type: number): string {
  return FRAME_NAMES[type] ?? `type 0x${type.toString(16)}`
}

export function errorCodeName(code: number): string {
  return ERROR_CODE_NAMES[code] ?? `0x${code.toString(16)}`
}
