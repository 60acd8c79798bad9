import { errors } from 'undici'
import { ClientError, type ErrorCode } from '../../core/errors.ts'
import { isError } from '../../core/is-error.ts'
import { LengthMismatch } from '../../core/length-mismatch.ts'

type Make = (message: string) => Error

const invalid: Make = (message) => new errors.InvalidArgumentError(message)
const lost: Make = (message) => new errors.SocketError(message)
const slowConnect: Make = (message) => new errors.ConnectTimeoutError(message)

/** The error of undici that says the same; programs and its retry handler go by class and `code`. */
const COUNTERPARTS: Partial<Readonly<Record<ErrorCode, Make>>> = {
  ERR_TRUNKLINE_INVALID_URL: invalid,
  ERR_TRUNKLINE_INVALID_HEADER: invalid,
  ERR_TRUNKLINE_INVALID_METHOD: invalid,
  ERR_TRUNKLINE_INVALID_OPTION: invalid,
  ERR_TRUNKLINE_QUEUE_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_DNS_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_CONNECT_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_PROXY_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_TLS_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_SETTINGS_TIMEOUT: slowConnect,
  ERR_TRUNKLINE_HEADERS_TIMEOUT: (message) => new errors.HeadersTimeoutError(message),
  ERR_TRUNKLINE_BODY_TIMEOUT: (message) => new errors.BodyTimeoutError(message),
  ERR_TRUNKLINE_STREAM_REFUSED: lost,
  ERR_TRUNKLINE_STREAM_RESET: lost,
  ERR_TRUNKLINE_CONNECTION_UNUSABLE: lost,
  ERR_TRUNKLINE_GOAWAY: lost,
  ERR_TRUNKLINE_CONNECTION_LOST: lost,
  ERR_TRUNKLINE_PING_TIMEOUT: lost,
  ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH: (message) => new errors.ResponseContentLengthMismatchError(message),
  ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE: (message) => new errors.HeadersOverflowError(message),
  ERR_TRUNKLINE_BODY_TOO_LARGE: (message) => new errors.ResponseExceededMaxSizeError(message),
  ERR_TRUNKLINE_CLIENT_CLOSED: (message) => new errors.ClientClosedError(message),
  ERR_TRUNKLINE_CLIENT_DESTROYED: (message) => new errors.ClientDestroyedError(message),
}

/** Failures whose cause is the system's or the platform's own error, which undici passes on as it is. */
const PASSES_CAUSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TRUNKLINE_DNS_FAILED',
  'ERR_TRUNKLINE_CONNECT_FAILED',
  'ERR_TRUNKLINE_TLS_FAILED',
  'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
])

/** An error of ours as undici would have it, its cause the `ClientError`; all others as they are. */
export function toUndiciError(error: unknown): Error {
  if (!(error instanceof ClientError)) return isError(error) ? error : new Error(String(error))
  // What the request's body threw belongs to the caller.
  if (error.code === 'ERR_TRUNKLINE_REQUEST_BODY_FAILED') return bodyError(error)
  const make = COUNTERPARTS[error.code]
  if (make !== undefined) return Object.assign(make(error.message), { cause: error })
  if (PASSES_CAUSE.has(error.code)) return systemError(error)
  return error
}

function bodyError(error: ClientError): Error {
  const { cause } = error
  if (cause instanceof LengthMismatch)
    return Object.assign(new errors.RequestContentLengthMismatchError(error.message), { cause: error })
  return isError(cause) ? cause : error
}

/** With the code that the system gave (`ECONNREFUSED`, `ENOTFOUND`, ...), where it gave one. */
function systemError(error: ClientError): Error {
  const code = (error.cause as Partial<NodeJS.ErrnoException> | undefined)?.code
  if (typeof code !== 'string') return error
  return Object.assign(new Error(error.message, { cause: error }), { code })
}
