import { defaultClient } from './default-client.ts'
import type { Fetch } from './fetch/fetch.ts'
import type { Request } from './request.ts'

export { createClient } from './client.ts'
export type { ClientDispatch, DispatchRequest } from './client-dispatch.ts'
export type { Client } from './client-interface.ts'
export type {
  ClientOptions,
  ClientUpdate,
  Http1Options,
  Http2Options,
  KeepAliveOptions,
  LimitOptions,
} from './client-options.ts'
export type { Closable, CloseOnSignalsOptions } from './close-on-signals.ts'
export { closeOnSignals } from './close-on-signals.ts'
export type { CloseOptions, CloseReport, CutRequest } from './closing.ts'
export type { DnsStats } from './connect/address-book.ts'
export type { AddressGuardOptions } from './connect/address-guard.ts'
export type { AddressOrder, DnsAddress, DnsOptions, DnsResolver } from './connect/dns-options.ts'
export type { KeyLogOption } from './connect/key-log.ts'
export type { PinMismatch, PinOptions, SubdomainPins } from './connect/pins.ts'
export type {
  ProxyAnswer,
  ProxyChoice,
  ProxyServerOptions,
  ProxySetting,
} from './connect/proxy/proxy-options.ts'
export type { TlsStoreStats } from './connect/store-guard.ts'
export type {
  OriginTlsOptions,
  PerOriginTls,
  TlsFiles,
  TlsMaterial,
  TlsOptions,
  TlsReloadOptions,
} from './connect/tls-identity.ts'
export type {
  MemoryTlsSessionStoreOptions,
  TlsSession,
  TlsSessionStore,
} from './connect/tls-session-store.ts'
export { MemoryTlsSessionStore } from './connect/tls-session-store.ts'
export type { AdaptiveOptions, AdaptiveStats } from './control/adaptive-limit.ts'
export type {
  BreakerOptions,
  CallOutcome,
  CallVerdict,
  CircuitChange,
  CircuitState,
  CircuitStats,
} from './control/circuit.ts'
export type { LaneStats } from './control/lane.ts'
export { correlationId, withCorrelationId } from './core/correlation.ts'
export type {
  ClientRequest,
  ClientResponse,
  Dispatch,
  Interceptor,
  PhaseLimits,
  RedirectMode,
  RequestContext,
  Timings,
} from './core/dispatch.ts'
export type {
  BodyErrorCode,
  ClosedErrorCode,
  ConnectErrorCode,
  ConnectionErrorCode,
  ErrorCode,
  ErrorDetails,
  InvalidRequestCode,
  LimitErrorCode,
  LimitErrorDetails,
  Phase,
  Processed,
  ProtocolErrorCode,
  StreamErrorCode,
  TimeoutErrorCode,
  WebSocketErrorCode,
  WebSocketErrorDetails,
} from './core/errors.ts'
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
  WebSocketError,
} from './core/errors.ts'
export type * from './core/event-payloads.ts'
export type { EventChannels, EventName, TrunklineEvents } from './core/events.ts'
export { EVENT_NAMES, events, onEvent } from './core/events.ts'
export type { HeaderList, HeadersInput } from './core/headers.ts'
export type { PhaseTimings } from './core/phase-timings.ts'
export type { Priority, PriorityInput } from './core/priority.ts'
export type { BytesBody, RequestBody, StreamBody } from './core/request-body.ts'
export type { ResponseBody } from './core/response-body.ts'
export type { RetryEvent, RetryOptions, RetryPolicy } from './core/retry-policy.ts'
export type { CorrelationOptions } from './correlation-options.ts'
export { defaultClient, setDefaultClient } from './default-client.ts'
export type { Balancer, BalancerName, Candidate } from './discovery/balancers.ts'
export type { ConsulResolverOptions } from './discovery/consul-resolver.ts'
export { consulResolver } from './discovery/consul-resolver.ts'
export type { DiscoveryOptions } from './discovery/discovery-options.ts'
export type { DnsAddressResolverOptions, DnsSrvResolverOptions } from './discovery/dns-service-resolvers.ts'
export { dnsAddressResolver, dnsSrvResolver } from './discovery/dns-service-resolvers.ts'
export type { EjectionOptions, HealthState } from './discovery/endpoint-health.ts'
export type { Endpoint, Resolver } from './discovery/resolver.ts'
export type { EndpointStats, ServiceStats } from './discovery/service-stats.ts'
export { staticResolver } from './discovery/static-resolver.ts'
export type { Identity } from './discovery/tracked-endpoint.ts'
export type { EngineName } from './engine-name.ts'
export type { BodyInput } from './fetch/body.ts'
export type { Fetch } from './fetch/fetch.ts'
export type { FetchInit } from './fetch/init.ts'
export type { RequestTimeouts } from './fetch/options.ts'
export type { FetchResponse } from './fetch/response.ts'
export type { EventLoopDelay, MeasureOptions, OriginHistory } from './figures.ts'
export type { HookOptions } from './interceptors/hooks.ts'
export type { TimedRequest, TimeoutsFor } from './interceptors/total-timeout.ts'
export type { LatencyStats } from './latency.ts'
export type { ClientMap, MapContext, MapError, MapOptions, MapResult, MapValue } from './map.ts'
export type { NdjsonSource } from './ndjson.ts'
export { ndjson } from './ndjson.ts'
export { parseJson } from './parse-json.ts'
export type { Standing } from './pool/pooled-connection.ts'
export type { Preconnected } from './preconnect.ts'
export type { Request, RequestOptions, RequestResult, ResponseHeaders } from './request.ts'
export type { ClientSnapshot, ClientStats, OriginStats, PooledConnectionStats, ProxyStats } from './stats.ts'
export type { ClientTimeoutOptions, TimeoutOptions } from './timeout-options.ts'
export type { ReloadStats } from './tls-reload.ts'
export type { WebSocketOptions } from './websocket/options.ts'
export type { WebSocketConnection, WebSocketData } from './websocket/web-socket.ts'
export type { OpenWebSocket } from './websocket/web-sockets.ts'
export type { AlpnProtocol, FlowWindows, GoAway, PeerLimits } from './wire/contract.ts'

/** WHATWG fetch over the process-wide default client: HTTP/2 if the server speaks it. */
export const fetch: Fetch = (input, init = undefined) => defaultClient().fetch(input, init)

/** The lower-level call over the process-wide default client. */
export const request: Request = (url, options) => defaultClient().request(url, options)
