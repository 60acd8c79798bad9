import { type Channel, channel } from 'node:diagnostics_channel'
import type { ClientError, ErrorCode } from './errors.ts'
import type { HeaderList } from './headers.ts'

/**
 * What Trunkline tells whoever looks, on `node:diagnostics_channel`. Each event has a channel `trunkline:<name>` and
 * one shape of payload. Nothing is made, and no clock is read, where a channel has no subscriber.
 *
 * `at` is always ms on the clock of `performance.now()`; `performance.timeOrigin + at` is the wall clock's time. Ids
 * count up from 1 in a process and are never used again. Whatever begins also ends: each `:start` is followed by one
 * `:end` with the same id, on failure and abort too.
 */
export interface TrunklineEvents {
  /** A call of `fetch` or `request` came in. */
  'request:start': RequestStart
  /** The response head that the caller gets is there. */
  'request:headers': RequestHeaders
  /** The last byte of the response came, or the call failed, or its body was given up. */
  'request:end': RequestEnd
  /** A request is given to the network; redirects and retries are further attempts of the same call. */
  'attempt:start': AttemptStart
  'attempt:end': AttemptEnd
  /** An attempt waits for a connection with room. Not told when there is no wait. */
  'queue:start': QueueStart
  'queue:end': QueueEnd
  /** The exchange on a connection: an HTTP/2 stream, or a request and response of HTTP/1.1. */
  'stream:start': StreamStart
  'stream:headers': StreamHeaders
  'stream:end': StreamEnd
  /** A connection is being made: DNS, TCP, TLS and the proxy's part, as far as there are any. */
  'dial:start': DialStart
  'dial:end': DialEnd
  'dns:start': DnsStart
  'dns:end': DnsEnd
  'connect:start': ConnectStart
  'connect:end': ConnectEnd
  'tls:start': TlsStart
  'tls:end': TlsEnd
  'connection:open': ConnectionOpen
  /** It takes no new requests; those it has go on. */
  'connection:draining': ConnectionDraining
  'connection:closed': ConnectionClosed
  'ping:start': PingStart
  'ping:end': PingEnd
  /** The peer sent GOAWAY (RFC 9113 section 6.8). */
  goaway: GoAwayEvent
  /** An attempt failed, or was answered with a status that is retried, and there will be another after `delay`. */
  retry: RetryEventPayload
  /** An attempt was provably not processed, and goes out again on another connection. */
  replay: ReplayEvent
  redirect: RedirectEvent
  /** A circuit changed its state. */
  breaker: BreakerEvent
  /** An upload, or a response that nobody reads, waits for flow-control window (RFC 9113 section 5.2). */
  'stall:start': StallStart
  'stall:end': StallEnd
  /** One frame in or out (RFC 9113 section 4). Told by the wire engine alone: node:http2 shows none. */
  frame: FrameEvent
}

export type EventName = keyof TrunklineEvents

interface OfRequest {
  readonly at: number
  readonly clientId: number
  readonly requestId: number
  /** What `correlation` made of the call; null without it. */
  readonly correlationId: string | null
}

export interface RequestStart extends OfRequest {
  readonly method: string
  /** Without credentials and fragment. */
  readonly url: string
  readonly origin: string
  /** As the caller gave them, credentials included: who writes them down has to leave those out. */
  readonly headers: HeaderList
}

export interface RequestHeaders extends OfRequest {
  readonly status: number
  readonly headers: HeaderList
  readonly protocol: 'h2' | 'http/1.1'
  /** 0: not from a connection, but from a cache, a mock or an interceptor. */
  readonly connectionId: number
  readonly streamId: number | undefined
}

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

interface OfAttempt {
  readonly at: number
  readonly requestId: number
  readonly attemptId: number
}

export interface AttemptStart extends OfAttempt {
  /** 1 for the first of its call. */
  readonly number: number
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly headers: HeaderList
}

export interface AttemptEnd extends OfAttempt {
  readonly status: number | null
  readonly protocol: 'h2' | 'http/1.1' | null
  readonly connectionId: number | null
  readonly streamId: number | undefined
  readonly error: Failure | null
}

export interface QueueStart extends OfAttempt {
  readonly origin: string
}

export interface QueueEnd extends OfAttempt {
  readonly origin: string
  /** ms. */
  readonly duration: number
  /** Null: it waited in vain. */
  readonly connectionId: number | null
  readonly error: Failure | null
}

interface OfStream {
  readonly at: number
  readonly requestId: number
  readonly attemptId: number
  readonly connectionId: number
  /** Undefined over HTTP/1.1, and before node:http2 gave it one. */
  readonly streamId: number | undefined
}

export interface StreamStart extends OfStream {
  readonly method: string
  readonly url: string
}

export interface StreamHeaders extends OfStream {
  readonly status: number
  readonly headers: HeaderList
}

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

export interface DialStart extends OfDial {
  readonly host: string
  readonly port: number
  /** Of the proxy, without credentials; null: straight. */
  readonly proxy: string | null
}

