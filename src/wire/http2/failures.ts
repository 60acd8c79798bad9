import { type ClientError, ProtocolError, type StreamError } from '../../core/errors.ts'
import type { GoAway } from '../../core/go-away.ts'
import { errorCodeName } from '../../core/http2-error-names.ts'
import {
  at,
  connectionLost,
  type FailedConnection,
  malformed as malformedResponse,
  type ResetHints,
  resetByPeer as streamReset,
  violation,
} from '../../core/http2-failures.ts'
import { ConnectionFault } from './connection-fault.ts'
import { ErrorCode } from './frame-types.ts'
import { HpackError } from './hpack/hpack-error.ts'
import type { WireTrace } from './wire-trace.ts'

/** What is known of the connection when something on it fails. */
export interface ConnectionFacts extends FailedConnection {
  goAway: GoAway | null
  /** Null: it tells nothing. */
  readonly trace: WireTrace | null
}

export interface StreamFacts {
  readonly streamId: number
  /** The final response head came. */
  readonly sawHead: boolean
}

/** What was thrown while bytes were taken in, as the error that it is for the connection. */
export function faultOf(facts: ConnectionFacts, thrown: unknown): { http2Code: number; error: ClientError } {
  if (thrown instanceof ConnectionFault) return ofConnection(facts, thrown.http2Code, thrown.message, thrown)
  if (thrown instanceof HpackError) {
    const what = `${thrown.message} (RFC 9113 section 4.3)`
    return ofConnection(facts, ErrorCode.COMPRESSION_ERROR, what, thrown)
  }
  // A handler threw, or there is a mistake here: no state can be relied on any more.
  return { http2Code: ErrorCode.INTERNAL_ERROR, error: connectionLost(facts, thrown) }
}

function ofConnection(facts: ConnectionFacts, http2Code: number, what: string, cause: Error) {
  return { http2Code, error: violation(facts, http2Code, what, { phase: 'headers', cause }) }
}

/** A stream error of ours (RFC 9113 section 5.4.2); `what` says what the peer did. */
export function streamViolation(
  facts: ConnectionFacts,
  stream: StreamFacts,
  http2Code: number,
  what: string,
): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    `${facts.origin} broke the HTTP/2 protocol on a stream (${errorCodeName(http2Code)}: ${what}); the stream was reset.`,
    { ...at(facts, stream), http2Code },
  )
}

/** As in core; `answered`: it was the final head, so the server did act on the request. */
export function malformed(
  facts: ConnectionFacts,
  stream: StreamFacts,
  why: string,
  answered: boolean,
): ProtocolError {
  return malformedResponse(facts, stream, why, {
    ...(answered ? { processed: 'yes' } : {}),
    http2Code: ErrorCode.PROTOCOL_ERROR,
  })
}

/** RFC 9113 section 8.1.1: other than Content-Length bytes of DATA. */
export function lengthMismatch(
  facts: ConnectionFacts,
  stream: StreamFacts,
  expected: number,
  received: number,
): ProtocolError {
  const what = received > expected ? `more than that` : `${received}`
  return new ProtocolError(
    'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH',
    `${facts.origin} announced ${expected} bytes and sent ${what}; the response is incomplete.`,
    { ...at(facts, stream), http2Code: ErrorCode.PROTOCOL_ERROR },
  )
}

const RESET_HINTS: ResetHints = {
  ENHANCE_YOUR_CALM: 'It asks for fewer requests.',
  PROTOCOL_ERROR: 'It says that the request broke the protocol.',
}

/** RST_STREAM came, before END_STREAM. */
export function resetByPeer(facts: ConnectionFacts, stream: StreamFacts, http2Code: number): StreamError {
  return streamReset(facts, stream, http2Code, RESET_HINTS)
}
