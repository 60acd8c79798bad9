import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { headerValue } from '../core/headers.ts'
import { compose } from './compose.ts'

/**
 * Nearly every response is final: no redirect, nothing to undo, nothing to retry. It takes one promise to see that,
 * where walking through `layers` takes several each. All others, and failures, walk through the layers, whose first
 * request is answered with what has come already. `onFinal` is told of a response that took the short way.
 */
export function shortcut(
  layers: readonly Interceptor[],
  onFinal: (request: ClientRequest) => void,
): Interceptor {
  return (next) => (request) =>
    next(request).then(
      (response) => {
        if (!isFinal(request, response))
          return compose(layers, answered(next, Promise.resolve(response)))(request)
        onFinal(request)
        return response
      },
      (error) => compose(layers, answered(next, Promise.reject(error)))(request),
    )
}

function isFinal({ retry, decompress }: ClientRequest, { status, headers }: ClientResponse): boolean {
  if (status >= 300 && status <= 399) return false
  if (decompress && headerValue(headers, 'content-encoding') !== null) return false
  return retry.limit === 0 || retry.statuses.length === 0 || !retry.statuses.includes(status)
}

/** A dispatch whose first request has its outcome already. */
function answered(next: Dispatch, outcome: Promise<ClientResponse>): Dispatch {
  let first: Promise<ClientResponse> | null = outcome
  return (request) => {
    const known = first
    first = null
    return known ?? next(request)
  }
}
