import type { PeerLimits } from '../contract.ts'
import { ConnectionFault } from './connection-fault.ts'
import {
  DEFAULT_MAX_FRAME_SIZE,
  DEFAULT_WINDOW_SIZE,
  ErrorCode,
  MAX_WINDOW_SIZE,
  Setting,
} from './frame-types.ts'
import type { Http2Options } from './options.ts'

/** Our SETTINGS: identifiers and values by turns. */
export function ourSettings(options: Http2Options): readonly number[] {
  return [
    Setting.ENABLE_PUSH,
    0,
    Setting.INITIAL_WINDOW_SIZE,
    options.initialWindowSize,
    Setting.MAX_HEADER_LIST_SIZE,
    options.maxHeaderListSize,
    // RFC 9218 section 2.1: we send no PRIORITY, and look at none.
    Setting.NO_RFC7540_PRIORITIES,
    1,
  ]
}

const MAX_FRAME_SIZE_LIMIT = 2 ** 24 - 1

/** What the peer's SETTINGS said so far, with the defaults of RFC 9113 section 6.5.2 for what they did not say. */
export class PeerSettings {
  /** SETTINGS came. */
  known = false
  headerTableSize = 4096
  /** Streams; no limit unless told. */
  maxConcurrentStreams = Number.POSITIVE_INFINITY
  /** Bytes. */
  initialWindowSize: number = DEFAULT_WINDOW_SIZE
  /** Bytes. */
  maxFrameSize: number = DEFAULT_MAX_FRAME_SIZE
  /** RFC 8441: extended CONNECT is understood. */
  connectProtocol = false
  #noPriorities: number | null = null

  get limits(): PeerLimits {
    const { maxConcurrentStreams: most, initialWindowSize, maxFrameSize, headerTableSize } = this
    return {
      maxConcurrentStreams: most === Number.POSITIVE_INFINITY ? null : most,
      ...{ initialWindowSize, maxFrameSize, headerTableSize },
      enableConnectProtocol: this.connectProtocol,
    }
  }

  /**
   * Takes the payload of one SETTINGS frame, in its order (RFC 9113 section 6.5.3).
   * @throws ConnectionFault for a value that is not allowed.
   */
  apply(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 6) this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2))
    this.known = true
    // A server that says nothing of it has said 0.
    this.#noPriorities ??= 0
  }

  #set(identifier: number, value: number): void {
    switch (identifier) {
      case Setting.HEADER_TABLE_SIZE:
        this.headerTableSize = value
        return
      case Setting.ENABLE_PUSH:
        // Of a server, anything but 0 (RFC 9113 section 6.5.2).
        if (value !== 0) throw badSetting('ENABLE_PUSH', value)
        return
      case Setting.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value
        return
      case Setting.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW_SIZE)
          throw badSetting('INITIAL_WINDOW_SIZE', value, ErrorCode.FLOW_CONTROL_ERROR)
        this.initialWindowSize = value
        return
      case Setting.MAX_FRAME_SIZE:
        if (value < DEFAULT_MAX_FRAME_SIZE || value > MAX_FRAME_SIZE_LIMIT)
          throw badSetting('MAX_FRAME_SIZE', value)
        this.maxFrameSize = value
        return
      case Setting.ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 section 3: 0 or 1, and never back to 0.
        if (value > 1 || (value === 0 && this.connectProtocol))
          throw badSetting('ENABLE_CONNECT_PROTOCOL', value)
        this.connectProtocol = value === 1
        return
      case Setting.NO_RFC7540_PRIORITIES:
        // RFC 9218 section 2.1: 0 or 1, and as in the first SETTINGS.
        if (value > 1 || (this.#noPriorities ?? value) !== value)
          throw badSetting('NO_RFC7540_PRIORITIES', value)
        this.#noPriorities = value
        return
      default:
      // MAX_HEADER_LIST_SIZE is advice; what is unknown is ignored.
    }
  }
}

function badSetting(
  name: string,
  value: number,
  http2Code: number = ErrorCode.PROTOCOL_ERROR,
): ConnectionFault {
  return new ConnectionFault(http2Code, `it set SETTINGS_${name} to ${value} (RFC 9113 section 6.5.2)`)
}