export interface DialEnd extends OfDial {
  /** ms. */
  readonly duration: number
  readonly protocol: 'h2' | 'http/1.1' | null
  /** Null when it failed. */
  readonly connectionId: number | null
  readonly error: Failure | null
}

export interface DnsStart extends OfDial {
  readonly host: string
}

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

export interface ConnectEnd extends OfDial {
  readonly address: string
  readonly port: number
  readonly duration: number
  /** Null for the one that is used; those that lost the race end with `ERR_TRUNKLINE_CONNECT_FAILED`. */
  readonly error: Failure | null
}

export interface TlsStart extends OfDial {
  readonly servername: string
  readonly offered: readonly string[]
  /** A TLS session was at hand to be resumed (RFC 8446 section 2.2). */
  readonly resuming: boolean
  /** The handshake with the proxy, not with the origin. */
  readonly withProxy: boolean
}

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

interface OfConnection {
  readonly at: number
  readonly connectionId: number
  readonly origin: string
}

export interface ConnectionOpen extends OfConnection {
  readonly clientId: number
  readonly dialId: number
  readonly protocol: 'h2' | 'http/1.1'
  readonly remoteAddress: string
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  /** ms of the dial's phases; null for one that did not take place. */
  readonly dns: number | null
  readonly connect: number | null
  readonly handshake: number | null
}

export interface ConnectionDraining extends OfConnection {
  readonly reason: 'goaway' | 'idle' | 'aged' | 'replaced' | 'closing' | 'peer-closed'
  readonly openStreams: number
}

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

/** RFC 9113 section 6.7. */
export type PingStart = OfConnection

export interface PingEnd extends OfConnection {
  /** ms; null: no answer. */
  readonly roundTrip: number | null
  readonly error: Failure | null
}

export interface GoAwayEvent extends OfConnection {
  readonly lastStreamId: number
  /** RFC 9113 section 7. */
  readonly http2Code: number
  readonly debug: string
}

export interface RetryEventPayload {
  readonly at: number
  readonly requestId: number
  readonly origin: string
  /** Which attempt comes now: 2 for the first retry. */
  readonly attempt: number
  /** ms until it goes out. */
  readonly delay: number
  /** What the one before it came to. */
  readonly status: number | null
  readonly error: Failure | null
}

export interface ReplayEvent extends OfAttempt {
  readonly origin: string
  readonly error: Failure
}

export interface RedirectEvent {
  readonly at: number
  readonly requestId: number
  readonly status: number
  readonly from: string
  readonly to: string
}

export interface BreakerEvent {
  readonly at: number
  readonly origin: string
  readonly from: 'closed' | 'open' | 'half-open'
  readonly to: 'closed' | 'open' | 'half-open'
  readonly reason: string
}

export interface StallStart {
  readonly at: number
  readonly connectionId: number
  /** Undefined: the connection as a whole has no window left. */
  readonly streamId: number | undefined
  /** `out`: our upload waits for the peer. `in`: the peer waits until the response is read. */
  readonly direction: 'in' | 'out'
}

export interface StallEnd extends StallStart {
  /** ms. */
  readonly duration: number
}

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

/** Channels by the names of their events, made once: `events['ping:end'].hasSubscribers`. */
export type EventChannels = { readonly [Name in EventName]: Channel<TrunklineEvents[Name], unknown> }

/** The name of an event's channel. */
export const channelName = <Name extends EventName>(name: Name): `trunkline:${Name}` => `trunkline:${name}`

// As keys, so that a name that is missing or wrong does not compile.
const TABLE = {
  'request:start': true,
  'request:headers': true,
  'request:end': true,
  'attempt:start': true,
  'attempt:end': true,
  'queue:start': true,
  'queue:end': true,
  'stream:start': true,
  'stream:headers': true,
  'stream:end': true,
  'dial:start': true,
  'dial:end': true,
  'dns:start': true,
  'dns:end': true,
  'connect:start': true,
  'connect:end': true,
  'tls:start': true,
  'tls:end': true,
  'connection:open': true,
  'connection:draining': true,
  'connection:closed': true,
  'ping:start': true,
  'ping:end': true,
  goaway: true,
  retry: true,
  replay: true,
  redirect: true,
  breaker: true,
  'stall:start': true,
  'stall:end': true,
  frame: true,
} satisfies Record<EventName, true>

/** Every name, in the order of the table above. */
export const EVENT_NAMES = Object.keys(TABLE) as readonly EventName[]

export const events = Object.fromEntries(
  EVENT_NAMES.map((name) => [name, channel(channelName(name))]),
) as unknown as EventChannels

/** Of whatever was thrown. */
export function failureOf(error: unknown): Failure {
  const { code, name, message } = (error ?? {}) as Partial<ClientError>
  const known = typeof code === 'string' && code.startsWith('ERR_TRUNKLINE_')
  return { code: known ? code : (name ?? 'Error'), message: String(message ?? error), error }
}
