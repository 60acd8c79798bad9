import * as http2 from 'node:http2'
import {
  type ClientError,
  ConnectionError,
  copyOf,
  type ErrorDetails,
  InvalidRequestError,
  ProtocolError,
  StreamError,
} from '../../core/errors.ts'
import { errorCodeName } from '../../core/http2-error-names.ts'
import type { GoAway } from '../contract.ts'

/**
 * What node:http2's events mean. This is the only file that reads `rstCode` and Node's error codes; design notes
 * on each trap stand with the tests that pin them (test/wire/node-http2-traps.test.ts).
 */

/** What is known about the connection when one of its streams ends; filled in as it happens. */
export interface ConnectionFacts {
  readonly origin: string
  readonly connectionId: number
  goAway: GoAway | null
  /** The socket's or session's own error. */
  lost: Error | null
  /** The socket is gone: a CANCEL from now on is Node's, not the peer's. */
  socketClosed?: boolean
}

export interface StreamFacts {
  readonly streamId: number | undefined
  readonly sawHead: boolean
}

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED } =
  http2.constants

/**
 * How a closed stream ended: null for a complete response. `ended`: END_STREAM came, which
 * `rstCode` does not tell: Node also closes a stream with 0 that it dropped with the connection.
 */
export function streamOutcome(
  facts: ConnectionFacts,
  stream: StreamFacts,
  rstCode: number,
  ended: boolean,
  error: Error | null,
): ClientError | null {
  if (rstCode === NGHTTP2_NO_ERROR && error === null) {
    if (stream.sawHead) return ended ? null : lostStream(facts, stream, null)
    if (ended) return endedWithoutHead(facts, stream)
    return unprocessedByGoAway(facts, stream)
      ? goneAway(facts, stream, null)
      : lostStream(facts, stream, null)
  }
  if (unprocessedByGoAway(facts, stream)) return goneAway(facts, stream, error)
  if (facts.socketClosed || facts.lost !== null) return lostStream(facts, stream, error)
  const nodeCode = codeOf(error)
  if (VIOLATIONS.has(nodeCode)) return violation(facts, stream, error)
  if (nodeCode === 'ERR_HTTP2_SESSION_ERROR') return lostStream(facts, stream, error)
  if (NEVER_SENT.has(nodeCode) && !stream.sawHead) return unusable(facts, error)
  return resetByPeer(facts, stream, rstCode, error)
}

/** Node's words for a session that it ended because the peer broke a rule or a limit. */
const VIOLATIONS = new Set(['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'])

/** Node's words for a stream that it made but never put on the wire. */
const NEVER_SENT = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS',
])

/** RFC 9113 section 6.8: streams above the last stream id were not and will not be processed. */
function unprocessedByGoAway(facts: ConnectionFacts, stream: StreamFacts): boolean {
  if (facts.goAway === null || stream.sawHead) return false
  return stream.streamId === undefined || stream.streamId > facts.goAway.lastStreamId
}

function goneAway(facts: ConnectionFacts, stream: StreamFacts, cause: Error | null): ClientError {
  const goAway = facts.goAway as GoAway
  return new ConnectionError(
    'ERR_TRUNKLINE_GOAWAY',
    `${facts.origin} is closing its connection (GOAWAY ${sayGoAway(goAway)}) and did not process this request; it is safe to send again.`,
    { ...at(facts, stream, 'headers'), http2Code: goAway.http2Code, cause },
  )
}

function resetByPeer(
  facts: ConnectionFacts,
  stream: StreamFacts,
  rstCode: number,
  cause: Error | null,
): ClientError {
  const details = { ...at(facts, stream, stream.sawHead ? 'body' : 'headers'), http2Code: rstCode, cause }
  if (!stream.sawHead && rstCode === NGHTTP2_REFUSED_STREAM) {
    return new StreamError(
      'ERR_TRUNKLINE_STREAM_REFUSED',
      `${facts.origin} refused the stream before processing it (REFUSED_STREAM); it is safe to send the request again.`,
      details,
    )
  }
  if (!stream.sawHead && rstCode === NGHTTP2_HTTP_1_1_REQUIRED) {
    return new StreamError(
      'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
      `${facts.origin} requires HTTP/1.1 for this request (HTTP_1_1_REQUIRED). Add 'http/1.1' to the client's \`protocols\`.`,
      details,
    )
  }
  const where = stream.sawHead ? AFTER_HEAD : BEFORE_HEAD
  return new StreamError(
    'ERR_TRUNKLINE_STREAM_RESET',
    `The stream to ${facts.origin} was reset ${where} (${errorCodeName(rstCode)}).${advice(rstCode)}`,
    details,
  )
}

function advice(rstCode: number): string {
  if (rstCode === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return ' It asks for fewer requests, or a header section was above the limits.'
  if (rstCode === http2.constants.NGHTTP2_PROTOCOL_ERROR)
    return ' Either the server says that the request broke the protocol, or its response did: a content-length that does not match, a missing status.'
  if (rstCode === NGHTTP2_CANCEL) return ' The server gave the response up; its log should say why.'
  return ''
}

function endedWithoutHead(facts: ConnectionFacts, stream: StreamFacts): ClientError {
  return new ProtocolError(
    'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    `${facts.origin} ended the stream without a response.`,
    at(facts, stream, 'headers'),
  )
}

function violation(facts: ConnectionFacts, stream: StreamFacts, error: Error | null): ClientError {
  const http2Code = codeOfViolation(error)
  return new ProtocolError(
    'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    `${facts.origin} broke the HTTP/2 protocol (${errorCodeName(http2Code)}: ${error?.message ?? 'no detail'}); its connection was closed.`,
    { ...at(facts, stream, stream.sawHead ? 'body' : 'headers'), http2Code, cause: error },
  )
}

/** The response head, or one before it, is not acceptable; `why` follows the name of the origin. */
export function malformedHead(facts: ConnectionFacts, stream: StreamFacts, why: string): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    `${facts.origin} ${why}.`,
    at(facts, stream, 'headers'),
  )
}

