/**
 * What `record()` kept: plain data that JSON carries unchanged. Times are ms after `timeOrigin`; an `end` of null says
 * that it was still going on when the recording was taken.
 */
export interface Recording {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** The processes it comes from; more than one when recordings were merged. */
  readonly sources: readonly RecordedSource[]
  /** Wall clock's time of 0, ms since 1970. */
  readonly timeOrigin: number
  readonly from: number
  readonly until: number
  /** What was forgotten to stay within the limits. */
  readonly dropped: DroppedCounts
  /** In the order of their starts, as are the other lists. */
  readonly requests: readonly RecordedRequest[]
  readonly dials: readonly RecordedDial[]
  readonly connections: readonly RecordedConnection[]
  readonly pings: readonly RecordedPing[]
  readonly goAways: readonly RecordedGoAway[]
  readonly stalls: readonly RecordedStall[]
  readonly breakers: readonly RecordedBreaker[]
  readonly frames: readonly RecordedFrame[]
}

/** What the `format` member of a recording says. */
export const FORMAT = 'trunkline-recording'

/** Version of the format; a reader refuses the ones it does not know. */
export const VERSION = 1

/** The lists that a recording consists of. */
export const LISTS = [
  'requests',
  'dials',
  'connections',
  'pings',
  'goAways',
  'stalls',
  'breakers',
  'frames',
] as const

/** The lists of a recording. */
export type ListName = (typeof LISTS)[number]

/** How many of each list were forgotten to stay within the limits. */
export type DroppedCounts = Readonly<Record<ListName, number>>

/** What a connection speaks. */
export type Protocol = 'h2' | 'http/1.1'

/** A process that was recorded. */
export interface RecordedSource {
  /** Of `record({ name })`. */
  readonly name: string
  readonly pid: number
  /** As `v26.10.0`. */
  readonly node: string
}

/** An error, without its stack. */
export interface RecordedError {
  readonly code: string
  readonly message: string
}

/** One call of `fetch` or `request`. */
export interface RecordedRequest {
  readonly id: number
  /** Place in `sources`. */
  readonly source: number
  readonly clientId: number
  readonly correlationId: string | null
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly start: number
  readonly end: number | null
  /** When the caller got the response head. */
  readonly headersAt: number | null
  readonly status: number | null
  readonly protocol: Protocol | null
  readonly error: RecordedError | null
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Name, value, name, value. Empty where the attempts have them. */
  readonly headers: readonly string[]
  readonly responseHeaders: readonly string[]
  readonly attempts: readonly RecordedAttempt[]
  readonly retries: readonly RecordedRetry[]
  readonly redirects: readonly RecordedRedirect[]
}

/** One time that it was given to the network. */
export interface RecordedAttempt {
  readonly id: number
  readonly number: number
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly start: number
  readonly end: number | null
  readonly status: number | null
  readonly error: RecordedError | null
  readonly headers: readonly string[]
  readonly waits: readonly RecordedWait[]
  /** More than one when it was replayed. */
  readonly streams: readonly RecordedStream[]
  readonly replays: readonly RecordedReplay[]
}

/** In the queue, for a connection with room. */
export interface RecordedWait {
  readonly start: number
  readonly end: number | null
  readonly connectionId: number | null
}

/** An exchange on a connection; times in ms since `timeOrigin`. */
export interface RecordedStream {
  readonly connectionId: number
  readonly streamId: number | null
  readonly start: number
  readonly headersAt: number | null
  readonly end: number | null
  readonly status: number | null
  readonly error: RecordedError | null
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly headers: readonly string[]
}

/** A retry by policy. */
export interface RecordedRetry {
  readonly at: number
  /** Which attempt comes now: 2 for the first retry. */
  readonly attempt: number
  readonly delay: number
  readonly status: number | null
  readonly error: RecordedError | null
}

/** A request that was sent again because the server had not acted on it. */
export interface RecordedReplay {
  readonly at: number
  /** 421, when it was answered; else there is an error. */
  readonly status: number | null
  readonly error: RecordedError | null
}

/** A redirect that was followed. */
export interface RecordedRedirect {
  readonly at: number
  readonly status: number
  readonly from: string
  readonly to: string
}

/** The making of a connection, with its steps. */
export interface RecordedDial {
  readonly id: number
  readonly source: number
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly proxy: string | null
  readonly start: number
  readonly end: number | null
  readonly connectionId: number | null
  readonly error: RecordedError | null
  readonly dns: readonly RecordedDns[]
  readonly connects: readonly RecordedConnect[]
  readonly tls: readonly RecordedTls[]
  /** Through a proxy, one after the other; absent in recordings of before there was such a thing. */
  readonly tunnels?: readonly RecordedTunnel[]
}

export interface RecordedTunnel {
  readonly proxy: string
  readonly start: number
  readonly end: number | null
  /** The dial that made the connection to the proxy; null: there was none. */
  readonly proxyDialId: number | null
  readonly error: RecordedError | null
}

/** The look-up of a host's addresses. */
export interface RecordedDns {
  readonly host: string
  readonly start: number
  readonly end: number | null
  readonly cached: boolean
  readonly addresses: readonly string[]
  readonly error: RecordedError | null
}

/** A TCP connection to one address. */
export interface RecordedConnect {
  readonly address: string
  readonly port: number
  readonly start: number
  readonly end: number | null
  readonly error: RecordedError | null
}

/** A TLS handshake, with the origin or with a proxy. */
export interface RecordedTls {
  readonly servername: string
  readonly withProxy: boolean
  readonly start: number
  readonly end: number | null
  readonly tlsVersion: string | null
  readonly alpn: string | null
  readonly resumed: boolean
  readonly error: RecordedError | null
}

/** A connection, from its first use to its end. */
export interface RecordedConnection {
  readonly id: number
  readonly source: number
  readonly clientId: number
  readonly dialId: number
  readonly origin: string
  readonly protocol: Protocol
  readonly remoteAddress: string
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  readonly start: number
  readonly end: number | null
  readonly draining: { readonly at: number; readonly reason: string; readonly openStreams: number } | null
  readonly requests: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly error: RecordedError | null
}

/** A PING and its answer. */
export interface RecordedPing {
  readonly connectionId: number
  readonly at: number
  /** ms; null: no answer. */
  readonly roundTrip: number | null
  readonly error: RecordedError | null
}

/** A GOAWAY of the server (RFC 9113 section 6.8). */
export interface RecordedGoAway {
  readonly connectionId: number
  readonly at: number
  readonly lastStreamId: number
  readonly http2Code: number
  readonly debug: string
}

/** Waiting for flow-control window. */
export interface RecordedStall {
  readonly connectionId: number
  /** Null: the connection as a whole. */
  readonly streamId: number | null
  readonly direction: 'in' | 'out'
  readonly start: number
  readonly end: number | null
}

/** A change of a circuit breaker. */
export interface RecordedBreaker {
  readonly at: number
  readonly origin: string
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** The head of a frame (RFC 9113 section 4.1). */
export interface RecordedFrame {
  readonly connectionId: number
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly length: number
}

/** The same, while it is being written. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Draft<T[Key]> }
    : T
