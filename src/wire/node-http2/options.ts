import { type Clock, systemClock } from '../../core/clock.ts'

export interface NodeHttp2Options {
  /** SETTINGS_INITIAL_WINDOW_SIZE at first: bytes a response may send ahead of its reader. */
  readonly initialWindowSize: number
  /** Connection-level flow-control window, and what may be unread on the connection, bytes. */
  readonly connectionWindowSize: number
  /** SETTINGS_MAX_HEADER_LIST_SIZE, bytes. */
  readonly maxHeaderListSize: number
  /** Header fields in one section. */
  readonly maxHeaderFields: number
  /** Streams on one connection, however many the peer allows. */
  readonly maxConcurrentStreams: number
  /** Interim responses (1xx) to one request. */
  readonly maxInformational: number
  readonly clock: Clock
}

export const NODE_HTTP2_DEFAULTS: NodeHttp2Options = {
  initialWindowSize: 1024 * 1024,
  connectionWindowSize: 64 * 1024 * 1024,
  maxHeaderListSize: 64 * 1024,
  maxHeaderFields: 128,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  maxInformational: 32,
  clock: systemClock,
}
