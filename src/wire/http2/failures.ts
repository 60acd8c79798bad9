import {
  type ClientError,
  ConnectionError,
  copyOf,
  type ErrorDetails,
  ProtocolError,
  StreamError,
} from '../../core/errors.ts'
import type { GoAway } from '../contract.ts'
import { ConnectionFault } from './connection-fault.ts'
import { ErrorCode, errorCodeName } from './frame-types.ts'
import { HpackError } from './hpack/hpack-error.ts'
import type { WireTrace } from './wire-trace.ts'

/** What is known of the connection when something on it fails. */
export interface ConnectionFacts {
  readonly origin: string
  readonly connectionId: number
  goAway: GoAway | null
  /** Null: it tells nothing. */
  readonly trace: WireTrace | null
}

export interface StreamFacts {
  readonly streamId: number
  /** The final response head came. */
  readonly sawHead: boolean
}

const BEFORE_HEAD = 'before a response came'
const AFTER_HEAD = 'in the middle of the response body'

/** The connection may take no new request, or took one and never sent it. */
export function unusable(facts: ConnectionFacts, cause: unknown = null): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `The connection to ${facts.origin} takes no new requests; this one was not sent and can use another connection.`,
    { origin: facts.origin, connectionId: facts.connectionId, cause },
  )
}

/** The connection went away; streams on it may have been processed. */
export function connectionLost(facts: ConnectionFacts, cause: unknown): ConnectionError {
  const goAway = facts.goAway
  const why = goAway === null ? reason(cause) : ` after GOAWAY ${sayGoAway(goAway)}`
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_LOST',
    `The connection to ${facts.origin} was lost ${BEFORE_HEAD}${why}.`,
    { origin: facts.origin, connectionId: facts.connectionId, cause, http2Code: goAway?.http2Code },
  )
}

function reason(cause: unknown): string {
  const code = String((cause as { code?: unknown } | null)?.code ?? '')
  return code === '' ? ': the server closed it' : ` (${code})`
}

/** RFC 9113 section 6.8: a stream above the last id of a GOAWAY was not and will not be processed. */
export function goneAway(facts: ConnectionFacts, goAway: GoAway, stream: StreamFacts): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_GOAWAY',
    `${facts.origin} is closing its connection (GOAWAY ${sayGoAway(goAway)}) and did not process this request; it is safe to send again.`,
    { ...at(facts, stream), http2Code: goAway.http2Code },
  )
}

/** A connection error of ours (RFC 9113 section 5.4.1); `what` says what the peer did. */
function violation(facts: ConnectionFacts, http2Code: number, what: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    `${facts.origin} broke the HTTP/2 protocol (${errorCodeName(http2Code)}: ${what}); its connection was closed.`,
    { origin: facts.origin, connectionId: facts.connectionId, phase: 'headers', http2Code, cause },
  )
}

/** What was thrown while bytes were taken in, as the error that it is for the connection. */
export function faultOf(facts: ConnectionFacts, thrown: unknown): { http2Code: number; error: ClientError } {
  if (thrown instanceof ConnectionFault) {
    const { http2Code, message } = thrown
    return { http2Code, error: violation(facts, http2Code, message, thrown) }
  }
  if (thrown instanceof HpackError) {
    const http2Code = ErrorCode.COMPRESSION_ERROR
    return {
      http2Code,
      error: violation(facts, http2Code, `${thrown.message} (RFC 9113 section 4.3)`, thrown),
    }
  }
  // A handler threw, or there is a mistake here: no state can be relied on any more.
  return { http2Code: ErrorCode.INTERNAL_ERROR, error: connectionLost(facts, thrown) }
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

/**
 * A response that RFC 9113 section 8.1.1 calls malformed; `why` stands behind the name of the origin. `answered`: it
 * was the final head, so the server did act on the request.
 */
export function malformed(
  facts: ConnectionFacts,
  stream: StreamFacts,
  why: string,
  answered: boolean,
): ProtocolError {
  return new ProtocolError('ERR_TRUNKLINE_MALFORMED_RESPONSE', `${facts.origin} ${why}.`, {
    ...at(facts, stream),
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
    at(facts, stream),
  )
}

/** RST_STREAM came, before END_STREAM. */
export function resetByPeer(facts: ConnectionFacts, stream: StreamFacts, http2Code: number): StreamError {
  const details = { ...at(facts, stream), http2Code }
  if (!stream.sawHead && http2Code === ErrorCode.REFUSED_STREAM) {
    return new StreamError(
      'ERR_TRUNKLINE_STREAM_REFUSED',
      `${facts.origin} refused the stream before processing it (REFUSED_STREAM); it is safe to send the request again.`,
      details,
    )
  }
  if (!stream.sawHead && http2Code === ErrorCode.HTTP_1_1_REQUIRED) {
    return new StreamError(
      'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
      `${facts.origin} requires HTTP/1.1 for this request (HTTP_1_1_REQUIRED). Add 'http/1.1' to the client's \`protocols\`.`,
      details,
    )
  }
  const where = stream.sawHead ? AFTER_HEAD : BEFORE_HEAD
  return new StreamError(
    'ERR_TRUNKLINE_STREAM_RESET',
    `The stream to ${facts.origin} was reset ${where} (${errorCodeName(http2Code)}).${advice(http2Code)}`,
    details,
  )
}

function advice(http2Code: number): string {
  if (http2Code === ErrorCode.ENHANCE_YOUR_CALM) return ' It asks for fewer requests.'
  if (http2Code === ErrorCode.PROTOCOL_ERROR) return ' It says that the request broke the protocol.'
  if (http2Code === ErrorCode.CANCEL) return ' The server gave the response up; its log should say why.'
  return ''
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

function at(facts: ConnectionFacts, stream: StreamFacts): ErrorDetails {
  return {
    origin: facts.origin,
    connectionId: facts.connectionId,
    streamId: stream.streamId,
    phase: stream.sawHead ? 'body' : 'headers',
    ...(stream.sawHead ? { processed: 'yes' as const } : {}),
  }
}

function sayGoAway(goAway: GoAway): string {
  const debug = goAway.debug === '' ? '' : `, "${goAway.debug.slice(0, 100)}"`
  return `${errorCodeName(goAway.http2Code)}${debug}`
}
