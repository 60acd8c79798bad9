import {
  ClientError,
  ConnectError,
  ConnectionError,
  type ErrorCode,
  LimitError,
  StreamError,
  TimeoutError,
} from '../../core/errors.ts'

/** Another try would meet them again. */
const LASTING: ReadonlySet<ErrorCode> = new Set([
  'ERR_TRUNKLINE_ADDRESS_BLOCKED',
  'ERR_TRUNKLINE_ALPN_REJECTED',
  'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
])

/** Whether a failure is one of the network's, or of the moment, so that another connection may do. */
export function isReconnectable(error: unknown): boolean {
  if (!(error instanceof ClientError) || LASTING.has(error.code)) return false
  // A body that was cut off.
  if (error.code === 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH') return true
  return [ConnectError, ConnectionError, StreamError, TimeoutError, LimitError].some(
    (kind) => error instanceof kind,
  )
}
