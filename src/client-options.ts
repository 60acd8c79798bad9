import type { LookupFunction } from 'node:net'
import type { TlsOptions } from './connect/tls-identity.ts'
import type { TlsSessionStore } from './connect/tls-session-store.ts'
import type { Interceptor } from './core/dispatch.ts'
import { InvalidRequestError } from './core/errors.ts'
import {
  checkedRetry,
  RETRY_DEFAULTS,
  type RetryOptions,
  type RetryPolicy,
  settleRetry,
} from './core/retry-policy.ts'
import type { AlpnProtocol } from './wire/contract.ts'

/** Options of `createClient`. Everything has a default; times are in ms, sizes in bytes. */
export interface ClientOptions {
  /**
   * Protocols to offer by ALPN, most wanted first. Default `['h2', 'http/1.1']`. One alone insists on it: a server
   * that does not speak it fails with `ERR_TRUNKLINE_ALPN_REJECTED`.
   */
  readonly protocols?: readonly AlpnProtocol[]
  readonly http2?: Http2Options
  readonly http1?: Http1Options
  /** How servers are verified and how the client presents itself. Part of what keeps connections apart. */
  readonly tls?: TlsOptions
  /** Where TLS sessions are kept for resumption. Default: one store for the whole process. `false`: nowhere. */
  readonly tlsSessions?: TlsSessionStore | false
  readonly dns?: DnsOptions
  readonly timeouts?: TimeoutOptions
  readonly limits?: LimitOptions
  readonly keepAlive?: KeepAliveOptions
  /** When a failed request is sent again. Default: an idempotent one, once, if its connection was lost. `false`: never. */
  readonly retry?: RetryOptions
  /** See the logical call once, redirects and decoding inside them. The first one is outermost. */
  readonly interceptors?: readonly Interceptor[]
  /** See every request that goes to the network, each redirect by itself. */
  readonly networkInterceptors?: readonly Interceptor[]
}

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
}

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

export interface DnsOptions {
  /** Replaces `dns.lookup`, with its signature. */
  readonly lookup?: LookupFunction
  /** 4 or 6 to insist on one IP version; 0 (default) tries both (RFC 8305). */
  readonly family?: 0 | 4 | 6
  /** Wait before the next address of a host is tried. Default 500. */
  readonly attemptTimeout?: number
}

export interface TimeoutOptions {
  /** DNS, TCP and TLS of one dial together. Default 10,000. */
  readonly connect?: number
  /** Wait for a connection with room, its dial included. Default `Infinity`: as long as the caller waits. */
  readonly queue?: number
  /** From the request on the wire to the response head. Default 300,000, the platform's. */
  readonly headers?: number
  /** Between two pieces of a response body. Default 300,000, the platform's. */
  readonly body?: number
}

export interface LimitOptions {
  /** Connections of the client in all. Default 1,024. Idle ones give way to new origins. */
  readonly connections?: number
  /** Connections to one origin, those that are closing included. Default 256. */
  readonly connectionsPerOrigin?: number
  /** Requests that may wait for one origin; one more fails with `ERR_TRUNKLINE_QUEUE_FULL`. Default 50,000. */
  readonly queued?: number
  /** Bytes of a response body, as received and as decoded. More fails with `ERR_TRUNKLINE_BODY_TOO_LARGE`. Default `Infinity`. */
  readonly responseBody?: number
}

export interface KeepAliveOptions {
  /** Silence on a session with open streams after which it is asked by a PING. Default 15,000; 0: never. */
  readonly interval?: number
  /** Wait for the answer, then the session is dead. Default 10,000. */
  readonly timeout?: number
  /** PING idle sessions too. Default false. */
  readonly whenIdle?: boolean
}

/** The options with every default filled in. */
export interface SettledOptions {
  readonly protocols: readonly AlpnProtocol[]
  readonly http2: Required<Http2Options>
  readonly http1: Required<Http1Options>
  readonly tls: TlsOptions
  readonly tlsSessions: TlsSessionStore | false | undefined
  readonly dns: {
    readonly lookup: LookupFunction | undefined
    readonly family: 0 | 4 | 6
    readonly attemptTimeout: number
  }
  readonly timeouts: Required<TimeoutOptions>
  readonly limits: Required<LimitOptions>
  readonly keepAlive: Required<KeepAliveOptions>
  readonly retry: RetryPolicy
  readonly interceptors: readonly Interceptor[]
  readonly networkInterceptors: readonly Interceptor[]
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
  queued: 50_000,
  responseBody: Number.POSITIVE_INFINITY,
}
const KEEP_ALIVE_DEFAULTS: Required<KeepAliveOptions> = { interval: 15_000, timeout: 10_000, whenIdle: false }
const DNS_DEFAULTS = { lookup: undefined, family: 0, attemptTimeout: 500 } as const
const TIMEOUT_DEFAULTS: Required<TimeoutOptions> = {
  connect: 10_000,
  queue: Number.POSITIVE_INFINITY,
  headers: 300_000,
  body: 300_000,
}

