import { type CloseOnSignalsOptions, checkCloseOnSignals } from './close-on-signals.ts'
import { type AddressGuardOptions, checkAddressGuard } from './connect/address-guard.ts'
import { DNS_DEFAULTS, type DnsOptions, type SettledDns } from './connect/dns-options.ts'
import { checkProxy, type ProxySetting } from './connect/proxy/proxy-options.ts'
import type { TlsOptions } from './connect/tls-identity.ts'
import type { TlsSessionStore } from './connect/tls-session-store.ts'
import { ADAPTIVE_DEFAULTS, type AdaptiveOptions, type AdaptivePolicy } from './control/adaptive-limit.ts'
import { BREAKER_DEFAULTS, type BreakerOptions, type BreakerPolicy } from './control/circuit.ts'
import type { Interceptor } from './core/dispatch.ts'
import {
  checkedRetry,
  RETRY_DEFAULTS,
  type RetryOptions,
  type RetryPolicy,
  settleRetry,
} from './core/retry-policy.ts'
import {
  type CorrelationOptions,
  checkCorrelation,
  type SettledCorrelation,
  settleCorrelation,
} from './correlation-options.ts'
import {
  checkDiscovery,
  type DiscoveryOptions,
  type SettledDiscovery,
  settleDiscovery,
} from './discovery/discovery-options.ts'
import { DNS_CHECKS } from './dns-checks.ts'
import { checkEngine, type EngineName, engineOfEnvironment } from './engine-name.ts'
import { MEASURE_DEFAULTS, type MeasureOptions } from './figures.ts'
import type { HookOptions } from './interceptors/hooks.ts'
import {
  anything,
  boolean,
  type Check,
  type Checks,
  checkGroup,
  checkOptions,
  duration,
  factor,
  func,
  functions,
  share,
  whole,
} from './option-checks.ts'
import { type ClientTimeoutOptions, type SettledTimeouts, settleTimeouts } from './timeout-options.ts'
import { ORIGIN_TLS_CHECKS, TLS_CHECKS } from './tls-checks.ts'
import type { AlpnProtocol } from './wire/contract.ts'

/** Options of `createClient`. Everything has a default; times are in ms, sizes in bytes. */
export interface ClientOptions {
  /**
   * Protocols to offer by ALPN, most wanted first. Default `['h2', 'http/1.1']`. One alone insists on it: a server
   * that does not speak it fails with `ERR_TRUNKLINE_ALPN_REJECTED`.
   */
  readonly protocols?: readonly AlpnProtocol[]
  /**
   * What speaks HTTP/2: `'node'` is `node:http2`, `'wire'` is Trunkline's own, lighter and stricter. Default: what the
   * environment variable `TRUNKLINE_ENGINE` says, else `'node'`.
   */
  readonly engine?: EngineName
  /** HTTP/2: sessions per origin, flow-control windows, limits, how long sessions live. */
  readonly http2?: Http2Options
  /** HTTP/1.1: sockets per origin, limits, how long sockets live. */
  readonly http1?: Http1Options
  /** How servers are verified and how the client presents itself. Part of what keeps connections apart. */
  readonly tls?: TlsOptions
  /** Where TLS sessions are kept for resumption. Default: one store for the whole process. `false`: nowhere. */
  readonly tlsSessions?: TlsSessionStore | false
  /** How host names become addresses: who is asked, what is cached, which address comes first. */
  readonly dns?: DnsOptions
  /**
   * Keeps the client off private, loopback, link-local and other special addresses, whatever name, spelling or redirect
   * leads there. `true`, or lists of CIDR blocks that are allowed or refused besides. Default false.
   */
  readonly addressGuard?: boolean | AddressGuardOptions
  /**
   * The proxy to go through: its URL, or an object with credentials, TLS options and more; a function that says for each
   * origin; or `'environment'`. Default false: none, whatever the environment says.
   */
  readonly proxy?: ProxySetting
  /** Time limits of each phase of a request, ms, or a function that returns those of each request. */
  readonly timeouts?: ClientTimeoutOptions
  /** Limits on connections, waiting requests, requests in flight and response bodies. */
  readonly limits?: LimitOptions
  /** Hosts that stand for services, whose endpoints a resolver knows. Default: none. */
  readonly discovery?: DiscoveryOptions | readonly DiscoveryOptions[]
  /** A circuit breaker for each origin. Off unless given; `{}` takes every default. */
  readonly breaker?: BreakerOptions
  /** In-flight limits that are found by measuring. Off unless given; `{}` takes every default. */
  readonly adaptive?: AdaptiveOptions
  /** When a PING asks whether a connection is alive. */
  readonly keepAlive?: KeepAliveOptions
  /** When a failed request is sent again. Default: an idempotent one, once, if its connection was lost. `false`: never. */
  readonly retry?: RetryOptions
  /**
   * Gives each call an id, the one that it runs under (`withCorrelationId`) or one of its own, which stands in its events
   * and errors and is sent along. Default false.
   */
  readonly correlation?: boolean | CorrelationOptions
  /** What `stats()` and `snapshot()` measure in addition: latency, the delay of the event loop. Default: neither. */
  readonly measure?: MeasureOptions
  /** Functions that are called for each request, response, error and retry. */
  readonly hooks?: HookOptions
  /** See the logical call once, redirects and decoding inside them. The first one is outermost. */
  readonly interceptors?: readonly Interceptor[]
  /** See every request that goes to the network, each redirect by itself. */
  readonly networkInterceptors?: readonly Interceptor[]
  /** Close the client when the process gets SIGTERM or SIGINT, or other signals. Default false. */
  readonly closeOnSignals?: boolean | CloseOnSignalsOptions
}

