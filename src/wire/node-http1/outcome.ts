import {
  BodyError,
  type ClientError,
  ConnectionError,
  type ErrorDetails,
  InvalidRequestError,
  type Processed,
  ProtocolError,
} from '../../core/errors.ts'
import { isError } from '../../core/is-error.ts'

/** What node:http's errors mean. This is the only file that reads their codes. */

/** The connection, as every message about it names it. */
export interface ConnectionFacts {
  readonly origin: string
  readonly connectionId: number
  readonly maxHeaderListSize: number
  readonly maxInformational: number
}

/** How far the exchange had come when it failed. */
export interface Progress {
  readonly processed: Processed
  readonly sawHead: boolean
}

/** An exchange failed by itself; `cause` is what Node said, null when the connection just ended. */
export function exchangeFailure(facts: ConnectionFacts, progress: Progress, cause: unknown): ClientError {
  const code = codeOf(cause)
  if (code === 'HPE_HEADER_OVERFLOW') return headerListTooLarge(facts, progress, cause)
  if (code.startsWith('HPE_')) return malformed(facts, progress, messageOf(cause), cause)
  return exchangeLost(facts, progress, cause)
}

export function malformed(
  facts: ConnectionFacts,
  progress: Progress,
  problem: string,
  cause?: unknown,
): ProtocolError {
  const what = progress.sawHead
    ? 'broke the HTTP/1.1 framing of its response body'
    : 'sent no valid HTTP/1.1 response'
  return new ProtocolError(
    'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    `${facts.origin} ${what}: ${problem}. The connection was closed; the fault lies with the server or a proxy in front of it.`,
    at(facts, progress, cause),
  )
}

export function headerListTooLarge(
  facts: ConnectionFacts,
  progress: Progress,
  cause?: unknown,
): ProtocolError {
  const what = progress.sawHead ? 'trailers' : 'response headers'
  return new ProtocolError(
    'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
    `${facts.origin} sent ${what} of more than ${facts.maxHeaderListSize} bytes. Raise http1.maxHeaderListSize if that is expected.`,
    at(facts, progress, cause),
  )
}

export function tooManyInformational(facts: ConnectionFacts, progress: Progress): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    `${facts.origin} sent more than ${facts.maxInformational} interim responses (1xx) to one request. The connection was closed.`,
    at(facts, progress),
  )
}

/** The caller's body is not what its head promised, and the framing of HTTP/1.1 has no way to take that back. */
export function wrongBodyLength(
  facts: ConnectionFacts,
  progress: Progress,
  length: number,
  more: boolean,
): BodyError {
  return new BodyError(
    'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
    `The request body for ${facts.origin} has ${more ? 'more' : 'fewer'} bytes than its content-length of ${length}. The request was cancelled; correct the header, or leave it out.`,
    at(facts, progress),
  )
}

function exchangeLost(facts: ConnectionFacts, progress: Progress, cause: unknown): ConnectionError {
  if (progress.processed === 'no') return unusable(facts, cause)
  const where = progress.sawHead ? 'in the middle of the response body' : 'before a response came'
  const advice = progress.sawHead
    ? 'What came of the body is incomplete.'
    : 'The server may have acted on the request: send it again only if that does no harm.'
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_LOST',
    `The connection to ${facts.origin} was lost ${where}${reason(cause)}. ${advice}`,
    at(facts, progress, cause),
  )
}

/** The connection may take no new request; nothing was sent. */
export function unusable(facts: ConnectionFacts, cause: unknown = null): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `The connection to ${facts.origin} takes no new requests; this one was not sent and can use another connection.`,
    { origin: facts.origin, connectionId: facts.connectionId, phase: 'headers', ...withCause(cause) },
  )
}

/** RFC 9113 section 6.7 has no counterpart in HTTP/1.1. */
export function cannotPing(facts: ConnectionFacts): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `HTTP/1.1 has no PING; only the next request shows whether the connection to ${facts.origin} is alive.`,
    { origin: facts.origin, connectionId: facts.connectionId },
  )
}

/** The connection broke while it was idle. */
export function idleConnectionLost(facts: ConnectionFacts, cause: unknown): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_LOST',
    `The idle connection to ${facts.origin} was lost${reason(cause)}.`,
    { origin: facts.origin, connectionId: facts.connectionId, processed: 'no', ...withCause(cause) },
  )
}

/** Bytes came when no response was due: they must not pass for the response to a later request. */
export function unsolicited(facts: ConnectionFacts): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    `${facts.origin} sent bytes over HTTP/1.1 when no response was due. The connection was closed.`,
    { origin: facts.origin, connectionId: facts.connectionId, processed: 'no' },
  )
}

/** `http.request()` or `addTrailers()` threw: the caller's part is at fault, or the connection. */
export function requestRefused(facts: ConnectionFacts, error: unknown): ClientError {
  const code = INVALID_REQUEST[codeOf(error)]
  if (code === undefined) return unusable(facts, error)
  const isMethod = code === 'ERR_TRUNKLINE_INVALID_HEADER' && messageOf(error).startsWith('Method ')
  return new InvalidRequestError(
    isMethod ? 'ERR_TRUNKLINE_INVALID_METHOD' : code,
    `The request to ${facts.origin} cannot be sent over HTTP/1.1: ${messageOf(error)}.`,
    { origin: facts.origin, connectionId: facts.connectionId, cause: error },
  )
}

const INVALID_REQUEST: Record<
  string,
  'ERR_TRUNKLINE_INVALID_HEADER' | 'ERR_TRUNKLINE_INVALID_URL' | undefined
> = {
  ERR_INVALID_CHAR: 'ERR_TRUNKLINE_INVALID_HEADER',
  ERR_INVALID_HTTP_TOKEN: 'ERR_TRUNKLINE_INVALID_HEADER',
  ERR_HTTP_INVALID_HEADER_VALUE: 'ERR_TRUNKLINE_INVALID_HEADER',
  ERR_UNESCAPED_CHARACTERS: 'ERR_TRUNKLINE_INVALID_URL',
}

/** RFC 9110 section 9.3.6: a tunnel is not an exchange, and the connection would be lost to it. */
export function connectNotSupported(facts: ConnectionFacts): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_METHOD',
    `CONNECT asks ${facts.origin} for a tunnel and has no response body; it cannot be sent as a request.`,
    { origin: facts.origin, connectionId: facts.connectionId },
  )
}

function at(facts: ConnectionFacts, progress: Progress, cause?: unknown): ErrorDetails {
  return {
    origin: facts.origin,
    connectionId: facts.connectionId,
    processed: progress.processed,
    phase: progress.sawHead ? 'body' : 'headers',
    ...withCause(cause),
  }
}

function withCause(cause: unknown): { cause?: unknown } {
  return cause === undefined || cause === null ? {} : { cause }
}

/** Node makes up an ECONNRESET when the peer closed in order; the two are told apart by the message. */
function reason(cause: unknown): string {
  const code = codeOf(cause)
  const madeUp = isError(cause) && (cause.message === 'socket hang up' || cause.message === 'aborted')
  return code === '' || madeUp ? ': the server closed it' : ` (${code})`
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null | undefined)?.code ?? '')
}

/** One line, no full stop, of bounded length: it becomes part of a sentence. */
function messageOf(error: unknown): string {
  const message = isError(error) ? error.message : String(error)
  return message
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/\.$/, '')
    .slice(0, 200)
}
