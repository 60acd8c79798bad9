import { type Channel, channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientError } from './errors.ts'
import type {
  AttemptEnd,
  AttemptStart,
  BreakerEvent,
  ConnectEnd,
  ConnectionClosed,
  ConnectionDraining,
  ConnectionOpen,
  ConnectStart,
  DialEnd,
  DialStart,
  DnsEnd,
  DnsStart,
  Failure,
  FrameEvent,
  GoAwayEvent,
  PingEnd,
  PingStart,
  QueueEnd,
  QueueStart,
  RedirectEvent,
  ReplayEvent,
  RequestEnd,
  RequestHeaders,
  RequestStart,
  RetryEventPayload,
  StallEnd,
  StallStart,
  StreamEnd,
  StreamHeaders,
  StreamStart,
  TlsEnd,
  TlsStart,
  TunnelEnd,
  TunnelStart,
} from './event-payloads.ts'
import { textOf } from './text-of.ts'

export type * from './event-payloads.ts'

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
  /** A dial waits for its tunnel through a proxy, the dial of the connection to that included. */
  'tunnel:start': TunnelStart
  'tunnel:end': TunnelEnd
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

/** The names of `TrunklineEvents`. */
export type EventName = keyof TrunklineEvents

/** Channels by the names of their events, made once: `events['ping:end'].hasSubscribers`. */
export type EventChannels = { readonly [Name in EventName]: Channel<TrunklineEvents[Name], unknown> }

/** The name of an event's channel. */
export const channelName = <Name extends EventName>(name: Name): `trunkline:${Name}` => `trunkline:${name}`

const on = <Name extends EventName>(name: Name) => channel(channelName(name)) as EventChannels[Name]

/** Written out: objects made by a loop are slow to read, and these are read by every request. */
export const events: EventChannels = {
  'request:start': on('request:start'),
  'request:headers': on('request:headers'),
  'request:end': on('request:end'),
  'attempt:start': on('attempt:start'),
  'attempt:end': on('attempt:end'),
  'queue:start': on('queue:start'),
  'queue:end': on('queue:end'),
  'stream:start': on('stream:start'),
  'stream:headers': on('stream:headers'),
  'stream:end': on('stream:end'),
  'dial:start': on('dial:start'),
  'dial:end': on('dial:end'),
  'dns:start': on('dns:start'),
  'dns:end': on('dns:end'),
  'connect:start': on('connect:start'),
  'connect:end': on('connect:end'),
  'tls:start': on('tls:start'),
  'tls:end': on('tls:end'),
  'tunnel:start': on('tunnel:start'),
  'tunnel:end': on('tunnel:end'),
  'connection:open': on('connection:open'),
  'connection:draining': on('connection:draining'),
  'connection:closed': on('connection:closed'),
  'ping:start': on('ping:start'),
  'ping:end': on('ping:end'),
  goaway: on('goaway'),
  retry: on('retry'),
  replay: on('replay'),
  redirect: on('redirect'),
  breaker: on('breaker'),
  'stall:start': on('stall:start'),
  'stall:end': on('stall:end'),
  frame: on('frame'),
}

/** Every name, in the order of the table above. */
export const EVENT_NAMES = Object.keys(events) as readonly EventName[]

/** Tells `listener` of each such event from now on; call what it returns to be told no more. */
export function onEvent<Name extends EventName>(
  name: Name,
  listener: (event: TrunklineEvents[Name]) => void,
): () => void {
  // A function of its own, so that the same listener may be given twice and leave once.
  const subscriber = (event: unknown) => listener(event as TrunklineEvents[Name])
  subscribe(channelName(name), subscriber)
  return () => void unsubscribe(channelName(name), subscriber)
}

/** Of whatever was thrown. */
export function failureOf(error: unknown): Failure {
  const { code, name, message } = (error ?? {}) as Partial<ClientError>
  const known = typeof code === 'string' && code.startsWith('ERR_TRUNKLINE_')
  return { code: known ? code : textOf(name ?? 'Error'), message: textOf(message ?? error), error }
}
