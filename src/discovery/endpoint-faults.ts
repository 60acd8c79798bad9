import { ClientError, type ErrorCode, waitedForUs } from '../core/errors.ts'

/** Failures that say nothing of the endpoint: of the caller, of our own limits, of what is the same everywhere. */
const NO_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TRUNKLINE_INVALID_URL',
  'ERR_TRUNKLINE_INVALID_HEADER',
  'ERR_TRUNKLINE_INVALID_METHOD',
  'ERR_TRUNKLINE_INVALID_OPTION',
  'ERR_TRUNKLINE_BODY_NOT_ALLOWED',
  'ERR_TRUNKLINE_QUEUE_FULL',
  'ERR_TRUNKLINE_DISCOVERY_FAILED',
  'ERR_TRUNKLINE_BODY_TOO_LARGE',
  'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
  'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
  'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
  'ERR_TRUNKLINE_BODY_USED',
  'ERR_TRUNKLINE_CLIENT_CLOSED',
  'ERR_TRUNKLINE_CLIENT_DESTROYED',
])

/** Whether a failed request speaks against the endpoint that it was sent to. */
export function isEndpointFault(error: unknown): boolean {
  if (error instanceof ClientError) return !NO_FAULTS.has(error.code) && !waitedForUs(error)
  // `AbortSignal.timeout`: the caller had given it time, and it let it pass. Other aborts are the caller's whim.
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** Failures of one endpoint, with nothing sent or nothing processed, that another may not have. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TRUNKLINE_DNS_FAILED',
  'ERR_TRUNKLINE_DNS_TIMEOUT',
  'ERR_TRUNKLINE_ADDRESS_BLOCKED',
  'ERR_TRUNKLINE_CONNECT_FAILED',
  'ERR_TRUNKLINE_CONNECT_TIMEOUT',
  'ERR_TRUNKLINE_PROXY_FAILED',
  'ERR_TRUNKLINE_PROXY_TIMEOUT',
  'ERR_TRUNKLINE_TLS_FAILED',
  'ERR_TRUNKLINE_TLS_TIMEOUT',
  'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
  'ERR_TRUNKLINE_ALPN_REJECTED',
  'ERR_TRUNKLINE_STREAM_REFUSED',
  'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
  'ERR_TRUNKLINE_GOAWAY',
])

export function mayGoElsewhere(error: ClientError): boolean {
  return error.processed === 'no' && ELSEWHERE.has(error.code)
}
