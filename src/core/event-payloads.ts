import type { ErrorCode } from './errors.ts'
import type { HeaderList } from './headers.ts'

/** What the events of `core/events.ts` carry. Plain data; times are ms, sizes bytes. */

/** What every event of one call carries. */
interface OfCall {
  readonly at: number
  readonly requestId: number
  /** The id that the call runs under (`correlation`); null without one. */
  readonly correlationId: string | null
}

interface OfRequest extends OfCall {
  readonly clientId: number
}

/** `request:start`: a call of `fetch` or `request` begins. */
export interface RequestStart extends OfRequest {
  readonly method: string
  /** Without credentials and fragment. */
  readonly url: string
  readonly origin: string
  /** As the caller gave them, credentials included: who writes them down has to leave those out. */
  readonly headers: HeaderList
}

/** `request:headers`: the head of its final response. */
export interface RequestHeaders extends OfRequest {
  readonly status: number
  readonly headers: HeaderList
  readonly protocol: 'h2' | 'http/1.1'
  /** 0: not from a connection, but from a cache, a mock or an interceptor. */
  readonly connectionId: number
  readonly streamId: number | undefined
}

/** `request:end`: it is over, its body included. */
export interface RequestEnd extends OfRequest {
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly status: number | null
  readonly protocol: 'h2' | 'http/1.1' | null
  readonly error: Failure | null
  readonly attempts: number
  readonly redirects: number
  /** ms from the call to its end, and of it to the response head; null without one. */
  readonly duration: number
  readonly firstByte: number | null
  /** Bytes of the bodies as they travelled, content codings included. */
  readonly bytesReceived: number
  readonly bytesSent: number
}

/** What went wrong, as far as a log or a label needs it. */
export interface Failure {
  /** `ERR_TRUNKLINE_…`, or the name of another error: `AbortError`, `TimeoutError`, what an interceptor threw. */
  readonly code: ErrorCode | (string & {})
  readonly message: string
  readonly error: unknown
}

interface OfAttempt extends OfCall {
  readonly attemptId: number
}

/** `attempt:start`: one try of a call: the first, a retry, or a redirect. */
export interface AttemptStart extends OfAttempt {
  /** 1 for the first of its call. */
  readonly number: number
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly headers: HeaderList
}

/** `attempt:end`: that try has a response head, or failed. */
export interface AttemptEnd extends OfAttempt {
  readonly status: number | null
  readonly protocol: 'h2' | 'http/1.1' | null
  readonly connectionId: number | null
  readonly streamId: number | undefined
  readonly error: Failure | null
}

/** `queue:start`: a try waits for its connection or its turn. */
export interface QueueStart extends OfAttempt {
  readonly origin: string
}

/** `queue:end`: it waits no more. */
export interface QueueEnd extends OfAttempt {
  readonly origin: string
  /** ms. */
  readonly duration: number
  /** Null: it waited in vain. */
  readonly connectionId: number | null
  readonly error: Failure | null
}

interface OfStream extends OfAttempt {
  readonly connectionId: number
  /** Undefined over HTTP/1.1, and before node:http2 gave it one. */
  readonly streamId: number | undefined
}

/** `stream:start`: an exchange begins on a connection. */
export interface StreamStart extends OfStream {
  readonly method: string
  readonly url: string
}

/** `stream:headers`: the head of its response. */
export interface StreamHeaders extends OfStream {
  readonly status: number
  readonly headers: HeaderList
}

/** `stream:end`: the exchange is over. */
export interface StreamEnd extends OfStream {
  readonly status: number | null
  readonly error: Failure | null
  readonly bytesReceived: number
  readonly bytesSent: number
}

interface OfDial {
  readonly at: number
  readonly dialId: number
  readonly origin: string
}

/** `dial:start`: a connection is to be made. */
export interface DialStart extends OfDial {
  readonly host: string
  readonly port: number
  /** Of the proxy that it goes through, without credentials; null: straight, as do dials to proxies themselves. */
  readonly proxy: string | null
}

/** `dial:end`: it is made, or could not be. */
export interface DialEnd extends OfDial {
  /** ms. */
  readonly duration: number
  readonly protocol: 'h2' | 'http/1.1' | null
  /** Null when it failed, and of a dial to a proxy that became a tunnel as a whole. */
  readonly connectionId: number | null
  readonly error: Failure | null
}

/** `dns:start`: a name is looked up. */
export interface DnsStart extends OfDial {
  readonly host: string
}

/** `dns:end`: its addresses, or why there are none. */
export interface DnsEnd extends OfDial {
  readonly host: string
  readonly addresses: readonly string[]
  /** Answered from the cache of this client. */
  readonly cached: boolean
  readonly duration: number
  readonly error: Failure | null
}

/** One TCP connection attempt; several of them race (RFC 8305). */
export interface ConnectStart extends OfDial {
  readonly address: string
  readonly port: number
}

/** `connect:end`: the TCP connection stands, or could not be made. */
export interface ConnectEnd extends OfDial {
  readonly address: string
  readonly port: number
  readonly duration: number
  /** Null for the one that is used; those that lost the race end with `ERR_TRUNKLINE_CONNECT_FAILED`. */
  readonly error: Failure | null
}

/** `tls:start`: a handshake begins. */
export interface TlsStart extends OfDial {
  readonly servername: string
  readonly offered: readonly string[]
  /** A TLS session was at hand to be resumed (RFC 8446 section 2.2). */
  readonly resuming: boolean
  /** The handshake with the proxy, not with the origin. */
  readonly withProxy: boolean
}

