import type { ClientRequest, ClientResponse, Dispatch } from './core/dispatch.ts'
import { InvalidRequestError } from './core/errors.ts'
import { isToken, validateHeaderList } from './core/headers.ts'
import { parseTarget, type Target } from './core/origin.ts'
import { type RetryPolicy, settleRetry } from './core/retry-policy.ts'
import { textOf } from './core/text-of.ts'

/**
 * A request as `client.dispatch` takes it: what interceptors see, with a default for all but the target. Unlike
 * `request()` it lets every method have a body, adds no header and converts nothing.
 */
export interface DispatchRequest extends Partial<Omit<ClientRequest, 'target'>> {
  /** An absolute URL, or one that was taken apart already. */
  readonly target: string | URL | Target
}

/** Sends a request as it is. Rejects with a `ClientError`, or with the signal's reason. */
export type ClientDispatch = (request: DispatchRequest) => Promise<ClientResponse>

/** `client.dispatch` over the composed dispatch. */
export function createClientDispatch(dispatch: Dispatch, retry: RetryPolicy): ClientDispatch {
  return async (request) => {
    const { target, headers = [], method = 'GET', signal = null } = request
    if (signal?.aborted) throw signal.reason
    validateHeaderList(headers)
    return dispatch({
      body: null,
      redirect: 'manual',
      decompress: false,
      trailers: null,
      onInformational: null,
      ...request,
      method: checkedToken(method),
      signal,
      headers,
      target: typeof target === 'string' || target instanceof URL ? parseTarget(target) : target,
      retry: settleRetry(request.retry, retry),
    })
  }
}

/** CONNECT opens a tunnel, which is no request and no response. */
function checkedToken(method: unknown): string {
  if (typeof method === 'string' && isToken(method) && method !== 'CONNECT') return method
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_METHOD',
    `Invalid method ${JSON.stringify(textOf(method).slice(0, 100))}: give a token such as GET or POST; CONNECT opens a tunnel and cannot be dispatched.`,
  )
}
