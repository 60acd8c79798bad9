import {
  type ClientError,
  ConnectionError,
  copyOf,
  type ErrorDetails,
  ProtocolError,
  StreamError,
} from './errors.ts'
import type { GoAway } from './go-away.ts'
import { errorCodeName } from './http2-error-names.ts'

/**
 * How a failure over HTTP/2 reads, whichever engine saw it. What has happened is for the engine to find out, and what
 * it alone knows stands with it.
 */

/** What is known of a connection when something on it fails. */
export interface FailedConnection {
  /** `https://example.com`. */
  readonly origin: string
  readonly connectionId: number
  /** The GOAWAY that came, if one did. */
  readonly goAway: GoAway | null
}

/** What is known of one of its streams. */
export interface FailedStream {
  /** Undefined: it never got one. */
  readonly streamId: number | undefined
  /** The final response head came. */
  readonly sawHead: boolean
}

const BEFORE_HEAD = 'before a response came'
const AFTER_HEAD = 'in the middle of the response body'

/** The connection may take no new request, or took one and never sent it. */
export function unusable(connection: FailedConnection, cause: unknown = null): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `The connection to ${connection.origin} takes no new requests; this one was not sent and can use another connection.`,
    { ...on(connection), cause },
  )
}

/** The peer did not enable extended CONNECT (RFC 8441 section 3); nothing was sent. */
export function tunnelUnsupported(connection: FailedConnection): StreamError {
  return new StreamError(
    'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED',
    `${connection.origin} speaks HTTP/2 without extended CONNECT (RFC 8441), so it cannot open tunnels over HTTP/2. Add 'http/1.1' to \`protocols\`, where an upgrade does the same.`,
    on(connection),
  )
}

/** The connection went away; streams on it may have been processed. `stream`: of one of them. */
export function connectionLost(
  connection: FailedConnection,
  cause: unknown,
  stream: FailedStream | null = null,
): ConnectionError {
  const { origin, goAway } = connection
  const why = goAway === null ? reason(cause) : ` after GOAWAY ${sayGoAway(goAway)}`
  const details = stream === null ? on(connection) : at(connection, stream)
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_LOST',
    `The connection to ${origin} was lost ${whenOf(stream)}${why}.`,
    { ...details, cause, http2Code: goAway?.http2Code },
  )
}

/** RFC 9113 section 6.8: a stream above the last id of a GOAWAY was not and will not be processed. */
export function goneAway(
  connection: FailedConnection,
  goAway: GoAway,
  stream: FailedStream,
  details: ErrorDetails = {},
): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_GOAWAY',
    `${connection.origin} is closing its connection (GOAWAY ${sayGoAway(goAway)}) and did not process this request; it is safe to send again.`,
    { ...at(connection, stream), http2Code: goAway.http2Code, ...details },
  )
}

/** A connection error of ours (RFC 9113 section 5.4.1); `what` says what the peer did. */
export function violation(
  connection: FailedConnection,
  http2Code: number,
  what: string,
  details: ErrorDetails,
): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    `${connection.origin} broke the HTTP/2 protocol (${errorCodeName(http2Code)}: ${what}); its connection was closed.`,
    { ...on(connection), http2Code, ...details },
  )
}

/** A response that RFC 9113 section 8.1.1 calls malformed; `why` stands behind the name of the origin. */
export function malformed(
  connection: FailedConnection,
  stream: FailedStream,
  why: string,
  details: ErrorDetails = {},
): ProtocolError {
  return new ProtocolError('ERR_TRUNKLINE_MALFORMED_RESPONSE', `${connection.origin} ${why}.`, {
    ...at(connection, stream),
    ...details,
  })
}

/** The limits that were exceeded: `bytes` of a header section (RFC 9113 section 6.5.2), or `fields` in it. */
export function headerListTooLarge(
  connection: FailedConnection,
  stream: FailedStream,
  bytes: number,
  fields: number,
): ProtocolError {
  const what = stream.sawHead ? 'trailers' : 'response headers'
  return new ProtocolError(
    'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
    `${connection.origin} sent ${what} of more than ${bytes} bytes or ${fields} fields. Raise http2.maxHeaderListSize or http2.maxHeaderFields if that is expected.`,
    at(connection, stream),
  )
}

/** What a reset with a code hints at, by the code's name: whole sentences. */
export type ResetHints = Readonly<Record<string, string>>

/** RST_STREAM came, before END_STREAM. */
export function resetByPeer(
  connection: FailedConnection,
  stream: FailedStream,
  http2Code: number,
  hints: ResetHints,
  details: ErrorDetails = {},
): StreamError {
  const { origin } = connection
  const known = { ...at(connection, stream), http2Code, ...details }
  const name = errorCodeName(http2Code)
  if (!stream.sawHead && name === 'REFUSED_STREAM') {
    return new StreamError(
      'ERR_TRUNKLINE_STREAM_REFUSED',
      `${origin} refused the stream before processing it (REFUSED_STREAM); it is safe to send the request again.`,
      known,
    )
  }
  if (!stream.sawHead && name === 'HTTP_1_1_REQUIRED') {
    return new StreamError(
      'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
      `${origin} requires HTTP/1.1 for this request (HTTP_1_1_REQUIRED). Add 'http/1.1' to the client's \`protocols\`.`,
      known,
    )
  }
  const hint = name === 'CANCEL' ? 'The server gave the response up; its log should say why.' : hints[name]
  return new StreamError(
    'ERR_TRUNKLINE_STREAM_RESET',
    `The stream to ${origin} was reset ${whenOf(stream)} (${name}).${hint === undefined ? '' : ` ${hint}`}`,
    known,
  )
}

/** A failure of the connection as one of its streams sees it: an error of its own, with its id and phase. */
export function forStream(error: ClientError, stream: FailedStream): ClientError {
  const { streamId, sawHead } = stream
  if (!sawHead) return copyOf(error, error.message, { streamId, phase: error.phase ?? 'headers' })
  return copyOf(error, error.message.replace(BEFORE_HEAD, AFTER_HEAD), {
    streamId,
    phase: 'body',
    processed: 'yes',
  })
}

/** What an error knows that is of the whole connection. */
function on({ origin, connectionId }: FailedConnection): ErrorDetails {
  return { origin, connectionId }
}

/** What an error knows that is of one stream. */
export function at(connection: FailedConnection, { streamId, sawHead }: FailedStream): ErrorDetails {
  return {
    ...on(connection),
    streamId,
    phase: sawHead ? 'body' : 'headers',
    ...(sawHead ? { processed: 'yes' as const } : {}),
  }
}

function whenOf(stream: FailedStream | null): string {
  return stream?.sawHead === true ? AFTER_HEAD : BEFORE_HEAD
}

function reason(cause: unknown): string {
  const code = String((cause as { code?: unknown } | null)?.code ?? '')
  return code === '' ? ': the server closed it' : ` (${code})`
}

function sayGoAway({ http2Code, debug }: GoAway): string {
  return debug === '' ? errorCodeName(http2Code) : `${errorCodeName(http2Code)}, "${debug.slice(0, 100)}"`
}
