import { BodyQueue } from '../core/body-queue.ts'
import { changedResponse } from '../core/changed-response.ts'
import type { ClientRequest, ClientResponse, Dispatch } from '../core/dispatch.ts'
import { ConnectError, ProtocolError, TimeoutError } from '../core/errors.ts'
import { hasNullBody } from '../core/null-body.ts'
import { ResponseBody } from '../core/response-body.ts'
import type { RetryPolicy } from '../core/retry-policy.ts'
import { toFetchError } from './errors.ts'
import type { FetchInit } from './init.ts'
import { matchesIntegrity } from './integrity.ts'
import { isRequest, platformFetch } from './platform.ts'
import { toClientRequest } from './request.ts'
import { type FetchResponse, toFetchResponse } from './response.ts'

/**
 * WHATWG `fetch`, with more in `init` and more on the response. Fails with a `TypeError` whose `cause` is
 * a `ClientError`.
 */
export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<FetchResponse>

/** WHATWG fetch over a dispatch. */
export function createFetch(dispatch: Dispatch, retry: RetryPolicy): Fetch {
  // With one parameter to count, as the platform's.
  return function fetch(input, init = undefined): Promise<FetchResponse> {
    try {
      const request = toClientRequest(input, init, retry)
      if (request === null) return platformFetch(input, init as RequestInit) as Promise<FetchResponse>
      if (request instanceof Promise) return request.then((made) => begin(dispatch, made), failed)
      return begin(dispatch, request)
    } catch (error) {
      return Promise.reject(refusal(error, input, init))
    }
  }
}

function begin(dispatch: Dispatch, request: ClientRequest): Promise<FetchResponse> {
  const { signal, body } = request
  const refuse = body?.kind === 'stream' ? body.refuse : undefined
  if (signal?.aborted) {
    // At once: the caller hears of it before anything else happens.
    refuse?.(signal.reason)
    return Promise.reject(signal.reason)
  }
  const answer = send(dispatch, request)
  if (refuse !== undefined) answer.catch((error) => tellEnd(refuse, error, signal))
  return answer
}

function send(dispatch: Dispatch, request: ClientRequest): Promise<FetchResponse> {
  return dispatch(request).then((response) => {
    const { rules = null } = request
    return rules !== null && rules.integrity !== ''
      ? verified(response, request)
      : toFetchResponse(response, request)
  }, failed)
}

/** Why a call was not even tried. A request that is wrong is wrong, aborted or not; one that is not goes no further. */
function refusal(error: unknown, input: string | URL | Request, init: FetchInit | undefined): unknown {
  const signal = init?.signal === undefined && isRequest(input) ? input.signal : init?.signal
  if (error instanceof ConnectError && signal?.aborted) return signal.reason
  return toFetchError(error, 'fetch failed')
}

function failed(error: unknown): never {
  throw toFetchError(error, 'fetch failed')
}

/** Why the call was given up: the signal's reason, or ours when its time was over. One that failed by itself says nothing. */
function tellEnd(
  tell: (reason: unknown) => void,
  error: TypeError | undefined,
  signal: AbortSignal | null,
): void {
  if (signal?.aborted) tell(signal.reason)
  else if (error?.cause instanceof TimeoutError) tell(error.cause)
}

/** The response with a body that is known to have the digest asked for (the Fetch standard's main fetch, step 22). */
async function verified(response: ClientResponse, request: ClientRequest): Promise<FetchResponse> {
  const { body, status } = response
  const empty = hasNullBody(request.method, status)
  const bytes = await body.collect(asTheyAre, (error) => toFetchError(error, 'fetch failed'))
  if (empty || !matchesIntegrity(bytes, request.rules?.integrity ?? ''))
    throw toFetchError(mismatch(request), 'fetch failed')
  const queue = new BodyQueue({ pause() {}, resume() {}, cancel() {} })
  queue.push(bytes)
  queue.end(await body.trailers())
  return toFetchResponse(changedResponse(response, { body: new ResponseBody(queue) }), request)
}

const asTheyAre = (bytes: Uint8Array) => bytes

function mismatch({ target }: ClientRequest): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_INTEGRITY_MISMATCH',
    `The body of ${target.href} matches none of the digests in the option integrity.`,
    { origin: target.origin.key, phase: 'body', processed: 'yes' },
  )
}
