import { ClientError, type ErrorCode } from '../../core/errors.ts'
import { isError } from '../../core/is-error.ts'

/** Codes by which programs that use Node's `http` know these failures; retry policies such as got's go by them. */
const NODE_CODES: Partial<Readonly<Record<ErrorCode, string>>> = {
  ERR_TRUNKLINE_DNS_FAILED: 'ENOTFOUND',
  ERR_TRUNKLINE_CONNECT_FAILED: 'ECONNREFUSED',
  ERR_TRUNKLINE_QUEUE_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_DNS_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_CONNECT_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_PROXY_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_TLS_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_SETTINGS_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_HEADERS_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_BODY_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_TOTAL_TIMEOUT: 'ETIMEDOUT',
  ERR_TRUNKLINE_STREAM_REFUSED: 'ECONNRESET',
  ERR_TRUNKLINE_STREAM_RESET: 'ECONNRESET',
  ERR_TRUNKLINE_CONNECTION_UNUSABLE: 'ECONNRESET',
  ERR_TRUNKLINE_GOAWAY: 'ECONNRESET',
  ERR_TRUNKLINE_CONNECTION_LOST: 'ECONNRESET',
  ERR_TRUNKLINE_PING_TIMEOUT: 'ECONNRESET',
}

/** Failures whose cause is what Node itself would have raised. */
const HAS_NODE_CAUSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TRUNKLINE_DNS_FAILED',
  'ERR_TRUNKLINE_CONNECT_FAILED',
  'ERR_TRUNKLINE_TLS_FAILED',
  'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
])

/**
 * A failure as users of Node's `http` expect it: `code` is Node's (`ECONNRESET`, `ENOTFOUND`, ...) where there is one
 * that fits, and `cause` the `ClientError` with all that is known.
 */
export class BridgeError extends Error {
  override readonly name = 'BridgeError'
  readonly code: string
  declare readonly cause: ClientError

  constructor(cause: ClientError) {
    super(cause.message, { cause })
    this.code = codeOf(cause)
  }
}

/** Errors of ours in Node's terms; all others as they are. */
export function toBridgeError(error: unknown): Error {
  if (error instanceof ClientError) return new BridgeError(error)
  return isError(error) ? error : new Error(String(error), { cause: error })
}

function codeOf({ code, cause }: ClientError): string {
  const below = HAS_NODE_CAUSE.has(code)
    ? (cause as Partial<NodeJS.ErrnoException> | undefined)?.code
    : undefined
  return typeof below === 'string' ? below : (NODE_CODES[code] ?? code)
}