type Check = (value: unknown) => string | null
type Checks = Readonly<Record<string, Check>>

const boolean: Check = (value) => (typeof value === 'boolean' ? null : 'true or false')
const func: Check = (value) => (typeof value === 'function' ? null : 'a function')
const text: Check = (value) => (typeof value === 'string' ? null : 'a string')
const anything: Check = () => null
const functions: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'function') ? null : 'a list of functions'

function whole(least: number, most = Number.POSITIVE_INFINITY): Check {
  const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`
  return (value) => {
    const fits = typeof value === 'number' && value >= least && value <= most
    return fits && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
      ? null
      : `a whole number ${range}`
  }
}

function duration(least: number): Check {
  return (value) =>
    typeof value === 'number' && value >= least ? null : `a number of milliseconds, at least ${least}`
}

function oneOf(...values: readonly unknown[]): Check {
  return (value) =>
    values.includes(value) ? null : `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
}

const WINDOW_LIMIT = 2 ** 31 - 1
const TLS_VERSIONS = oneOf('TLSv1.2', 'TLSv1.3', 'TLSv1.1', 'TLSv1')

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
  },
  http1: {
    maxSockets: whole(1),
    idleTimeout: duration(0),
    maxLifetime: duration(1),
    maxHeaderListSize: whole(1024),
  },
  tls: {
    ca: anything,
    cert: anything,
    key: anything,
    pfx: anything,
    crl: anything,
    passphrase: text,
    ciphers: text,
    sigalgs: text,
    ecdhCurve: text,
    minVersion: TLS_VERSIONS,
    maxVersion: TLS_VERSIONS,
    secureOptions: whole(0),
    servername: text,
    rejectUnauthorized: boolean,
    checkServerIdentity: func,
  },
  dns: { lookup: func, family: oneOf(0, 4, 6), attemptTimeout: duration(1) },
  timeouts: { connect: duration(1), queue: duration(1), headers: duration(1), body: duration(1) },
  limits: { connections: whole(1), connectionsPerOrigin: whole(1), queued: whole(0), responseBody: whole(0) },
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
  tlsSessions: sessionStore,
  // Checked where it is settled, as the same option of a single request is.
  retry: anything,
  interceptors: functions,
  networkInterceptors: functions,
}

/**
 * Checks the options and fills in the defaults. The groups are copied: later changes to the caller's objects reach
 * nothing.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function settleOptions(options: ClientOptions = {}): SettledOptions {
  validate(options)
  return {
    protocols: [...(options.protocols ?? (['h2', 'http/1.1'] as const))],
    http2: { ...HTTP2_DEFAULTS, ...given(options.http2) },
    http1: { ...HTTP1_DEFAULTS, ...given(options.http1) },
    tls: given(options.tls),
    tlsSessions: options.tlsSessions,
    dns: { ...DNS_DEFAULTS, ...given(options.dns) },
    timeouts: { ...TIMEOUT_DEFAULTS, ...given(options.timeouts) },
    limits: { ...LIMIT_DEFAULTS, ...given(options.limits) },
    keepAlive: { ...KEEP_ALIVE_DEFAULTS, ...given(options.keepAlive) },
    retry: settleRetry(checkedRetry(options.retry), RETRY_DEFAULTS),
    interceptors: [...(options.interceptors ?? [])],
    networkInterceptors: [...(options.networkInterceptors ?? [])],
  }
}

/** A copy without the keys whose value is undefined, which stand for the default. */
function given<T extends object>(group: T | undefined): T {
  return Object.fromEntries(Object.entries(group ?? {}).filter(([, value]) => value !== undefined)) as T
}

function validate(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw invalid('createClient', 'takes one object of options')
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const group = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined
    if (group !== undefined) validateGroup(name, group, value)
    else
      check(name, Object.hasOwn(TOP, name) ? TOP[name] : undefined, value, [
        ...Object.keys(GROUPS),
        ...Object.keys(TOP),
      ])
  }
}

function validateGroup(group: string, checks: Checks, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(group, `must be an object with any of ${Object.keys(checks).join(', ')}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    check(
      `${group}.${name}`,
      Object.hasOwn(checks, name) ? checks[name] : undefined,
      value,
      Object.keys(checks),
    )
  }
}

function check(name: string, rule: Check | undefined, value: unknown, known: readonly string[]): void {
  if (rule === undefined) throw invalid(name, `is not an option; there are ${known.join(', ')}`)
  const expected = rule(value)
  if (expected !== null) throw invalid(name, `must be ${expected}, not ${show(value)}`)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid client option: ${name} ${why}.`)
}
