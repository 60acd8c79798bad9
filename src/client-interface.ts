import type { ClientDispatch } from './client-dispatch.ts'
import type { ClientUpdate } from './client-options.ts'
import type { CloseOptions, CloseReport } from './closing.ts'
import type { Fetch } from './fetch/fetch.ts'
import type { ClientMap } from './map.ts'
import type { Preconnected } from './preconnect.ts'
import type { Request } from './request.ts'
import type { ClientSnapshot, ClientStats } from './stats.ts'
import type { OpenWebSocket } from './websocket/web-sockets.ts'

/**
 * A client: its own connections, limits and TLS identity. Make one and keep it; a client per call throws away what
 * this library is for.
 */
export interface Client {
  /** WHATWG fetch. Rejects with `TypeError` (its `cause` a `ClientError`) or with the signal's reason. */
  readonly fetch: Fetch
  /** The lower level. Rejects with a `ClientError` or the signal's reason. */
  readonly request: Request
  /** The lowest level, for adapters to other interfaces: a request as interceptors see it, sent as it is. */
  readonly dispatch: ClientDispatch
  /**
   * Opens a connection to an origin ahead of need: DNS, TCP, TLS, ALPN and SETTINGS. Resolves when it can be used,
   * at once if one stands already.
   */
  connect(origin: string | URL, options?: { readonly signal?: AbortSignal }): Promise<Preconnected>
  /** Counts of the client, its origins and connections at this moment. Plain data. */
  stats(): ClientStats
  /** Everything that is known of it at this moment, to be written down or sent: `stats()` and more, as JSON has it. */
  snapshot(): ClientSnapshot
  /**
   * Calls `fetch`, or `fn`, for each input, so many at a time, and gives the results as they come or in the order of
   * the inputs.
   */
  readonly map: ClientMap
  /** Opens a WebSocket over the HTTP/2 session of the origin (RFC 8441), or over HTTP/1.1. Needs the package `ws`. */
  readonly websocket: OpenWebSocket
  /**
   * Puts other limits, or other certificates and keys, in force; what is not named stays. What runs already goes on.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`; then nothing changes.
   */
  update(options: ClientUpdate): void
  /** Resolves when the client was closed or destroyed. */
  readonly closed: Promise<void>
  /**
   * Takes no more requests, finishes those it has, sends GOAWAY and closes. What is not finished after `timeout` ms
   * (default 10,000) ends with `ERR_TRUNKLINE_CLIENT_DESTROYED`. With `queued: 'reject'` those that still wait are not
   * sent, and end with `ERR_TRUNKLINE_CLIENT_CLOSED`. Resolves when every connection is gone, to what was cut off.
   */
  close(options?: CloseOptions): Promise<CloseReport>
  /** Ends everything now; open requests reject with `ERR_TRUNKLINE_CLIENT_DESTROYED`, its `cause` being `error`. */
  destroy(error?: Error): void
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
