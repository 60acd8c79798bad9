import type { PhaseTimings } from './phase-timings.ts'

/**
 * Every error that leaves Trunkline. A `ClientError` says what happened, to which origin, in which phase, and
 * whether the server could have acted on the request; `docs/errors.md` says what to do about each code.
 */

/**
 * Could the server have acted on the request (RFC 9113 section 8.7)?
 * `no`: provably not, so any method may be sent again. `maybe`: it was sent and nothing came back.
 * `yes`: the server answered.
 */
export type Processed = 'no' | 'maybe' | 'yes'

/** Where in its life a request was when it failed. */
export type Phase =
  | 'validate'
  | 'queue'
  | 'dns'
  | 'connect'
  | 'proxy'
  | 'tls'
  | 'settings'
  | 'headers'
  | 'body'
  | 'retry'
  | 'close'

/** The codes of `InvalidRequestError`. */
export type InvalidRequestCode =
  | 'ERR_TRUNKLINE_INVALID_URL'
  | 'ERR_TRUNKLINE_INVALID_HEADER'
  | 'ERR_TRUNKLINE_INVALID_METHOD'
  | 'ERR_TRUNKLINE_INVALID_OPTION'
  | 'ERR_TRUNKLINE_BODY_NOT_ALLOWED'

/** The codes of `ConnectError`. */
export type ConnectErrorCode =
  | 'ERR_TRUNKLINE_DNS_FAILED'
  | 'ERR_TRUNKLINE_ADDRESS_BLOCKED'
  | 'ERR_TRUNKLINE_DISCOVERY_FAILED'
  | 'ERR_TRUNKLINE_CONNECT_FAILED'
  | 'ERR_TRUNKLINE_PROXY_FAILED'
  | 'ERR_TRUNKLINE_TLS_FAILED'
  | 'ERR_TRUNKLINE_CERTIFICATE_REJECTED'
  | 'ERR_TRUNKLINE_ALPN_REJECTED'

/** The codes of `TimeoutError`. */
export type TimeoutErrorCode =
  | 'ERR_TRUNKLINE_QUEUE_TIMEOUT'
  | 'ERR_TRUNKLINE_DNS_TIMEOUT'
  | 'ERR_TRUNKLINE_CONNECT_TIMEOUT'
  | 'ERR_TRUNKLINE_PROXY_TIMEOUT'
  | 'ERR_TRUNKLINE_TLS_TIMEOUT'
  | 'ERR_TRUNKLINE_SETTINGS_TIMEOUT'
  | 'ERR_TRUNKLINE_HEADERS_TIMEOUT'
  | 'ERR_TRUNKLINE_BODY_TIMEOUT'
  | 'ERR_TRUNKLINE_TOTAL_TIMEOUT'

/** The codes of `StreamError`. */
export type StreamErrorCode =
  | 'ERR_TRUNKLINE_STREAM_REFUSED'
  | 'ERR_TRUNKLINE_STREAM_RESET'
  | 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED'
  | 'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED'

/** The codes of `ConnectionError`. */
export type ConnectionErrorCode =
  | 'ERR_TRUNKLINE_CONNECTION_UNUSABLE'
  | 'ERR_TRUNKLINE_GOAWAY'
  | 'ERR_TRUNKLINE_CONNECTION_LOST'
  | 'ERR_TRUNKLINE_PING_TIMEOUT'

/** The codes of `ProtocolError`. */
export type ProtocolErrorCode =
  | 'ERR_TRUNKLINE_PROTOCOL_VIOLATION'
  | 'ERR_TRUNKLINE_MALFORMED_RESPONSE'
  | 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH'
  | 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE'
  | 'ERR_TRUNKLINE_DECODE_FAILED'
  | 'ERR_TRUNKLINE_BODY_TOO_LARGE'
  | 'ERR_TRUNKLINE_TOO_MANY_REDIRECTS'
  | 'ERR_TRUNKLINE_REDIRECT_REFUSED'
  | 'ERR_TRUNKLINE_INTEGRITY_MISMATCH'
  | 'ERR_TRUNKLINE_EVENT_STREAM_REFUSED'

/** The codes of `BodyError`. */
export type BodyErrorCode =
  | 'ERR_TRUNKLINE_REQUEST_BODY_FAILED'
  | 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE'
  | 'ERR_TRUNKLINE_BODY_USED'