/** `http2`: how HTTP/2 sessions are used. */
export interface Http2Options {
  /** Sessions per origin; a further one is opened only when the open ones are full. Default 1 (RFC 9113 section 9.1). */
  readonly maxSessions?: number
  /** Streams at once on one session, however many the server allows. Default: the server's limit. */
  readonly maxConcurrentStreams?: number
  /**
   * Bytes of a response the server may send ahead of the reader at first. Windows grow where the path holds more
   * (bandwidth x round trip), and shrink when many streams are open. Default 1 MiB.
   */
  readonly initialWindowSize?: number
  /** Bytes that may be unread on one connection; the windows of its streams share them. Default 64 MiB. */
  readonly connectionWindowSize?: number
  /** Largest header section accepted, bytes as RFC 9113 section 6.5.2 counts them. Default 64 KiB. */
  readonly maxHeaderListSize?: number
  /** Most fields in a header section. Default 128. */
  readonly maxHeaderFields?: number
  /** Close a session that had no stream for so long. Default 60,000. `Infinity`: never. */
  readonly idleTimeout?: number
  /** Hand over to a new session at this age; the old one finishes its streams. Default `Infinity`. */
  readonly maxLifetime?: number
  /** Wait for the server's SETTINGS on a new connection. Default 10,000. */
  readonly settingsTimeout?: number
  /** How long a session that is closing may take to finish its streams. Default 300,000. */
  readonly drainTimeout?: number
  /** Speak HTTP/2 to `http:` URLs without asking (RFC 9113 section 3.3). Default false. */
  readonly priorKnowledge?: boolean
  /** Share a session with other origins at its address that its certificate covers (RFC 9113 section 9.1.1). Default false. */
  readonly coalesce?: boolean
}

/** `http1`: how HTTP/1.1 connections are used. */
export interface Http1Options {
  /** Sockets per origin. Default 64. */
  readonly maxSockets?: number
  /** Close a socket that was idle for so long; a server's `Keep-Alive: timeout` may make it sooner. Default 30,000. */
  readonly idleTimeout?: number
  /** Use a socket for new requests no longer than this. Default `Infinity`. */
  readonly maxLifetime?: number
  /** Largest header section accepted, bytes. Default 64 KiB. */
  readonly maxHeaderListSize?: number
}

/** `limits`: how much of everything at once. */
export interface LimitOptions {
  /** Connections of the client in all. Default 1,024. Idle ones give way to new origins. */
  readonly connections?: number
  /** Connections to one origin, those that are closing included. Default 256. */
  readonly connectionsPerOrigin?: number
  /** Of those in all, the ones that speak HTTP/1.1; beside `http1.maxSockets` for each origin. Default `Infinity`. */
  readonly http1Sockets?: number
  /** Requests that may wait for one origin; one more fails with `ERR_TRUNKLINE_QUEUE_FULL`. Default 50,000. */
  readonly queued?: number
  /** Requests whose response has not ended, of the client in all; further ones wait for their turn. Default `Infinity`. */
  readonly inFlight?: number
  /** The same for one origin. Default `Infinity`. */
  readonly inFlightPerOrigin?: number
  /** Bytes of a response body, as received and as decoded. More fails with `ERR_TRUNKLINE_BODY_TOO_LARGE`. Default `Infinity`. */
  readonly responseBody?: number
}

