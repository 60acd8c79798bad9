import {
  type BodyError,
  ClientError,
  type ClosedError,
  type ConnectError,
  type ConnectionError,
  type ErrorCode,
  type InvalidRequestError,
  LimitError,
  type Phase,
  type Processed,
  type ProtocolError,
  StreamError,
  type TimeoutError,
  type WebSocketError,
} from 'trunkline'
import { expectTypeOf } from 'vitest'

/** A `switch` over all codes compiles only as long as it is complete: a new code belongs in docs/errors.md too. */
export function classOf(code: ErrorCode): string {
  switch (code) {
    case 'ERR_TRUNKLINE_INVALID_URL':
    case 'ERR_TRUNKLINE_INVALID_HEADER':
    case 'ERR_TRUNKLINE_INVALID_METHOD':
    case 'ERR_TRUNKLINE_INVALID_OPTION':
    case 'ERR_TRUNKLINE_BODY_NOT_ALLOWED':
      return 'InvalidRequestError'
    case 'ERR_TRUNKLINE_DNS_FAILED':
    case 'ERR_TRUNKLINE_ADDRESS_BLOCKED':
    case 'ERR_TRUNKLINE_DISCOVERY_FAILED':
    case 'ERR_TRUNKLINE_CONNECT_FAILED':
    case 'ERR_TRUNKLINE_PROXY_FAILED':
    case 'ERR_TRUNKLINE_TLS_FAILED':
    case 'ERR_TRUNKLINE_CERTIFICATE_REJECTED':
    case 'ERR_TRUNKLINE_ALPN_REJECTED':
      return 'ConnectError'
    case 'ERR_TRUNKLINE_QUEUE_TIMEOUT':
    case 'ERR_TRUNKLINE_DNS_TIMEOUT':
    case 'ERR_TRUNKLINE_CONNECT_TIMEOUT':
    case 'ERR_TRUNKLINE_PROXY_TIMEOUT':
    case 'ERR_TRUNKLINE_TLS_TIMEOUT':
    case 'ERR_TRUNKLINE_SETTINGS_TIMEOUT':
    case 'ERR_TRUNKLINE_HEADERS_TIMEOUT':
    case 'ERR_TRUNKLINE_BODY_TIMEOUT':
    case 'ERR_TRUNKLINE_TOTAL_TIMEOUT':
      return 'TimeoutError'
    case 'ERR_TRUNKLINE_STREAM_REFUSED':
    case 'ERR_TRUNKLINE_STREAM_RESET':
    case 'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED':
    case 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED':
      return 'StreamError'
    case 'ERR_TRUNKLINE_CONNECTION_UNUSABLE':
    case 'ERR_TRUNKLINE_GOAWAY':
    case 'ERR_TRUNKLINE_CONNECTION_LOST':
    case 'ERR_TRUNKLINE_PING_TIMEOUT':
      return 'ConnectionError'
    case 'ERR_TRUNKLINE_PROTOCOL_VIOLATION':
    case 'ERR_TRUNKLINE_MALFORMED_RESPONSE':
    case 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH':
    case 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE':
    case 'ERR_TRUNKLINE_DECODE_FAILED':
    case 'ERR_TRUNKLINE_BODY_TOO_LARGE':
    case 'ERR_TRUNKLINE_TOO_MANY_REDIRECTS':
    case 'ERR_TRUNKLINE_REDIRECT_REFUSED':
    case 'ERR_TRUNKLINE_INTEGRITY_MISMATCH':
    case 'ERR_TRUNKLINE_EVENT_STREAM_REFUSED':
      return 'ProtocolError'
    case 'ERR_TRUNKLINE_REQUEST_BODY_FAILED':
    case 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE':
    case 'ERR_TRUNKLINE_BODY_USED':
      return 'BodyError'
    case 'ERR_TRUNKLINE_QUEUE_FULL':
    case 'ERR_TRUNKLINE_CIRCUIT_OPEN':
    case 'ERR_TRUNKLINE_CONCURRENCY_LIMIT':
      return 'LimitError'
    case 'ERR_TRUNKLINE_WEBSOCKET_REFUSED':
      return 'WebSocketError'
    case 'ERR_TRUNKLINE_CLIENT_CLOSED':
    case 'ERR_TRUNKLINE_CLIENT_DESTROYED':
      return 'ClosedError'
    default:
      return code satisfies never
  }
}

/** `instanceof` narrows, each class to its own codes. */
export function narrow(error: unknown): void {
  if (!(error instanceof ClientError)) return
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
  expectTypeOf(error.processed).toEqualTypeOf<Processed>()
  expectTypeOf(error.phase).toEqualTypeOf<Phase | undefined>()
  expectTypeOf(error.attempts).toBeNumber()
  expectTypeOf(error).toExtend<Error>()
  if (error instanceof StreamError) {
    expectTypeOf(error.code).toEqualTypeOf<
      | 'ERR_TRUNKLINE_STREAM_REFUSED'
      | 'ERR_TRUNKLINE_STREAM_RESET'
      | 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED'
      | 'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED'
    >()
    // @ts-expect-error: a code of another class
    if (error.code === 'ERR_TRUNKLINE_GOAWAY') return
  }
  // @ts-expect-error: a code that there is not
  if (error.code === 'ERR_TRUNKLINE_NO_SUCH_CODE') return
}

type Codes = (
  | InvalidRequestError
  | ConnectError
  | TimeoutError
  | StreamError
  | ConnectionError
  | ProtocolError
  | BodyError
  | LimitError
  | WebSocketError
  | ClosedError
)['code']

// The codes of the classes together are all codes.
expectTypeOf<Codes>().toEqualTypeOf<ErrorCode>()
expectTypeOf<Processed>().toEqualTypeOf<'no' | 'maybe' | 'yes'>()

// @ts-expect-error: the base has no instances of its own
new ClientError('ERR_TRUNKLINE_GOAWAY', '', 'no', {})
// @ts-expect-error: a code of another class
new LimitError('ERR_TRUNKLINE_GOAWAY', '')