/** The codes of `LimitError`. */
export type LimitErrorCode =
  | 'ERR_TRUNKLINE_QUEUE_FULL'
  | 'ERR_TRUNKLINE_CIRCUIT_OPEN'
  | 'ERR_TRUNKLINE_CONCURRENCY_LIMIT'

/** The codes of `WebSocketError`. */
export type WebSocketErrorCode = 'ERR_TRUNKLINE_WEBSOCKET_REFUSED'

/** The codes of `ClosedError`. */
export type ClosedErrorCode = 'ERR_TRUNKLINE_CLIENT_CLOSED' | 'ERR_TRUNKLINE_CLIENT_DESTROYED'

/** The codes of every `ClientError`, as a union that a `switch` can exhaust. */
export type ErrorCode =
  | InvalidRequestCode
  | ConnectErrorCode
  | TimeoutErrorCode
  | StreamErrorCode
  | ConnectionErrorCode
  | ProtocolErrorCode
  | BodyErrorCode
  | LimitErrorCode
  | WebSocketErrorCode
  | ClosedErrorCode

/** What is known about the failure beside its code; every field is optional and may be filled in on the way up. */
export interface ErrorDetails {
  readonly cause?: unknown
  readonly processed?: Processed
  readonly origin?: string | undefined
  readonly connectionId?: number | undefined
  readonly streamId?: number | undefined
  readonly phase?: Phase | undefined
  /** The HTTP/2 error code (RFC 9113 section 7) behind the failure, when the peer or the engine named one. */
  readonly http2Code?: number | undefined
  readonly timings?: PhaseTimings | undefined
  /** Of a `ConnectError`: what a proxy answered. */
  readonly status?: number | undefined
}

/** Base of all errors made by Trunkline. Aborts are not among them: they reject with `signal.reason` untouched. */
export abstract class ClientError extends Error {
  abstract override readonly name: string
  readonly code: ErrorCode
  readonly processed: Processed
  readonly http2Code: number | undefined
  origin: string | undefined
  connectionId: number | undefined
  streamId: number | undefined
  phase: Phase | undefined
  /** Where the time went until the failure, as far as it is known. */
  timings: PhaseTimings
  /** The id that the call ran under, of clients with the option `correlation`. */
  correlationId: string | undefined = undefined
  /** How many times the request was put on a connection, this failure included; 0 when it never was. */
  attempts = 0

  constructor(code: ErrorCode, message: string, processed: Processed, details: ErrorDetails) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.processed = details.processed ?? processed
    this.http2Code = details.http2Code
    this.origin = details.origin
    this.connectionId = details.connectionId
    this.streamId = details.streamId
    this.phase = details.phase
    this.timings = details.timings ?? NO_TIMINGS
  }
}

const NO_TIMINGS: PhaseTimings = Object.freeze({})

/**
 * A copy of an error that several requests have in common, such as the loss of their connection. Each request gets
 * one of its own, since what is known about it (stream, attempts) differs.
 */
export function copyOf(error: ClientError, message = error.message, details: ErrorDetails = {}): ClientError {
  const Kind = error.constructor as new (
    code: ErrorCode,
    message: string,
    details: ErrorDetails,
  ) => ClientError
  const { cause, processed, origin, connectionId, streamId, phase, http2Code, timings } = error
  const status = error instanceof ConnectError ? error.status : undefined
  const same = { processed, origin, connectionId, streamId, phase, http2Code, timings, status, ...details }
  return new Kind(error.code, message, cause === undefined ? same : { cause, ...same })
}

/** The request or the options are wrong; nothing was sent. */
export class InvalidRequestError extends ClientError {
  override readonly name = 'InvalidRequestError'
  declare readonly code: InvalidRequestCode
  constructor(code: InvalidRequestCode, message: string, details: ErrorDetails = {}) {
    super(code, message, 'no', { phase: 'validate', ...details })
  }
}

/** No connection came about: DNS, TCP, a proxy, TLS, certificate or ALPN. */
export class ConnectError extends ClientError {
  override readonly name = 'ConnectError'
  declare readonly code: ConnectErrorCode
  /** What a proxy answered in place of a connection, if it was that: 407, 502, ... */
  readonly status: number | undefined
  constructor(code: ConnectErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, 'no', details)
    this.status = details.status
  }
}