export function headerListTooLarge(
  facts: ConnectionFacts,
  stream: StreamFacts,
  bytes: number,
  fields: number,
): ProtocolError {
  const what = stream.sawHead ? 'trailers' : 'response headers'
  return new ProtocolError(
    'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
    `${facts.origin} sent ${what} of more than ${bytes} bytes or ${fields} fields. Raise http2.maxHeaderListSize or http2.maxHeaderFields if that is expected.`,
    at(facts, stream, stream.sawHead ? 'body' : 'headers'),
  )
}

/** nghttp2's own error numbers (nghttp2.h, `nghttp2_error`) as the RFC's codes. */
function codeOfViolation(error: Error | null): number {
  const errno = (error as { errno?: number } | null)?.errno
  if (errno === -523) return http2.constants.NGHTTP2_COMPRESSION_ERROR
  if (errno === -524) return http2.constants.NGHTTP2_FLOW_CONTROL_ERROR
  if (errno === -522) return http2.constants.NGHTTP2_FRAME_SIZE_ERROR
  if (codeOf(error) === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES') return http2.constants.NGHTTP2_ENHANCE_YOUR_CALM
  if (errno === -904 || errno === -905) return http2.constants.NGHTTP2_ENHANCE_YOUR_CALM
  return http2.constants.NGHTTP2_PROTOCOL_ERROR
}

function lostStream(facts: ConnectionFacts, stream: StreamFacts, error: Error | null): ClientError {
  const cause = facts.lost ?? error
  if (VIOLATIONS.has(codeOf(cause))) return violation(facts, stream, cause)
  return lost(facts, at(facts, stream, stream.sawHead ? 'body' : 'headers'), cause)
}

/** The connection went away; streams on it may have been processed. */
export function connectionLost(facts: ConnectionFacts, cause: unknown): ConnectionError {
  return lost(facts, { origin: facts.origin, connectionId: facts.connectionId }, cause)
}

function lost(facts: ConnectionFacts, details: ErrorDetails, cause: unknown): ConnectionError {
  const goAway = facts.goAway
  const why = goAway === null ? reason(cause) : ` after GOAWAY ${sayGoAway(goAway)}`
  const when = details.phase === 'body' ? AFTER_HEAD : BEFORE_HEAD
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_LOST',
    `The connection to ${facts.origin} was lost ${when}${why}.`,
    { ...details, cause, http2Code: goAway?.http2Code },
  )
}

function reason(cause: unknown): string {
  const code = codeOf(cause)
  return code === '' ? ': the server closed it' : ` (${code})`
}

/** A failure of the connection as one of its streams sees it: an error of its own, with its id and phase. */
export function forStream(error: ClientError, stream: StreamFacts): ClientError {
  const { streamId, sawHead } = stream
  if (!sawHead) return copyOf(error, error.message, { streamId, phase: error.phase ?? 'headers' })
  return copyOf(error, error.message.replace(BEFORE_HEAD, AFTER_HEAD), {
    streamId,
    phase: 'body',
    processed: 'yes',
  })
}

const BEFORE_HEAD = 'before a response came'
const AFTER_HEAD = 'in the middle of the response body'

/** The connection may take no new request; nothing was sent. */
export function unusable(facts: ConnectionFacts, cause: unknown = null): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `The connection to ${facts.origin} takes no new requests; this one was not sent and can use another connection.`,
    { origin: facts.origin, connectionId: facts.connectionId, cause },
  )
}

/** `session.request()` threw. */
export function requestRefused(facts: ConnectionFacts, error: unknown): ClientError {
  const code = codeOf(error)
  const invalid =
    code.startsWith('ERR_INVALID_') ||
    code === 'ERR_HTTP2_INVALID_CONNECTION_HEADERS' ||
    INVALID_HEAD.has(code)
  if (!invalid) return unusable(facts, error)
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    `The request cannot be sent over HTTP/2: ${(error as Error).message}.`,
    { origin: facts.origin, cause: error },
  )
}

const INVALID_HEAD = new Set([
  'ERR_HTTP2_HEADER_SINGLE_VALUE',
  'ERR_HTTP2_INVALID_HEADER_VALUE',
  'ERR_HTTP2_INVALID_PSEUDOHEADER',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_HTTP2_CONNECT_PATH',
  'ERR_HTTP2_CONNECT_SCHEME',
  'ERR_HTTP2_CONNECT_AUTHORITY',
  'ERR_HTTP2_STATUS_INVALID',
])

function at(facts: ConnectionFacts, stream: StreamFacts, phase: 'headers' | 'body'): ErrorDetails {
  return {
    origin: facts.origin,
    connectionId: facts.connectionId,
    streamId: stream.streamId,
    phase,
    ...(stream.sawHead ? { processed: 'yes' as const } : {}),
  }
}

function sayGoAway(goAway: GoAway): string {
  const debug = goAway.debug === '' ? '' : `, "${goAway.debug.slice(0, 100)}"`
  return `${errorCodeName(goAway.http2Code)}${debug}`
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '')
}
