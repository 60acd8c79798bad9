import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import type { RetryEvent } from '../core/retry-policy.ts'

// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing.
type Maybe<T> = T | undefined | void

/** What `hooks` takes: for those who want to look, or to change one thing, and no interceptor. */
export interface HookOptions {
  /** Before anything is done. A request that is returned takes the place of the one given. */
  readonly beforeRequest?: (request: ClientRequest) => Maybe<ClientRequest> | Promise<Maybe<ClientRequest>>
  /** At the response head that the caller gets. A response that is returned takes its place. */
  readonly afterResponse?: (
    response: ClientResponse,
    request: ClientRequest,
  ) => Maybe<ClientResponse> | Promise<Maybe<ClientResponse>>
  /** The call failed, retries included; an abort is such a failure. The error goes on to the caller. */
  readonly onError?: (error: unknown, request: ClientRequest) => void | Promise<void>
  /** Before the wait for each retry, beside `retry.onRetry`. */
  readonly onRetry?: (event: RetryEvent, request: ClientRequest) => void
}

/** The hooks as the outermost interceptor. What a hook throws goes to the caller. */
export function createHooks(hooks: HookOptions): Interceptor {
  return (next) => async (given) => {
    const request = withRetryHook((await hooks.beforeRequest?.(given)) ?? given, hooks.onRetry)
    const response = await send(next, request, hooks)
    return hooks.afterResponse === undefined ? response : after(hooks.afterResponse, response, request)
  }
}

async function send(
  next: Dispatch,
  request: ClientRequest,
  { onError }: HookOptions,
): Promise<ClientResponse> {
  try {
    return await next(request)
  } catch (error) {
    await onError?.(error, request)
    throw error
  }
}

async function after(
  hook: NonNullable<HookOptions['afterResponse']>,
  response: ClientResponse,
  request: ClientRequest,
): Promise<ClientResponse> {
  try {
    return (await hook(response, request)) ?? response
  } catch (error) {
    // Nobody else will let go of it.
    response.body.cancel()
    throw error
  }
}

function withRetryHook(request: ClientRequest, hook: HookOptions['onRetry']): ClientRequest {
  if (hook === undefined) return request
  const { retry } = request
  const onRetry = (event: RetryEvent) => {
    retry.onRetry?.(event)
    hook(event, request)
  }
  return { ...request, retry: { ...retry, onRetry } }
}