/** In these phases a request has not been sent. */
const TIMEOUTS_BEFORE_SENDING: ReadonlySet<TimeoutErrorCode> = new Set([
  'ERR_TRUNKLINE_QUEUE_TIMEOUT',
  'ERR_TRUNKLINE_DNS_TIMEOUT',
  'ERR_TRUNKLINE_CONNECT_TIMEOUT',
  'ERR_TRUNKLINE_PROXY_TIMEOUT',
  'ERR_TRUNKLINE_TLS_TIMEOUT',
])

/** A phase took longer than its limit, or all of them together did. `phase` names the one in which time ran out. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError'
  declare readonly code: TimeoutErrorCode
  constructor(code: TimeoutErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, TIMEOUTS_BEFORE_SENDING.has(code) ? 'no' : 'maybe', details)
  }
}

/** Time ran out in a queue of ours: nobody asked the server yet. */
export function waitedForUs({ code, phase }: ClientError): boolean {
  return (
    code === 'ERR_TRUNKLINE_QUEUE_TIMEOUT' || (code === 'ERR_TRUNKLINE_TOTAL_TIMEOUT' && phase === 'queue')
  )
}

/** One stream failed; its connection lives on. */
export class StreamError extends ClientError {
  override readonly name = 'StreamError'
  declare readonly code: StreamErrorCode
  constructor(code: StreamErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, code === 'ERR_TRUNKLINE_STREAM_RESET' ? 'maybe' : 'no', details)
  }
}

/** The connection under the request went away or may take no new streams. */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError'
  declare readonly code: ConnectionErrorCode
  constructor(code: ConnectionErrorCode, message: string, details: ErrorDetails = {}) {
    const unsent = code === 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' || code === 'ERR_TRUNKLINE_GOAWAY'
    super(code, message, unsent ? 'no' : 'maybe', details)
  }
}

/** The server broke the protocol, or sent more than a limit allows. */
export class ProtocolError extends ClientError {
  override readonly name = 'ProtocolError'
  declare readonly code: ProtocolErrorCode
  constructor(code: ProtocolErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, 'maybe', details)
  }
}

/** The body given with the request failed, or cannot be sent a second time. */
export class BodyError extends ClientError {
  override readonly name = 'BodyError'
  declare readonly code: BodyErrorCode
  constructor(code: BodyErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, 'maybe', details)
  }
}

export interface LimitErrorDetails extends ErrorDetails {
  readonly retryAfter?: number | undefined
}

/** A configured limit refused the request before it was sent. */
export class LimitError extends ClientError {
  override readonly name = 'LimitError'
  declare readonly code: LimitErrorCode
  /** ms until another try may be let through, where that is known: of an open circuit. */
  readonly retryAfter: number | undefined
  /** The same as a time, ms since 1970. */
  readonly nextTryAt: number | undefined
  constructor(code: LimitErrorCode, message: string, details: LimitErrorDetails = {}) {
    super(code, message, 'no', { phase: 'queue', ...details })
    this.retryAfter = details.retryAfter
    this.nextTryAt = details.retryAfter === undefined ? undefined : Math.ceil(Date.now() + details.retryAfter)
  }
}

export interface WebSocketErrorDetails extends ErrorDetails {
  readonly status?: number | undefined
  readonly headers?: readonly string[] | undefined
}

/** The server did not agree to a WebSocket, or not in order. */
export class WebSocketError extends ClientError {
  override readonly name = 'WebSocketError'
  declare readonly code: WebSocketErrorCode
  /** Of its answer, where there was one; 200 and 101 are those of an answer that was not in order. */
  readonly status: number | undefined
  /** Name, value, name, value; empty where nothing came. */
  readonly headers: readonly string[]
  constructor(code: WebSocketErrorCode, message: string, details: WebSocketErrorDetails = {}) {
    super(code, message, 'yes', { phase: 'headers', ...details })
    this.status = details.status
    this.headers = details.headers ?? []
  }
}

/** The client was closed or destroyed. */
export class ClosedError extends ClientError {
  override readonly name = 'ClosedError'
  declare readonly code: ClosedErrorCode
  constructor(code: ClosedErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, code === 'ERR_TRUNKLINE_CLIENT_CLOSED' ? 'no' : 'maybe', details)
  }
}
