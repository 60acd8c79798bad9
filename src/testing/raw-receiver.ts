/** What a client sends, taken apart: frames, header blocks, streams, windows; and what is against the RFC in it. */
import { FlowControl } from './flow-control.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { describeFrame } from './frame-text.ts'
import {
  CONNECTION_PREFACE,
  type ContinuationFrame,
  type DataFrame,
  DEFAULT_MAX_FRAME_SIZE,
  type Frame,
  type HeadersFrame,
  type SettingName,
  type Settings,
  type SettingsFrame,
  type WindowUpdateFrame,
} from './frame-types.ts'
import { HpackDecoder } from './hpack.ts'
import { type RawRequest, StreamTable } from './raw-request.ts'

export interface RawReceiverHooks {
  /** A frame; HEADERS once its header block is complete. Its effects are already in the tables. */
  onFrame(frame: Frame, request: RawRequest | null): void
  /** HEADERS of a new stream: makes the request object. */
  makeRequest(frame: HeadersFrame): RawRequest
  /** The first bytes are no connection preface: this is some other protocol. */
  onBadPreface(bytes: Buffer): void
}

interface HeaderBlock {
  readonly frame: HeadersFrame
  readonly fragments: Buffer[]
}

export class RawReceiver {
  readonly flow = new FlowControl()
  readonly streams = new StreamTable((streamId) => this.flow.forget(streamId))
  /** Every frame received, in order. */
  readonly received: Frame[] = []
  /** What the client did against RFC 9113, in words. */
  readonly violations: string[] = []
  /** The client's settings so far, merged. */
  clientSettings: Settings = {}
  /** Keep every frame in `received`. */
  record = true

  readonly #hooks: RawReceiverHooks
  readonly #decoder = new FrameDecoder()
  readonly #hpack = new HpackDecoder()
  readonly #unacknowledged: Settings[] = []
  #acknowledged: { [name in SettingName]?: number } = {}
  #opening: Buffer | null = Buffer.alloc(0)
  #block: HeaderBlock | null = null
  #first = true

  constructor(hooks: RawReceiverHooks) {
    this.#hooks = hooks
  }

  /** The client's SETTINGS_MAX_FRAME_SIZE. */
  get clientMaxFrameSize(): number {
    return this.clientSettings.MAX_FRAME_SIZE ?? DEFAULT_MAX_FRAME_SIZE
  }

  /** We sent SETTINGS: they hold once the client acknowledges them (RFC 9113 section 6.5.3). */
  settingsSent(settings: Settings): void {
    this.#unacknowledged.push(settings)
  }

  push(bytes: Buffer): void {
    const rest = this.#opening === null ? bytes : this.#takePreface(Buffer.concat([this.#opening, bytes]))
    if (rest === null) return
    for (const frame of this.#decoder.push(rest)) this.#receive(frame)
  }

  /** RFC 9113 section 3.4: the bytes behind the preface, or null while it is not complete. */
  #takePreface(bytes: Buffer): Buffer | null {
    const size = Math.min(bytes.length, CONNECTION_PREFACE.length)
    this.#opening = bytes
    if (!bytes.subarray(0, size).equals(CONNECTION_PREFACE.subarray(0, size))) {
      this.#hooks.onBadPreface(bytes)
      return null
    }
    if (size < CONNECTION_PREFACE.length) return null
    this.#opening = null
    return bytes.subarray(size)
  }

