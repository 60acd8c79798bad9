import type { Socket } from 'node:net'
import type { ClientError } from '../core/errors.ts'
import type { GoAway } from '../core/go-away.ts'
import type { HeaderList } from '../core/headers.ts'
import type { Origin } from '../core/origin.ts'
import type { Priority } from '../core/priority.ts'

/**
 * What a wire engine is to the rest of Trunkline. An engine gets a connected socket, TLS and ALPN done, and never
 * dials; it pushes callbacks and knows nothing of pools, promises or retries. Types only.
 */

export type { GoAway }

/** Application protocols by their ALPN names (RFC 7301). */
export type AlpnProtocol = 'h2' | 'http/1.1'

export interface Engine {
  readonly protocol: AlpnProtocol
  /** Takes the socket over: from here on the connection alone reads, writes, watches and closes it. */
  attach(socket: Socket, context: AttachContext, listener: ConnectionListener): Connection
}

export interface AttachContext {
  /** Number of the connection, unique in the process; it appears in errors, stats and events. */
  readonly id: number
  readonly origin: Origin
}

/** `open` takes requests; `draining` finishes those it has; `closed` is gone, its socket with it. */
export type ConnectionState = 'open' | 'draining' | 'closed'

export interface Connection {
  readonly id: number
  readonly protocol: AlpnProtocol
  readonly state: ConnectionState
  /**
   * Exchanges that may start now. HTTP/2: the peer's SETTINGS_MAX_CONCURRENT_STREAMS less the open streams
   * (RFC 9113 section 5.1.2), and until the first SETTINGS came, one in all. HTTP/1.1: 1 or 0.
   */
  readonly slots: number
  /** Exchanges that have begun and not yet ended. */
  readonly openExchanges: number
  /** The peer acknowledged our SETTINGS (RFC 9113 section 6.5.3); true where there are none. */
  readonly acknowledged: boolean
  /** The transport is known to be gone, although no event said so (yet). Costs a system call; for rare use. */
  readonly severed: boolean
  /**
   * Whether `open` takes a head with a `protocol`. HTTP/2: the peer's SETTINGS enabled extended CONNECT (RFC 8441 section
   * 3), false until they came. HTTP/1.1: always, and only the response tells.
   */
  readonly takesTunnels: boolean
  /** Bytes that ever came from the peer, protocol overhead included. Two equal readings: silence between them. */
  readonly bytesReceived: number
  /**
   * Starts an exchange. The request head goes out in this tick.
   * @throws ClientError with `processed: 'no'` when the connection cannot take it; it then took no slot.
   */
  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange
  /** Round-trip time in ms by a PING (RFC 9113 section 6.7). Rejects when the connection cannot ping or died. */
  ping(): Promise<number>
  /** Takes no new exchanges, finishes those it has, then closes, telling the peer so (GOAWAY). */
  drain(): void
  /** Ends everything now. Every open exchange gets `error`, or a copy that knows its stream, before this returns. */
  destroy(error: ClientError): void
  /** Whether the connection keeps the process alive. */
  ref(): void
  unref(): void
  stats(): ConnectionStats
}

/** At most one call of `onClosed`, and it is the last. None is called from inside `open`, `drain` or `destroy`. */
export interface ConnectionListener {
  /** The peer's first SETTINGS came; over HTTP/1.1 soon after `attach`. Once, and before any `onSlots`. */
  onReady(): void
  /** `slots` may have grown: SETTINGS came, or an exchange ended. */
  onSlots(): void
  /** No new exchanges from now on; `goAway` says what the peer sent, null when the reason is ours. */
  onDraining(goAway: GoAway | null): void
  /** The peer sent GOAWAY; again, if it says something else than before. */
  onGoAway?(goAway: GoAway): void
  /** `error` is null for an orderly end. */
  onClosed(error: ClientError | null): void
  /** ALTSVC (RFC 7838 section 4); `origin` is '' for that of the connection. Engines that cannot see it never call. */
  onAltSvc?(origin: string, value: string): void
}

