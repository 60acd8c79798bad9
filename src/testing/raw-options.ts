/** What can be said to a raw connection. */
import type { HeadersFrameOptions, PaddingOptions } from './frame-encoder.ts'
import type { SettingEntries, Settings } from './frame-types.ts'
import type { EncodeOptions } from './hpack.ts'
import type { RawRequest, RawResponse } from './raw-request.ts'

/** How the preface is exchanged (RFC 9113 section 3.4). */
export interface PrefaceOptions {
  readonly settings?: Settings | SettingEntries
  /** Do not acknowledge the client's SETTINGS. */
  readonly withholdAck?: boolean
  /** Wait until the client acknowledged ours. Default true. */
  readonly awaitAck?: boolean
  readonly timeout?: number
}

/** How a header block is written and cut into frames. */
export interface SendHeadersOptions extends HeadersFrameOptions, EncodeOptions {
  /** Split the block into HEADERS and CONTINUATION of at most this many bytes; default what the client allows. */
  readonly fragmentSize?: number
}

/** Flags and padding of one DATA frame. */
export interface SendDataOptions extends PaddingOptions {
  readonly endStream?: boolean
}

/** Flags of a CONTINUATION frame. */
export interface SendContinuationOptions {
  /** Default true. */
  readonly endHeaders?: boolean
}

/** How a body is cut into DATA frames. */
export interface SendBodyOptions {
  readonly endStream?: boolean
  /** Bytes per DATA frame; default the client's SETTINGS_MAX_FRAME_SIZE. */
  readonly chunkSize?: number
  readonly padding?: number
}

/** How long to wait for a frame, ms. */
export interface WaitOptions {
  readonly timeout?: number
}

/** Answers a request; when it returns nothing, it has answered by itself. */
export type Responder = (request: RawRequest) => RawResponse | undefined | Promise<RawResponse | undefined>

export interface RawConnectionOptions {
  readonly index: number
  readonly timeout?: number
  /** Failures nobody awaits: of a responder. */
  onScriptError?(error: unknown): void
}