  #receive(frame: Frame): void {
    if (this.record) this.received.push(frame)
    this.#checkOrder(frame)
    this.#first = false
    switch (frame.type) {
      case 'HEADERS':
        this.#block = { frame, fragments: [frame.fragment] }
        if (frame.endHeaders) this.#completeBlock(this.#block)
        return
      case 'CONTINUATION':
        this.#continueBlock(frame)
        return
      case 'DATA':
        this.#receiveData(frame)
        break
      case 'SETTINGS':
        this.#receiveSettings(frame)
        break
      case 'WINDOW_UPDATE':
        this.#receiveCredit(frame)
        break
      case 'RST_STREAM':
        if (frame.streamId > this.streams.lastStreamId)
          this.#violate(frame, 'the stream is idle (section 5.1)')
        this.streams.reset(frame.streamId, 'client', frame.errorCode)
        break
      case 'MALFORMED':
        this.#violate(frame, 'section 4.2')
        break
      default:
    }
    this.#hooks.onFrame(frame, null)
  }

  #checkOrder(frame: Frame): void {
    if (this.#first && frame.type !== 'SETTINGS')
      this.#violate(frame, 'the first frame is not SETTINGS (section 3.4)')
    const limit = this.#acknowledged.MAX_FRAME_SIZE ?? DEFAULT_MAX_FRAME_SIZE
    if (frame.length > limit)
      this.#violate(frame, `longer than SETTINGS_MAX_FRAME_SIZE ${limit} (section 4.2)`)
    const block = this.#block
    if (block !== null && (frame.type !== 'CONTINUATION' || frame.streamId !== block.frame.streamId)) {
      this.#violate(frame, `inside the header block of stream ${block.frame.streamId} (section 6.10)`)
    }
  }

  #continueBlock(frame: ContinuationFrame): void {
    const block = this.#block
    if (block === null) {
      this.#violate(frame, 'no header block is open (section 6.10)')
    } else {
      block.fragments.push(frame.fragment)
      if (frame.endHeaders) this.#completeBlock(block)
    }
    this.#hooks.onFrame(frame, null)
  }

  #completeBlock(block: HeaderBlock): void {
    this.#block = null
    const { frame } = block
    try {
      frame.headers = this.#hpack.decode(Buffer.concat(block.fragments))
    } catch (error) {
      frame.headers = []
      this.#violate(frame, `COMPRESSION_ERROR: ${(error as Error).message}`)
    }
    const open = this.streams.request(frame.streamId)
    if (open === undefined && this.streams.resetOf(frame.streamId) === undefined) this.#openStream(frame)
    else this.#receiveTrailers(frame, open)
  }

  #receiveTrailers(frame: HeadersFrame, open: RawRequest | undefined): void {
    if (!frame.endStream) this.#violate(frame, 'trailers without END_STREAM (section 8.1)')
    if (open !== undefined) open.trailers = frame.headers
    this.streams.remoteEnd(frame.streamId)
    this.#hooks.onFrame(frame, null)
  }

  /** RFC 9113 section 5.1.1 and 5.1.2. */
  #openStream(frame: HeadersFrame): void {
    const { streamId } = frame
    if (streamId % 2 === 0) this.#violate(frame, 'a client opens odd streams (section 5.1.1)')
    if (streamId <= this.streams.lastStreamId) this.#violate(frame, 'the stream is closed (section 5.1.1)')
    const limit = this.#acknowledged.MAX_CONCURRENT_STREAMS ?? Number.POSITIVE_INFINITY
    if (this.streams.openCount >= limit) {
      this.#violate(frame, `more than SETTINGS_MAX_CONCURRENT_STREAMS ${limit} (section 5.1.2)`)
    }
    this.flow.open(streamId)
    const request = this.#hooks.makeRequest(frame)
    this.streams.opened(request)
    this.#hooks.onFrame(frame, request)
  }

  #receiveData(frame: DataFrame): void {
    const overrun = this.flow.received(frame.streamId, frame.length)
    if (overrun !== null) this.#violate(frame, `past the ${overrun} window (section 6.9.1)`)
    const request = this.streams.request(frame.streamId)
    const { streams } = this
    if (frame.streamId === 0 || frame.streamId > streams.lastStreamId) {
      this.#violate(frame, 'the stream is idle (section 5.1)')
    }
    const closed = frame.streamId <= streams.lastStreamId && request === undefined
    if (request?.complete || (closed && streams.resetOf(frame.streamId) === undefined)) {
      this.#violate(frame, 'after END_STREAM (section 5.1)')
    }
    request?.receive(frame.data)
    if (frame.endStream) this.streams.remoteEnd(frame.streamId)
  }

  #receiveSettings(frame: SettingsFrame): void {
    if (frame.streamId !== 0) this.#violate(frame, 'not on stream 0 (section 6.5)')
    if (frame.ack) {
      this.#applyOurSettings(frame)
      return
    }
    this.clientSettings = { ...this.clientSettings, ...frame.settings }
    const size = frame.settings.INITIAL_WINDOW_SIZE
    if (size !== undefined) this.flow.setInitialSendWindow(size)
  }

  #applyOurSettings(frame: SettingsFrame): void {
    const settings = this.#unacknowledged.shift()
    if (settings === undefined) {
      this.#violate(frame, 'no SETTINGS is waiting for it (section 6.5.3)')
      return
    }
    Object.assign(this.#acknowledged, settings)
    if (settings.INITIAL_WINDOW_SIZE !== undefined)
      this.flow.setInitialReceiveWindow(settings.INITIAL_WINDOW_SIZE)
    if (settings.HEADER_TABLE_SIZE !== undefined) this.#hpack.setAllowedSize(settings.HEADER_TABLE_SIZE)
  }

  #receiveCredit(frame: WindowUpdateFrame): void {
    if (frame.increment === 0) this.#violate(frame, 'an increment of 0 (section 6.9)')
    if (frame.streamId > this.streams.lastStreamId) {
      this.#violate(frame, 'the stream is idle (section 5.1)')
      return
    }
    if (frame.streamId !== 0 && !this.streams.isOpen(frame.streamId)) return
    this.flow.creditReceived(frame.streamId, frame.increment)
    if (this.flow.sendWindow(frame.streamId) > 0x7fff_ffff)
      this.#violate(frame, 'a window above 2^31-1 (section 6.9.1)')
  }

  #violate(frame: Frame, reason: string): void {
    this.violations.push(`${describeFrame(frame)}: ${reason}`)
  }
}
