import { type Clock, systemClock } from '../../core/clock.ts'

export interface Http2Options {
  /** SETTINGS_INITIAL_WINDOW_SIZE: bytes a response may send ahead of its reader at first. */
  readonly initialWindowSize: number
  /**
   * Bytes that may be unread on the whole connection. No window grows beyond it, however long and fast the path.
   */
  readonly connectionWindowSize: number
  /** SETTINGS_MAX_HEADER_LIST_SIZE, bytes. */
  readonly maxHeaderListSize: number
  /** Header fields in one section. */
  readonly maxHeaderFields: number
  /** Streams on one connection, however many the peer allows. */
  readonly maxConcurrentStreams: number
  /** Interim responses (1xx) to one request. */
  readonly maxInformational: number
  /** Id of the first stream; odd. For tests of what happens when ids run out. */
  readonly firstStreamId: number
  readonly clock: Clock
}

export const HTTP2_DEFAULTS: Http2Options = {
  initialWindowSize: 1024 * 1024,
  connectionWindowSize: 16 * 1024 * 1024,
  maxHeaderListSize: 64 * 1024,
  maxHeaderFields: 128,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  maxInformational: 32,
  firstStreamId: 1,
  clock: systemClock,
}
