import type { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
import { DEFAULT_URGENCY, type Priority } from '../../core/priority.ts'
import type { Exchange, ExchangeHandler } from '../contract.ts'
import {
  type ConnectionFacts,
  lengthMismatch,
  malformed,
  resetByPeer,
  type StreamFacts,
  streamViolation,
} from './failures.ts'
import { ErrorCode } from './frame-types.ts'
import type { Section } from './response-head.ts'
import { isOver, StreamState, type StreamStateValue } from './stream-states.ts'
import type { Upload, UploadingStream } from './upload.ts'

/** What a stream needs of its session. */
export interface StreamOwner {
  readonly facts: ConnectionFacts
  readonly maxInformational: number
  /** Its upload has bytes to send. */
  onWritten(upload: Upload): void
  /** The last byte of its upload was given. */
  onFinished(upload: Upload): void
  /** END_STREAM was written. */
  onUploaded(stream: Stream): void
  /** A body's bytes are with their reader, or dropped; credit may go back. */
  onConsumed(stream: Stream, length: number): void
  /** It reads again: its turn may have come. */
  onResumed(): void
  /** `urgency`: 0 to 7 (RFC 9218). */
  reprioritize(stream: Stream, urgency: number, incremental: boolean): void
  /** RST_STREAM, unless it is over. */
  onAbandoned(stream: Stream, http2Code: number): void
  /** The exchange has ended, one way or another; told before its handler is. */
  onSettled(stream: Stream): void
  /** The peer floods: nothing new shall go to it over this connection. */
  onDistrusted(): void
}

/** Of the response: nothing but interim heads came; its head came; its END_STREAM came. */
const Progress = { WAITING: 0, BODY: 1, ENDED: 2 } as const

/** A view of a smaller part of its chunk than this would keep too much memory while it waits to be read. */
const WORTH_A_VIEW = 1 / 4

/** One exchange: its stream, its response and, apart, its upload. */
export class Stream implements Exchange, StreamFacts, UploadingStream {
  readonly streamId: number
  readonly #owner: StreamOwner
  readonly #handler: ExchangeHandler
  readonly #isHead: boolean
  upload: Upload | null = null
  state: StreamStateValue
  /** What we may send, bytes; negative after the peer shrank it (RFC 9113 section 6.9.2). */
  sendWindow: number
  /** What the peer may send, bytes. */
  available: number
  /** The window the peer has when nothing is unread, bytes. */
  windowSize: number
  /** Bytes that its reader has had, and of those the ones not credited yet. */
  taken = 0
  consumed = 0
  /** Bytes of the body so far. */
  received = 0
  isPaused = false
  isTunnel = false
  isSettled = false
  #progress: number = Progress.WAITING
  #informational = 0
  /** Bytes the body will have; -1: unknown. */
  #expected = -1
  #handingOver = false
  #held: Uint8Array[] | null = null
  #trailers: HeaderList | null = null

  constructor(
    streamId: number,
    owner: StreamOwner,
    handler: ExchangeHandler,
    isHead: boolean,
    sendWindow: number,
    receiveWindow: number,
  ) {
    this.streamId = streamId
    this.#owner = owner
    this.#handler = handler
    this.#isHead = isHead
    this.state = StreamState.OPEN
    this.sendWindow = sendWindow
    this.available = receiveWindow
    this.windowSize = receiveWindow
  }

  get sawHead(): boolean {
    return this.#progress !== Progress.WAITING
  }

  /**
   * What is still to come of the body is known to fit into the window, with something to spare: servers on nghttp2
   * do not even send an empty END_STREAM while the window is 0.
   */
  get fits(): boolean {
    return this.#expected >= 0 && this.#expected - this.received < this.available
  }

  /** Neither side sends on it any more. */
  get isOver(): boolean {
    return isOver(this.state)
  }

  /** Somebody reads, and more is to come. */
  get isReading(): boolean {
    return !this.isPaused && !this.isSettled
  }

  write(chunk: Uint8Array): boolean {
    const upload = this.upload
    // Nobody would call `onDrain` any more, so nobody may be told to wait for it.
    if (this.isSettled || upload === null || upload.ended || isOver(this.state)) return true
    const goOn = upload.add(chunk)
    this.#owner.onWritten(upload)
    return goOn
  }

  end(trailers?: HeaderList): void {
    const upload = this.upload
    if (upload === null || upload.ended || isOver(this.state)) return
    upload.end(trailers)
    this.#owner.onFinished(upload)
  }

  reprioritize({ urgency = DEFAULT_URGENCY, incremental = false }: Priority): void {
    this.#owner.reprioritize(this, urgency, incremental)
  }

  pause(): void {
    if (!this.isSettled) this.isPaused = true
  }

  resume(): void {
    if (this.isSettled || !this.isPaused) return
    this.isPaused = false
    this.#handOver()
    if (!this.isSettled) this.#owner.onResumed()
  }

  reset(http2Code: number = ErrorCode.CANCEL): void {
    if (this.isSettled) return
    this.#settle()
    this.#owner.onAbandoned(this, http2Code)
  }

  /** It is over, whatever was still to come. */
  fail(error: ClientError): void {
    if (this.isSettled) return
    this.#settle()
    this.#handler.onError(error)
  }

  /** As `fail`, and the peer is told. */
  refuse(error: ClientError, http2Code: number): void {
    if (this.isSettled) return
    this.#settle()
    this.#owner.onAbandoned(this, http2Code)
    this.#handler.onError(error)
  }

  onDrained(): void {
    if (!this.isSettled) this.#handler.onDrain()
  }

  onUploaded(): void {
    this.#owner.onUploaded(this)
  }

  /** A header section came (RFC 9113 section 8.1). */
  onSection(section: Section, endStream: boolean): void {
    if (this.isSettled) return
    if (this.#progress !== Progress.WAITING) this.#onTrailers(section, endStream)
    else if (section.fault !== null)
      this.#refuseHead(section.fault, section.status < 100 || section.status >= 200)
    else if (section.status < 100) this.#refuseHead('sent a response without :status', true)
    else if (section.status >= 200) this.#onHead(section, endStream)
    else if (section.status === 101) this.#refuseHead('switched protocols (101), which HTTP/2 cannot', true)
    else this.#onInformational(section, endStream)
  }

  /** A piece of DATA. */
  onData(bytes: Buffer, start: number, end: number): void {
    if (this.isSettled) return this.#owner.onConsumed(this, end - start)
    if (this.#progress === Progress.WAITING) {
      this.#owner.onConsumed(this, end - start)
      return this.#refuseHead('sent a body before its response head', false)
    }
    this.received += end - start
    if (this.#expected >= 0 && this.received > this.#expected) {
      this.#owner.onConsumed(this, end - start)
      const error = lengthMismatch(this.#owner.facts, this, this.#expected, this.received)
      return this.refuse(error, ErrorCode.PROTOCOL_ERROR)
    }
    if (this.isPaused) return this.#hold(bytes, start, end)
    this.#handler.onData(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    this.#owner.onConsumed(this, end - start)
  }

  /** END_STREAM came; the state has moved on. */
  onEndStream(): void {
    if (this.isSettled) return
    if (this.#progress === Progress.WAITING)
      return this.#refuseHead('ended the stream without a response', false)
    if (this.#expected >= 0 && this.received !== this.#expected) {
      this.#handOverAll()
      const error = lengthMismatch(this.#owner.facts, this, this.#expected, this.received)
      return this.refuse(error, ErrorCode.PROTOCOL_ERROR)
    }
    this.#progress = Progress.ENDED
    if (this.#held === null) this.#finish()
  }

  /** RST_STREAM came, and END_STREAM had not: the response is not whole, whatever the code says. */
  onReset(http2Code: number): void {
    const { facts } = this.#owner
    const missing = this.#expected - this.received
    if (http2Code !== ErrorCode.NO_ERROR) this.fail(resetByPeer(facts, this, http2Code))
    else if (!this.sawHead) this.fail(malformed(facts, this, 'ended the stream without a response', false))
    else if (missing > 0) this.fail(lengthMismatch(facts, this, this.#expected, this.received))
    else this.fail(resetByPeer(facts, this, http2Code))
  }

  /** The connection is gone. What came before is the reader's, whether he waits for it or not. */
  onLost(error: ClientError): void {
    this.#handOverAll()
    this.fail(error)
  }

  #onInformational(section: Section, endStream: boolean): void {
    if (endStream) return this.#refuseHead('ended the stream with an interim response', false)
    const most = this.#owner.maxInformational
    this.#informational += 1
    if (this.#informational <= most) return this.#handler.onInformational(section.status, section.headers)
    this.#owner.onDistrusted()
    const why = `sent more than ${most} interim responses (1xx) to one request`
    this.refuse(malformed(this.#owner.facts, this, why, false), ErrorCode.ENHANCE_YOUR_CALM)
  }

  #onHead(section: Section, endStream: boolean): void {
    this.#progress = Progress.BODY
    this.#expected = section.length
    // RFC 9110 section 6.4.1: these have no body, whatever Content-Length says.
    if (this.#isHead || section.status === 204 || section.status === 304) this.#expected = 0
    this.#handler.onHeaders(section.status, section.headers)
    if (endStream) this.onEndStream()
  }

  #onTrailers(section: Section, endStream: boolean): void {
    let fault = section.fault
    if (section.status !== 0) fault = 'sent :status in trailers'
    else if (!endStream) fault = 'sent trailers and did not end the stream'
    if (fault !== null) {
      const error = malformed(this.#owner.facts, this, fault, true)
      return this.refuse(error, ErrorCode.PROTOCOL_ERROR)
    }
    this.#trailers = section.headers
    this.onEndStream()
  }

  #refuseHead(why: string, answered: boolean): void {
    this.refuse(malformed(this.#owner.facts, this, why, answered), ErrorCode.PROTOCOL_ERROR)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const view = bytes.subarray(start, end)
    const kept = view.length < bytes.length * WORTH_A_VIEW ? Buffer.from(view) : view
    if (this.#held === null) this.#held = [kept]
    else this.#held.push(kept)
  }

  /** What was held back goes to the reader, until he pauses again. */
  #handOver(): void {
    const held = this.#held
    if (this.#handingOver || held === null) return
    this.#handingOver = true
    while (!this.isPaused && !this.isSettled && held.length > 0) {
      const chunk = held.shift() as Uint8Array
      this.#handler.onData(chunk)
      this.#owner.onConsumed(this, chunk.length)
    }
    this.#handingOver = false
    if (held.length > 0) return
    this.#held = null
    if (this.#progress === Progress.ENDED && !this.isSettled) this.#finish()
  }

  #handOverAll(): void {
    while (this.#held !== null && !this.isSettled && !this.#handingOver) {
      this.isPaused = false
      this.#handOver()
    }
  }

  #finish(): void {
    // A tunnel ends in order, if what was written to it is on its way.
    if (this.isTunnel) this.end()
    this.#settle()
    if (!isOver(this.state)) {
      // The response ended while the request body is still on its way. The exchange is over for HTTP (RFC 9113
      // section 8.1); the rest of the upload would serve nobody.
      this.#owner.onAbandoned(this, ErrorCode.CANCEL)
    }
    if (this.#trailers !== null) this.#handler.onTrailers(this.#trailers)
    this.#handler.onEnd()
  }

  #settle(): void {
    this.isSettled = true
    this.upload?.drop()
    const held = this.#held
    this.#held = null
    if (held !== null) {
      const dropped = held.reduce((sum, chunk) => sum + chunk.length, 0)
      this.#owner.onConsumed(this, dropped)
    }
    this.#owner.onSettled(this)
  }

  /** RFC 9113 sections 6.9 and 6.9.1: a stream error of ours that has to do with windows or frame sizes. */
  breach(http2Code: number, what: string): void {
    this.refuse(streamViolation(this.#owner.facts, this, http2Code, what), http2Code)
  }
}
