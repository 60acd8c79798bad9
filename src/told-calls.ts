import { Call, callsAreObserved } from './core/call.ts'
import type { Clock } from './core/clock.ts'
import { checkedId, correlationId, isCorrelationId, withCorrelationId } from './core/correlation.ts'
import type { ClientRequest, ClientResponse, Dispatch } from './core/dispatch.ts'
import { ClientError } from './core/errors.ts'
import { events, failureOf } from './core/events.ts'
import { headerValue } from './core/headers.ts'
import type { SettledCorrelation } from './correlation-options.ts'

export interface TellingContext {
  readonly clock: Clock
  readonly clientId: number
  /** Null: calls get no ids of their own. */
  readonly correlation: SettledCorrelation | null
}

/** Tells of each call, from its beginning to the end of its response, as long as anybody listens. */
export function tellCalls(context: TellingContext, dispatch: Dispatch): Dispatch {
  const { correlation } = context
  if (correlation !== null) return (request) => correlated(context, correlation, dispatch, request)
  return (request) =>
    callsAreObserved()
      ? new ToldCall(context, request, new Call(correlationId() ?? null)).run(dispatch)
      : dispatch(request)
}

/** The call runs under its id: what interceptors call in turn inherits it. */
async function correlated(
  context: TellingContext,
  { header, id }: SettledCorrelation,
  dispatch: Dispatch,
  request: ClientRequest,
): Promise<ClientResponse> {
  // Who names the field has chosen the id.
  const named = header === null ? null : headerValue(request.headers, header)
  const own = isCorrelationId(named) ? named : checkedId(correlationId() ?? id())
  const headers = header === null || named !== null ? request.headers : [...request.headers, header, own]
  const call = new ToldCall(context, { ...request, headers }, new Call(own))
  return withCorrelationId(own, () => call.run(dispatch))
}

class ToldCall {
  readonly #context: TellingContext
  readonly #request: ClientRequest
  readonly #call: Call
  readonly #startedAt: number
  #response: ClientResponse | null = null
  #headAt = 0

  constructor(context: TellingContext, request: ClientRequest, call: Call) {
    this.#context = context
    this.#startedAt = context.clock.now()
    this.#request = { ...request, call, since: this.#startedAt }
    this.#call = call
  }

  run(dispatch: Dispatch): Promise<ClientResponse> {
    this.#begin()
    return dispatch(this.#request).then(this.#onResponse, this.#onFailure)
  }

  readonly #onResponse = (response: ClientResponse): ClientResponse => {
    this.#response = response
    this.#headAt = this.#context.clock.now()
    const { status, headers, protocol, connectionId, streamId } = response
    if (events['request:headers'].hasSubscribers)
      events['request:headers'].publish({
        ...this.#ids(this.#headAt),
        ...{ status, headers, protocol, connectionId, streamId },
      })
    response.body.whenSettled(this.#end)
    return response
  }

  readonly #onFailure = (error: unknown): Promise<never> => {
    this.#end(error)
    return Promise.reject(error)
  }

  #begin(): void {
    if (!events['request:start'].hasSubscribers) return
    const { headers } = this.#request
    events['request:start'].publish({ ...this.#ids(this.#startedAt), ...this.#what(), headers })
  }

  readonly #end = (error: unknown): void => {
    const { correlationId: id } = this.#call
    if (id !== null && error instanceof ClientError) error.correlationId ??= id
    if (!events['request:end'].hasSubscribers) return
    const response = this.#response
    const now = this.#context.clock.now()
    const { attempts, bytesReceived, bytesSent } = this.#call
    events['request:end'].publish({
      ...this.#ids(now),
      ...this.#what(),
      status: response?.status ?? null,
      protocol: response?.protocol ?? null,
      error: error === undefined ? null : failureOf(error),
      attempts,
      redirects: response?.redirects ?? 0,
      duration: now - this.#startedAt,
      firstByte: response === null ? null : this.#headAt - this.#startedAt,
      bytesReceived,
      bytesSent,
    })
  }

  #ids(at: number) {
    const { id, correlationId } = this.#call
    return { at, clientId: this.#context.clientId, requestId: id, correlationId }
  }

  #what() {
    const { method, target } = this.#request
    return { method, url: target.href, origin: target.origin.key }
  }
}