/** What follows a request head; known before it goes out, since END_STREAM stands in the head. */
export type BodyShape = 'none' | 'data' | 'data-and-trailers'

export interface RequestHead {
  readonly method: string
  readonly scheme: 'https' | 'http'
  readonly authority: string
  /** Empty for CONNECT (RFC 9113 section 8.5), whose authority is where the tunnel leads. */
  readonly path: string
  /**
   * The exchange is to become a tunnel of this protocol, such as `websocket`. HTTP/2: `:protocol` of an extended CONNECT
   * (RFC 8441 section 4); it stands with a 2xx head. HTTP/1.1: the method is GET, with `Upgrade` (RFC 9110 section 7.8);
   * it stands with 101. From then on `write`, `end` and `onData` are its bytes, and nothing is written before. Its body
   * shape is `data`. Any other head begins an ordinary response.
   */
  readonly protocol?: string
  /** Regular fields only; the engine makes pseudo-header fields, Host and framing fields itself. */
  readonly headers: HeaderList
}

/** One request and its response. Every method is harmless after the end. */
export interface Exchange {
  /** Stream id (RFC 9113 section 5.1.1); undefined over HTTP/1.1. */
  readonly streamId: number | undefined
  /** Sends a piece of the body. `false`: wait for `onDrain` before the next one. */
  write(chunk: Uint8Array): boolean
  /** Ends the body. */
  end(trailers?: HeaderList): void
  /** Withholds and grants flow-control credit for the response body. */
  pause(): void
  resume(): void
  /**
   * Tells the peer another priority for the response (PRIORITY_UPDATE, RFC 9218 section 7.1), and sends the rest of the
   * request body in its turn. Engines that cannot tell it do not have this.
   */
  reprioritize?(priority: Priority): void
  /** Gives the exchange up: RST_STREAM, CANCEL unless told otherwise; nothing is called on the handler after it. */
  reset(http2Code?: number): void
}

/** Exactly one of `onEnd` and `onError` is called, and it is the last call. None is called from inside `open`. */
export interface ExchangeHandler {
  onInformational(status: number, headers: HeaderList): void
  /** `reason`: the reason phrase of HTTP/1.1 (RFC 9112 section 4), which HTTP/2 does not have. */
  onHeaders(status: number, headers: HeaderList, reason?: string): void
  onData(chunk: Uint8Array): void
  onTrailers(headers: HeaderList): void
  onDrain(): void
  onEnd(): void
  onError(error: ClientError): void
}

export interface ConnectionStats {
  readonly id: number
  readonly protocol: AlpnProtocol
  readonly state: ConnectionState
  readonly openExchanges: number
  /** The peer's SETTINGS_MAX_CONCURRENT_STREAMS; null before it is known, 1 over HTTP/1.1. */
  readonly maxConcurrentStreams: number | null
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly goAway: GoAway | null
  /** What the peer's SETTINGS allow (RFC 9113 section 6.5.2); null before they came, absent over HTTP/1.1. */
  readonly settings?: PeerLimits | null
  /** Of the connection as a whole (RFC 9113 section 6.9.1); null: not known, absent over HTTP/1.1. */
  readonly windows?: FlowWindows | null
  /** How often a body had to wait for a window that was used up; null: this engine does not see it. */
  readonly stalls?: number | null
  /** Origins that the server says it serves on this connection (RFC 8336); null or absent: it did not say. */
  readonly origins?: readonly string[] | null
}

/** Bytes, and streams. */
export interface PeerLimits {
  /** Null: no limit. */
  readonly maxConcurrentStreams: number | null
  readonly initialWindowSize: number
  readonly maxFrameSize: number
  readonly headerTableSize: number
  /** Extended CONNECT is understood (RFC 8441). */
  readonly enableConnectProtocol: boolean
}

/** Bytes that may be sent before the next WINDOW_UPDATE. */
export interface FlowWindows {
  /** By us. */
  readonly send: number
  /** By the peer. */
  readonly receive: number
}
