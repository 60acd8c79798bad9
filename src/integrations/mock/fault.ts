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
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  [TimeoutError, /_TIMEOUT$/],
  [InvalidRequestError, /_INVALID_|_BODY_NOT_ALLOWED$/],
  [
    ConnectError,
    /_(DNS_FAILED|ADDRESS_BLOCKED|DISCOVERY_FAILED|CONNECT_FAILED|PROXY_FAILED|TLS_FAILED|CERTIFICATE_REJECTED|ALPN_REJECTED)$/,
  ],
  [StreamError, /^ERR_TRUNKLINE_(STREAM_REFUSED|STREAM_RESET|HTTP_1_1_REQUIRED|TUNNEL_UNSUPPORTED)$/],
  [ConnectionError, /_(CONNECTION_UNUSABLE|GOAWAY|CONNECTION_LOST)$/],
  [BodyError, /_(REQUEST_BODY_FAILED|BODY_NOT_REPLAYABLE|BODY_USED)$/],
  [LimitError, /_(QUEUE_FULL|CIRCUIT_OPEN|CONCURRENCY_LIMIT)$/],
  [WebSocketError, /_WEBSOCKET_REFUSED$/],
  [ClosedError, /_CLIENT_(CLOSED|DESTROYED)$/],
]

/** PING_TIMEOUT is a failure of the connection, in spite of its name. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set(['ERR_TRUNKLINE_PING_TIMEOUT'])

/** An error as the client makes it, of the class that the code has. */
export function faultOf(fault: ErrorCode | Error, origin: string, details: ErrorDetails = {}): Error {
  if (typeof fault !== 'string') return fault
  const kind = OF_CONNECTIONS.has(fault)
    ? ConnectionError
    : (KINDS.find(([, pattern]) => pattern.test(fault))?.[0] ?? ProtocolError)
  return new (kind as Kind)(fault as never, `${fault}, from a mock, for ${origin}.`, { origin, ...details })
}
