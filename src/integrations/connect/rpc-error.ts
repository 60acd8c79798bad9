import { Code, ConnectError as RpcError } from '@connectrpc/connect'
import {
  ClientError,
  ClosedError,
  ConnectError,
  ConnectionError,
  InvalidRequestError,
  LimitError,
  StreamError,
  TimeoutError,
} from '../../core/errors.ts'

/** gRPC over HTTP/2, section "Errors": what an error code of HTTP/2 means. Those that are not here are `Internal`. */
const BY_HTTP2_CODE: Readonly<Record<number, Code>> = {
  7: Code.Unavailable,
  8: Code.Canceled,
  11: Code.ResourceExhausted,
  12: Code.PermissionDenied,
}

/** An error as callers of an RPC know it; ours is its cause. */
export function rpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error
  if (!(error instanceof ClientError)) return RpcError.from(error)
  return new RpcError(error.message, codeOf(error), undefined, undefined, error)
}

function codeOf(error: ClientError): Code {
  if (error instanceof StreamError) {
    const { http2Code } = error
    return http2Code === undefined ? Code.Unavailable : (BY_HTTP2_CODE[http2Code] ?? Code.Internal)
  }
  if (error instanceof TimeoutError)
    return error.processed === 'no' ? Code.Unavailable : Code.DeadlineExceeded
  if (error instanceof ConnectError || error instanceof ConnectionError) return Code.Unavailable
  if (error instanceof ClosedError) return error.processed === 'no' ? Code.Unavailable : Code.Canceled
  if (error instanceof LimitError) return Code.ResourceExhausted
  return error instanceof InvalidRequestError ? Code.InvalidArgument : Code.Internal
}
