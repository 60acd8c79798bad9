import * as http2 from 'node:http2'
import { type ClientError, InvalidRequestError } from '../../core/errors.ts'
import type { GoAway } from '../../core/go-away.ts'
import {
  at,
  connectionLost,
  type FailedConnection,
  type FailedStream,
  goneAway,
  malformed,
  type ResetHints,
  resetByPeer,
  unusable,
  violation,
} from '../../core/http2-failures.ts'

/**
 * What node:http2's events mean. This is the only file that reads `rstCode` and Node's error codes; design notes
 * on each trap stand with the tests that pin them (test/wire/node-http2-traps.test.ts).
 */

/** What is known about the connection when one of its streams ends; filled in as it happens. */
export interface ConnectionFacts extends FailedConnection {
  goAway: GoAway | null
  /** The socket's or session's own error. */
  lost: Error | null
  /** The socket is gone: a CANCEL from now on is Node's, not the peer's. */
  socketClosed?: boolean
}

/**
 * How a closed stream ended: null for a complete response. `ended`: END_STREAM came, which
 * `rstCode` does not tell: Node also closes a stream with 0 that it dropped with the connection.
 */
export function streamOutcome(
  facts: ConnectionFacts,
  stream: FailedStream,
  rstCode: number,
  ended: boolean,
  error: Error | null,
): ClientError | null {
  const leftBehind = unprocessedByGoAway(facts, stream)
  if (rstCode === http2.constants.NGHTTP2_NO_ERROR && error === null) {
    if (stream.sawHead) return ended ? null : lostStream(facts, stream, null)
    if (ended) return malformed(facts, stream, 'ended the stream without a response')
    return leftBehind === null
      ? lostStream(facts, stream, null)
      : goneAway(facts, leftBehind, stream, { cause: null })
  }
  if (leftBehind !== null) return goneAway(facts, leftBehind, stream, { cause: error })
  if (facts.socketClosed || facts.lost !== null) return lostStream(facts, stream, error)
  const nodeCode = codeOf(error)
  if (VIOLATIONS.has(nodeCode)) return violationOn(facts, stream, error)
  if (nodeCode === 'ERR_HTTP2_SESSION_ERROR') return lostStream(facts, stream, error)
  if (NEVER_SENT.has(nodeCode) && !stream.sawHead) return unusable(facts, error)
  return resetByPeer(facts, stream, rstCode, RESET_HINTS, { cause: error })
}

/** Node's words for a session that it ended because the peer broke a rule or a limit. */
const VIOLATIONS = new Set(['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'])

/** Node's words for a stream that it made but never put on the wire. */
const NEVER_SENT = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_OUT_OF_STREAMS',
])

/** Node does not say that it was not the peer who reset the stream. */
const RESET_HINTS: ResetHints = {
  ENHANCE_YOUR_CALM: 'It asks for fewer requests, or a header section was above the limits.',
  PROTOCOL_ERROR:
    'Either the server says that the request broke the protocol, or its response did: a content-length that does not match, a missing status.',
}

/** The GOAWAY that says so: streams above its last stream id were not and will not be processed (RFC 9113 section 6.8). */
function unprocessedByGoAway({ goAway }: ConnectionFacts, stream: FailedStream): GoAway | null {
  if (goAway === null || stream.sawHead) return null
  return stream.streamId === undefined || stream.streamId > goAway.lastStreamId ? goAway : null
}

function violationOn(facts: ConnectionFacts, stream: FailedStream, cause: Error | null): ClientError {
  const what = cause?.message ?? 'no detail'
  return violation(facts, codeOfViolation(cause), what, { ...at(facts, stream), cause })
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

function lostStream(facts: ConnectionFacts, stream: FailedStream, error: Error | null): ClientError {
  const cause = facts.lost ?? error
  if (VIOLATIONS.has(codeOf(cause))) return violationOn(facts, stream, cause)
  return connectionLost(facts, cause, stream)
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

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '')
}
