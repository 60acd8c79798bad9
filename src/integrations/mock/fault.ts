import {
  BodyError,
  type ClientError,
  ClosedError,
  ConnectError,
  ConnectionError,
  type ErrorCode,
  type ErrorDetails,
  InvalidRequestError,
  LimitError,
  ProtocolError,
  StreamError,
  TimeoutError,
  WebSocketError,
} from '../../core/errors.ts'

type Kind = new (code: never, message: string, details: ErrorDetails) => ClientError

/** Which class has a code: as in docs/errors.md. */
const KINDS: Readonly<Record<ErrorCode, unknown>> = {
  ERR_TRUNKLINE_INVALID_URL: InvalidRequestError,
  ERR_TRUNKLINE_INVALID_HEADER: InvalidRequestError,
  ERR_TRUNKLINE_INVALID_METHOD: InvalidRequestError,
  ERR_TRUNKLINE_INVALID_OPTION: InvalidRequestError,
  ERR_TRUNKLINE_BODY_NOT_ALLOWED: InvalidRequestError,
  ERR_TRUNKLINE_DNS_FAILED: ConnectError,
  ERR_TRUNKLINE_ADDRESS_BLOCKED: ConnectError,
  ERR_TRUNKLINE_DISCOVERY_FAILED: ConnectError,
  ERR_TRUNKLINE_CONNECT_FAILED: ConnectError,
  ERR_TRUNKLINE_PROXY_FAILED: ConnectError,
  ERR_TRUNKLINE_TLS_FAILED: ConnectError,
  ERR_TRUNKLINE_CERTIFICATE_REJECTED: ConnectError,
  ERR_TRUNKLINE_ALPN_REJECTED: ConnectError,
  ERR_TRUNKLINE_QUEUE_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_DNS_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_CONNECT_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_PROXY_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_TLS_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_SETTINGS_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_HEADERS_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_BODY_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_TOTAL_TIMEOUT: TimeoutError,
  ERR_TRUNKLINE_STREAM_REFUSED: StreamError,
  ERR_TRUNKLINE_STREAM_RESET: StreamError,
  ERR_TRUNKLINE_HTTP_1_1_REQUIRED: StreamError,
  ERR_TRUNKLINE_TUNNEL_UNSUPPORTED: StreamError,
  ERR_TRUNKLINE_CONNECTION_UNUSABLE: ConnectionError,
  ERR_TRUNKLINE_GOAWAY: ConnectionError,
  ERR_TRUNKLINE_CONNECTION_LOST: ConnectionError,
  ERR_TRUNKLINE_PING_TIMEOUT: ConnectionError,
  ERR_TRUNKLINE_PROTOCOL_VIOLATION: ProtocolError,
  ERR_TRUNKLINE_MALFORMED_RESPONSE: ProtocolError,
  ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH: ProtocolError,
  ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE: ProtocolError,
  ERR_TRUNKLINE_DECODE_FAILED: ProtocolError,
  ERR_TRUNKLINE_BODY_TOO_LARGE: ProtocolError,
  ERR_TRUNKLINE_TOO_MANY_REDIRECTS: ProtocolError,
  ERR_TRUNKLINE_REDIRECT_REFUSED: ProtocolError,
  ERR_TRUNKLINE_INTEGRITY_MISMATCH: ProtocolError,
  ERR_TRUNKLINE_EVENT_STREAM_REFUSED: ProtocolError,
  ERR_TRUNKLINE_REQUEST_BODY_FAILED: BodyError,
  ERR_TRUNKLINE_BODY_NOT_REPLAYABLE: BodyError,
  ERR_TRUNKLINE_BODY_USED: BodyError,
  ERR_TRUNKLINE_QUEUE_FULL: LimitError,
  ERR_TRUNKLINE_CIRCUIT_OPEN: LimitError,
  ERR_TRUNKLINE_CONCURRENCY_LIMIT: LimitError,
  ERR_TRUNKLINE_WEBSOCKET_REFUSED: WebSocketError,
  ERR_TRUNKLINE_CLIENT_CLOSED: ClosedError,
  ERR_TRUNKLINE_CLIENT_DESTROYED: ClosedError,
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(KINDS, text)
}

/** An error as the client makes it, of the class that the code has. */
export function faultOf(fault: ErrorCode | Error, origin: string, details: ErrorDetails = {}): Error {
  if (typeof fault !== 'string') return fault
  const kind = KINDS[fault] as Kind
  return new kind(fault as never, `${fault}, from a mock, for ${origin}.`, { origin, ...details })
}
