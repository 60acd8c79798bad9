import { type Client, createClient } from './client.ts'
import type { Fetch } from './fetch/fetch.ts'
import type { Request } from './request.ts'

export type { Client, Preconnected } from './client.ts'
export { createClient } from './client.ts'
export type {
  ClientOptions,
  DnsOptions,
  Http1Options,
  Http2Options,
  KeepAliveOptions,
  LimitOptions,
  TimeoutOptions,
} from './client-options.ts'
export type { TlsOptions } from './connect/tls-identity.ts'
export type {
  MemoryTlsSessionStoreOptions,
  TlsSession,
  TlsSessionStore,
} from './connect/tls-session-store.ts'
export { MemoryTlsSessionStore } from './connect/tls-session-store.ts'
export type {
  ClientRequest,
  ClientResponse,
  Dispatch,
  Interceptor,
  RedirectMode,
  Timings,
} from './core/dispatch.ts'
export type { ErrorCode, Phase, Processed } from './core/errors.ts'
export {
  BodyError,
  ClientError,
  ClosedError,
  ConnectError,
  ConnectionError,
  InvalidRequestError,
  LimitError,
  ProtocolError,
  StreamError,
  TimeoutError,
} from './core/errors.ts'
export type { HeaderList, HeadersInput } from './core/headers.ts'
export type { ResponseBody } from './core/response-body.ts'
export type { RetryEvent, RetryOptions, RetryPolicy } from './core/retry-policy.ts'
export type { BodyInput } from './fetch/body.ts'
export type { Fetch } from './fetch/fetch.ts'
export type { FetchInit } from './fetch/init.ts'
export type { RequestTimeouts } from './fetch/options.ts'
export type { FetchResponse } from './fetch/response.ts'
export type { Request, RequestOptions, RequestResult, ResponseHeaders } from './request.ts'
export type { ClientStats, OriginStats, PooledConnectionStats } from './stats.ts'
export type { AlpnProtocol } from './wire/contract.ts'

let shared: Client | null = null

/** The client behind `fetch` and `request`: made at the first use, for the whole process. */
export function defaultClient(): Client {
  shared ??= createClient()
  return shared
}

/** WHATWG fetch over the process-wide default client: HTTP/2 if the server speaks it. */
export const fetch: Fetch = (input, init = undefined) => defaultClient().fetch(input, init)

/** The lower-level call over the process-wide default client. */
export const request: Request = (url, options) => defaultClient().request(url, options)
