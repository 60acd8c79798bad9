import type { ClientRequest, Dispatch } from '../core/dispatch.ts'
import type { RetryPolicy } from '../core/retry-policy.ts'
import { toFetchError } from './errors.ts'
import { type FetchInit, toClientRequest } from './request.ts'
import { type FetchResponse, toFetchResponse } from './response.ts'

export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<FetchResponse>

/** WHATWG fetch over a dispatch. */
export function createFetch(dispatch: Dispatch, retry: RetryPolicy): Fetch {
  return async function fetch(input, init) {
    try {
      const request: ClientRequest = toClientRequest(input, init, retry)
      return toFetchResponse(await dispatch(request), request.method)
    } catch (error) {
      throw toFetchError(error, 'fetch failed')
    }
  }
}