/** `tls:end`: how the handshake ended. */
export interface TlsEnd extends OfDial {
  readonly servername: string
  readonly withProxy: boolean
  readonly duration: number
  readonly version: string | null
  /** What ALPN (RFC 7301) came to; null: nothing. */
  readonly alpn: string | null
  readonly resumed: boolean
  readonly error: Failure | null
}

/** A dial begins to wait for its tunnel through a proxy. */
export interface TunnelStart extends OfDial {
  /** Of the proxy, without credentials. */
  readonly proxy: string
}

/** The tunnel stands, or will not. */
export interface TunnelEnd extends TunnelStart {
  /** ms; the dial of the connection to the proxy included, as far as this one waited for it. */
  readonly duration: number
  /** The dial that made the connection to the proxy, maybe for another tunnel; null: there was none to ask over. */
  readonly proxyDialId: number | null
  /** The HTTP/2 connection to the proxy that it is a stream of; null: it has its connection to itself, or failed. */
  readonly proxyConnectionId: number | null
  readonly error: Failure | null
}

/** What every event of one connection carries. */
export interface OfConnection {
  readonly at: number
  readonly connectionId: number
  readonly origin: string
}

/** `connection:open`: a connection is ready for requests. */
export interface ConnectionOpen extends OfConnection {
  readonly clientId: number
  readonly dialId: number
  readonly protocol: 'h2' | 'http/1.1'
  readonly remoteAddress: string
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  /** ms of the dial's phases; null for one that did not take place. */
  readonly dns: number | null
  readonly connect: number | null
  /** Until the tunnel stood; null without a proxy. */
  readonly tunnel: number | null
  readonly handshake: number | null
}

/** `connection:draining`: it takes no new requests. */
export interface ConnectionDraining extends OfConnection {
  readonly reason: DrainReason
  readonly openStreams: number
}

/**
 * `goaway`: the peer said so. `idle`: for longer than it may be, or its place was wanted by another origin. `aged`: it
 * reached its lifetime. `replaced`: another connection took over. `renewed`: certificates or pins of the client changed.
 * `closing`: the client closes. `refused`: the peer
 * kept refusing streams, or cannot take any. `misdirected`: it answered 421. `http1-required`: the origin asked for
 * HTTP/1.1. `distrusted`: the peer floods, or the stream ids are used up.
 */
export type DrainReason =
  | 'goaway'
  | 'idle'
  | 'aged'
  | 'replaced'
  | 'renewed'
  | 'closing'
  | 'refused'
  | 'misdirected'
  | 'http1-required'
  | 'distrusted'
  | 'peer-closed'

/** `connection:closed`: it is gone. */
export interface ConnectionClosed extends OfConnection {
  readonly protocol: 'h2' | 'http/1.1'
  /** ms since it was connected. */
  readonly age: number
  /** Requests it carried. */
  readonly requests: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly error: Failure | null
}

/** `ping:start`: a PING is sent (RFC 9113 section 6.7). */
export type PingStart = OfConnection

/** `ping:end`: the answer to a PING, or that none came. */
export interface PingEnd extends OfConnection {
  /** ms; null: no answer. */
  readonly roundTrip: number | null
  readonly error: Failure | null
}

/** `goaway`: the server said GOAWAY (RFC 9113 section 6.8). */
export interface GoAwayEvent extends OfConnection {
  readonly lastStreamId: number
  /** RFC 9113 section 7. */
  readonly http2Code: number
  readonly debug: string
}

/** `retry`: a call will be sent again by policy. */
export interface RetryEventPayload extends OfCall {
  readonly origin: string
  /** The number of the attempt that comes now, as its `attempt:start` will tell it: 2 for the first retry. */
  readonly attempt: number
  /** ms until it goes out. */
  readonly delay: number
  /** What the one before it came to. */
  readonly status: number | null
  readonly error: Failure | null
}

/** `replay`: a request is sent again, since the server had not acted on it. */
export interface ReplayEvent extends OfAttempt {
  readonly origin: string
  /** 421 (RFC 9110 section 15.5.20): the connection was not for this origin. Null when there is an error. */
  readonly status: number | null
  readonly error: Failure | null
}

/** `redirect`: a redirect is followed. */
export interface RedirectEvent extends OfCall {
  readonly status: number
  readonly from: string
  readonly to: string
}

/** `breaker`: a circuit breaker changed. */
export interface BreakerEvent {
  readonly at: number
  readonly origin: string
  readonly from: 'closed' | 'open' | 'half-open'
  readonly to: 'closed' | 'open' | 'half-open'
  readonly reason: string
}

/** `stall:start`: a request body waits for flow-control window. */
export interface StallStart {
  readonly at: number
  readonly connectionId: number
  /** Undefined: the connection as a whole has no window left. */
  readonly streamId: number | undefined
  /** `out`: our upload waits for the peer. `in`: the peer waits until the response is read. */
  readonly direction: 'in' | 'out'
}

/** `stall:end`: it goes on. */
export interface StallEnd extends StallStart {
  /** ms. */
  readonly duration: number
}

/** `frame`: the head of a frame that came or went. */
export interface FrameEvent {
  readonly at: number
  readonly connectionId: number
  readonly direction: 'in' | 'out'
  /** Its type (RFC 9113 section 6) as a number; unknown ones are told, too. */
  readonly type: number
  readonly flags: number
  readonly streamId: number
  /** Bytes of its payload. */
  readonly length: number
}