/** `keepAlive`: how dead connections are found by PING. */
export interface KeepAliveOptions {
  /** Silence on a session with open streams after which it is asked by a PING. Default 15,000; 0: never. */
  readonly interval?: number
  /** Wait for the answer, then the session is dead. Default 10,000. */
  readonly timeout?: number
  /** PING idle sessions too. Default false. */
  readonly whenIdle?: boolean
}

/** The options with every default filled in. */
export interface SettledOptions extends SettledTimeouts {
  readonly protocols: readonly AlpnProtocol[]
  readonly engine: EngineName
  readonly http2: Required<Http2Options>
  readonly http1: Required<Http1Options>
  readonly tls: TlsOptions
  readonly tlsSessions: TlsSessionStore | false | undefined
  readonly dns: SettledDns
  readonly addressGuard: boolean | AddressGuardOptions
  readonly proxy: ProxySetting
  readonly discovery: readonly SettledDiscovery[]
  readonly limits: Required<LimitOptions>
  readonly breaker: BreakerPolicy | null
  readonly adaptive: AdaptivePolicy | null
  readonly keepAlive: Required<KeepAliveOptions>
  readonly retry: RetryPolicy
  readonly interceptors: readonly Interceptor[]
  readonly networkInterceptors: readonly Interceptor[]
  readonly hooks: HookOptions
  readonly correlation: SettledCorrelation | null
  readonly measure: Required<MeasureOptions>
  readonly closeOnSignals: false | CloseOnSignalsOptions
}

const HTTP2_DEFAULTS: Required<Http2Options> = {
  maxSessions: 1,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  initialWindowSize: 1024 * 1024,
  connectionWindowSize: 64 * 1024 * 1024,
  maxHeaderListSize: 64 * 1024,
  maxHeaderFields: 128,
  idleTimeout: 60_000,
  maxLifetime: Number.POSITIVE_INFINITY,
  settingsTimeout: 10_000,
  drainTimeout: 300_000,
  priorKnowledge: false,
  coalesce: false,
}

const HTTP1_DEFAULTS: Required<Http1Options> = {
  maxSockets: 64,
  idleTimeout: 30_000,
  maxLifetime: Number.POSITIVE_INFINITY,
  maxHeaderListSize: 64 * 1024,
}

const LIMIT_DEFAULTS: Required<LimitOptions> = {
  connections: 1024,
  connectionsPerOrigin: 256,
  http1Sockets: Number.POSITIVE_INFINITY,
  queued: 50_000,
  inFlight: Number.POSITIVE_INFINITY,
  inFlightPerOrigin: Number.POSITIVE_INFINITY,
  responseBody: Number.POSITIVE_INFINITY,
}
const KEEP_ALIVE_DEFAULTS: Required<KeepAliveOptions> = { interval: 15_000, timeout: 10_000, whenIdle: false }
const WINDOW_LIMIT = 2 ** 31 - 1

const GROUPS: Readonly<Record<string, Checks>> = {
  http2: {
    maxSessions: whole(1),
    maxConcurrentStreams: whole(1),
    initialWindowSize: whole(1, WINDOW_LIMIT),
    connectionWindowSize: whole(65_535, WINDOW_LIMIT),
    maxHeaderListSize: whole(1024, 2 ** 32 - 1),
    maxHeaderFields: whole(1),
    idleTimeout: duration(0),
    maxLifetime: duration(1),
    settingsTimeout: duration(1),
    drainTimeout: duration(1),
    priorKnowledge: boolean,
    coalesce: boolean,
  },
  http1: {
    maxSockets: whole(1),
    idleTimeout: duration(0),
    maxLifetime: duration(1),
    maxHeaderListSize: whole(1024),
  },
  tls: TLS_CHECKS,
  dns: DNS_CHECKS,
  limits: {
    connections: whole(1),
    connectionsPerOrigin: whole(1),
    http1Sockets: whole(1),
    queued: whole(0),
    inFlight: whole(1),
    inFlightPerOrigin: whole(1),
    responseBody: whole(0),
  },
  breaker: {
    failureRate: share,
    slowRate: share,
    slowAfter: duration(0),
    window: whole(1, 2 ** 24),
    windowTime: duration(1),
    minimumCalls: whole(1),
    openTime: duration(1),
    openTimeFactor: factor,
    maxOpenTime: duration(1),
    probes: whole(1),
    classify: func,
    onStateChange: func,
  },
  adaptive: {
    initial: whole(1),
    min: whole(1),
    max: whole(1),
    tolerance: factor,
    probeInterval: duration(1),
  },
  hooks: { beforeRequest: func, afterResponse: func, onError: func, onRetry: func },
  measure: { latency: boolean, eventLoopDelay: boolean },
  keepAlive: { interval: duration(0), timeout: duration(1), whenIdle: boolean },
}

const protocolList: Check = (value) => {
  const known = Array.isArray(value) && value.length > 0 && new Set(value).size === value.length
  return known && value.every((one) => one === 'h2' || one === 'http/1.1')
    ? null
    : "a list of 'h2' and 'http/1.1'"
}

const sessionStore: Check = (value) => {
  if (value === false) return null
  const methods = ['take', 'add', 'forget'] as const
  const complete =
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof Reflect.get(value, name) === 'function')
  return complete ? null : 'a TlsSessionStore (take, add, forget), or false'
}

const TOP: Checks = {
  protocols: protocolList,
  engine: checkEngine,
  tlsSessions: sessionStore,
  addressGuard: checkAddressGuard,
  proxy: checkProxy,
  discovery: checkDiscovery,
  // Checked where they are settled.
  retry: anything,
  timeouts: anything,
  interceptors: functions,
  networkInterceptors: functions,
  correlation: checkCorrelation,
  closeOnSignals: checkCloseOnSignals,
}

/**
 * Checks the options and fills in the defaults. The groups are copied: later changes to the caller's objects reach
 * nothing.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function settleOptions(options: ClientOptions = {}): SettledOptions {
  checkOptions(options, GROUPS, TOP)
  return {
    protocols: [...(options.protocols ?? (['h2', 'http/1.1'] as const))],
    engine: options.engine ?? engineOfEnvironment(process.env),
    http2: { ...HTTP2_DEFAULTS, ...given(options.http2) },
    http1: { ...HTTP1_DEFAULTS, ...given(options.http1) },
    tls: given(options.tls),
    tlsSessions: options.tlsSessions,
    dns: { ...DNS_DEFAULTS, ...given(options.dns) },
    addressGuard: options.addressGuard ?? false,
    proxy: options.proxy ?? false,
    discovery: [options.discovery ?? []].flat().map(settleDiscovery),
    ...settleTimeouts(options.timeouts),
    limits: { ...LIMIT_DEFAULTS, ...given(options.limits) },
    breaker: options.breaker === undefined ? null : { ...BREAKER_DEFAULTS, ...given(options.breaker) },
    adaptive: options.adaptive === undefined ? null : { ...ADAPTIVE_DEFAULTS, ...given(options.adaptive) },
    keepAlive: { ...KEEP_ALIVE_DEFAULTS, ...given(options.keepAlive) },
    retry: settleRetry(checkedRetry(options.retry), RETRY_DEFAULTS),
    interceptors: [...(options.interceptors ?? [])],
    networkInterceptors: [...(options.networkInterceptors ?? [])],
    hooks: given(options.hooks),
    correlation: settleCorrelation(options.correlation),
    measure: { ...MEASURE_DEFAULTS, ...given(options.measure) },
    closeOnSignals: options.closeOnSignals === true ? {} : (options.closeOnSignals ?? false),
  }
}

/**
 * Options of TLS that are not the client's own: those for a proxy.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function checkProxyTls(options: unknown): void {
  checkGroup('proxy.tls', ORIGIN_TLS_CHECKS, options)
}

/** What may be changed while a client runs. */
export interface ClientUpdate {
  readonly limits?: LimitOptions
  /** Certificates, keys, pins and whatever else `tls` has, `reload` aside. New connections use them, the old ones drain. */
  readonly tls?: TlsOptions
}

/**
 * What an update names; what it does not name stays.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option; then nothing changes.
 */
export function settleUpdate(update: ClientUpdate): {
  readonly limits: LimitOptions
  readonly tls: TlsOptions | null
} {
  const { reload: _, ...tls } = TLS_CHECKS
  checkOptions(update, { limits: GROUPS.limits as Checks, tls }, {})
  return { limits: given(update.limits), tls: update.tls === undefined ? null : given(update.tls) }
}

/** A copy without the keys whose value is undefined, which stand for the default. */
function given<T extends object>(group: T | undefined): T {
  return Object.fromEntries(Object.entries(group ?? {}).filter(([, value]) => value !== undefined)) as T
}
