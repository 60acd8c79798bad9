import type { ClientError } from '../../core/errors.ts'
import {
  connectionLost,
  forStream,
  goneAway,
  headerListTooLarge,
  unusable,
} from '../../core/http2-failures.ts'
import type {
  BodyShape,
  ConnectionState,
  Exchange,
  ExchangeHandler,
  FlowWindows,
  GoAway,
  RequestHead,
} from '../contract.ts'
import type { ExtensionEvents } from './extensions.ts'
import { type ConnectionFacts, faultOf } from './failures.ts'
import { FloodGuard } from './flood-guard.ts'
import { FrameParser } from './frame-parser.ts'
import { ErrorCode, MAX_STREAM_ID } from './frame-types.ts'
import { FrameWriter } from './frame-writer.ts'
import { readGoAway } from './goaway.ts'
import type { DecodeResult, HpackDecoder } from './hpack/decoder.ts'
import { Inflow } from './inflow.ts'
import type { Http2Options } from './options.ts'
import { HEADER_TABLE_SIZE, ourDecoder } from './our-decoder.ts'
import { Outflow } from './outflow.ts'
import { Pings } from './pings.ts'
import { Receiver, type ReceiverHost } from './receiver.ts'
import { sectionOf } from './response-head.ts'
import { ourSettings, PeerSettings } from './settings.ts'
import { Stream, type StreamOwner } from './stream.ts'
import { StreamLedger } from './stream-ledger.ts'
import { advance, isOver, Step, type StepValue } from './stream-states.ts'
import type { StreamTable } from './stream-table.ts'
import { Upload } from './upload.ts'

/** What a session tells its driver. */
export interface SessionEvents extends ExtensionEvents {
  /** `endTurn` and `output` are wanted, once what runs now has come to its end. */
  onWork(): void
  onReady(): void
  onSlots(): void
  onGoAway(goAway: GoAway): void
  onDraining(goAway: GoAway | null): void
  /** Nothing more will happen, but what `output` still has is to be sent. `error` is null for an orderly end. */
  onOver(error: ClientError | null): void
}

/**
 * The client's side of one HTTP/2 connection without its socket: bytes in by `receive`, bytes out by `output`, and
 * between them requests, responses and events. Nothing here throws but `open`.
 */
export class Session implements ReceiverHost, StreamOwner {
  readonly facts: ConnectionFacts
  readonly writer: FrameWriter
  readonly peer = new PeerSettings()
  readonly streams: StreamTable
  readonly guard: FloodGuard
  readonly extensions: ExtensionEvents
  readonly inflow: Inflow
  readonly maxInformational: number
  nextStreamId: number
  readonly #options: Http2Options
  readonly #events: SessionEvents
  readonly #parser: FrameParser
  readonly #decoder: HpackDecoder
  readonly #outflow: Outflow
  readonly #pings: Pings
  readonly #ledger: StreamLedger
  #state: ConnectionState = 'open'
  /** Of the last stream whose HEADERS were handed out to be sent. */
  #sentStreamId = 0
  #hasWork = false
  #slotsFreed = false
  #leaving = false

  constructor(options: Http2Options, facts: ConnectionFacts, events: SessionEvents) {
    this.facts = facts
    this.writer = new FrameWriter(facts.trace)
    this.maxInformational = options.maxInformational
    this.nextStreamId = options.firstStreamId
    this.#options = options
    this.#events = events
    this.extensions = events
    this.guard = new FloodGuard(options.clock)
    this.#pings = new Pings(options.clock)
    const freed = () => this.#onSlotsFreed()
    this.#ledger = new StreamLedger(this.peer, options.maxConcurrentStreams, this.writer, this.#pings, freed)
    this.streams = this.#ledger.table
    this.inflow = new Inflow(this.writer, this.#pings, this.streams, options)
    this.#outflow = new Outflow(this.writer, this.streams, this.peer, this.guard, facts.trace)
    this.#parser = new FrameParser(new Receiver(this, options.maxHeaderListSize))
    this.#decoder = ourDecoder(options)
  }

  get state(): ConnectionState {
    return this.#state
  }

  get stopped(): boolean {
    return this.#state === 'closed'
  }

  get openExchanges(): number {
    return this.#ledger.exchanges
  }

  get slots(): number {
    return this.#state === 'open' ? this.#ledger.slots : 0
  }

  /** Bodies could be sent if there were room for them. */
  get isUploading(): boolean {
    return this.#outflow.isReady
  }

  /** How often a body, of either side, had to wait for a window that was used up. */
  get stalls(): number {
    return this.#outflow.stalls + this.inflow.stalls
  }

  /** What may be sent on the connection before the next WINDOW_UPDATE, by us and by the peer; bytes. */
  get windows(): FlowWindows {
    return { send: this.#outflow.window, receive: this.inflow.available }
  }

  /** The preface (RFC 9113 section 3.4). */
  start(): void {
    this.writer.preface()
    this.writer.settings(ourSettings(this.#options))
    this.inflow.open()
    this.#work()
  }

  receive(chunk: Buffer): void {
    if (this.#state === 'closed') return
    try {
      this.#parser.push(chunk)
    } catch (error) {
      const fault = faultOf(this.facts, error)
      this.#close(fault.http2Code, fault.error)
    }
    this.#tellSlots()
    if (this.writer.length > 0 || this.#outflow.isReady) this.#work()
  }

  /** Tells what has changed since the last turn. */
  endTurn(): void {
    if (this.#leaving && !this.stopped) {
      this.#leaving = false
      this.#events.onDraining(null)
    }
    this.#tellSlots()
    if (this.#state === 'draining' && this.openExchanges === 0) this.#close(ErrorCode.NO_ERROR, null)
  }

  /** What is to be sent now, in this order; of bodies about as many bytes as there is `room` for. */
  output(room: number): readonly Uint8Array[] {
    if (!this.stopped) this.#outflow.run(room)
    this.#sentStreamId = this.nextStreamId - 2
    this.#hasWork = false
    if (this.#slotsFreed) this.#work()
    return this.writer.take()
  }

  /** All that `output` gave is with the kernel. */
  onSent(): void {
    this.guard.answersSent()
  }

  /** @throws ClientError with `processed: 'no'`, and then nothing has changed. */
  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    if (this.slots === 0) throw unusable(this.facts)
    const streamId = this.nextStreamId
    this.#outflow.sendHead(streamId, head, body === 'none')
    const isHead = head.method === 'HEAD'
    const { initialWindowSize } = this.peer
    const stream = new Stream(streamId, this, handler, isHead, initialWindowSize, this.inflow.streamWindow)
    stream.isTunnel = head.protocol !== undefined
    this.nextStreamId += 2
    this.#ledger.opened(stream)
    this.inflow.opened(stream)
    if (body === 'none') this.#step(stream, Step.SEND_END)
    else stream.upload = new Upload(stream, head.headers)
    // RFC 9113 section 5.1.1: ids are not used twice.
    if (this.nextStreamId > MAX_STREAM_ID) this.onDistrusted()
    this.onResumed()
    this.#work()
    return stream
  }

  /** RFC 9113 section 6.7; ms. */
  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(unusable(this.facts))
      if (this.#pings.isFull)
        return reject(connectionLost(this.facts, new Error('too many PINGs are unanswered')))
      this.#pings.send(resolve, reject)
      this.writer.ping(false, this.#pings.payload, 0)
      this.#work()
    })
  }

  /** RFC 9218 section 7.1: tells the peer, and sends the rest of the body in its new turn. `urgency`: 0 to 7. */
  reprioritize(stream: Stream, urgency: number, incremental: boolean): void {
    if (isOver(stream.state)) return
    this.writer.priorityUpdate(stream.streamId, `u=${urgency}${incremental ? ', i' : ''}`)
    if (stream.upload !== null) this.#outflow.move(stream.upload, urgency)
    this.#work()
  }

  /** Takes no new exchanges, ends after the last. */
  drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#work()
  }

  /** Ends now, and every exchange with it. */
  destroy(error: ClientError): void {
    const timedOut = error.code === 'ERR_TRUNKLINE_SETTINGS_TIMEOUT'
    this.#close(timedOut ? ErrorCode.SETTINGS_TIMEOUT : ErrorCode.NO_ERROR, error)
  }

  /** The socket is gone; `cause` is its error, if it had one. What came before is delivered. */
  lose(cause: Error | null): void {
    if (this.stopped) return
    const orderly = this.openExchanges === 0 && cause === null
    this.#state = 'closed'
    const error = connectionLost(this.facts, cause)
    for (const stream of this.#ledger.all()) {
      const unsent = stream.streamId > this.#sentStreamId
      stream.onLost(unsent ? unusable(this.facts, cause) : forStream(error, stream))
    }
    this.#pings.failAll(error)
    this.#events.onOver(orderly ? null : error)
  }

  // What the receiver tells

  decode(bytes: Buffer, start: number, end: number): DecodeResult {
    return this.#decoder.decode(bytes, start, end)
  }

  onSettings(bytes: Buffer, start: number, end: number): void {
    const first = !this.peer.known
    const windowBefore = this.peer.initialWindowSize
    this.peer.apply(bytes, start, end)
    this.#outflow.onSettings(windowBefore)
    this.writer.settingsAck()
    this.#slotsFreed = true
    this.#ledger.reclaim()
    if (first) this.#events.onReady()
  }

  /** Of our one SETTINGS frame. From here on its table size is law for the peer's blocks (section 4.3.1). */
  onSettingsAcknowledged(): void {
    if (this.inflow.acknowledged) return this.guard.note('acknowledgements of SETTINGS')
    this.inflow.acknowledged = true
    this.#decoder.setMaxTableSize(HEADER_TABLE_SIZE)
  }

  /** One that nobody asked for is ignored. */
  onPingAcknowledged(bytes: Buffer, start: number): void {
    if (!this.#pings.answered(bytes, start)) this.guard.note('PING acknowledgements')
  }

  onGoAway(bytes: Buffer, start: number, end: number): void {
    const before = this.facts.goAway
    const goAway = readGoAway(bytes, start, end, before)
    this.facts.goAway = goAway
    if (goAway !== before) this.#events.onGoAway(goAway)
    const wasOpen = this.#state === 'open'
    this.drain()
    // Those with a response were processed, whatever this says; all others at or below the id go on.
    for (const stream of this.streams.all())
      if (stream.streamId > goAway.lastStreamId && !stream.sawHead) {
        this.#step(stream, Step.RECEIVE_RESET)
        stream.fail(goneAway(this.facts, goAway, stream))
      }
    if (wasOpen && !this.stopped) this.#events.onDraining(goAway)
  }

  onCredit(stream: Stream | undefined, increment: number): void {
    this.#outflow.credit(stream, increment)
  }

  onSection(stream: Stream, section: DecodeResult, endStream: boolean): void {
    if (endStream) this.#step(stream, Step.RECEIVE_END)
    if (section !== 'too large') {
      stream.onSection(sectionOf(section), endStream)
    } else {
      const { maxHeaderListSize, maxHeaderFields } = this.#options
      const error = headerListTooLarge(this.facts, stream, maxHeaderListSize, maxHeaderFields)
      stream.refuse(error, ErrorCode.ENHANCE_YOUR_CALM)
    }
    this.#ledger.ended(stream)
  }

  onEndStream(stream: Stream): void {
    this.#step(stream, Step.RECEIVE_END)
    stream.onEndStream()
    this.#ledger.ended(stream)
  }

  onReset(stream: Stream, http2Code: number): void {
    this.#step(stream, Step.RECEIVE_RESET)
    stream.onReset(http2Code)
  }

  // What streams tell

  onWritten(upload: Upload): void {
    this.#outflow.add(upload)
    this.#work()
  }

  onFinished(upload: Upload): void {
    this.#outflow.finish(upload)
    this.#work()
  }

  onUploaded(stream: Stream): void {
    this.#step(stream, Step.SEND_END)
    // The response may have been there already, and unread.
    this.#ledger.ended(stream)
  }

  onConsumed(stream: Stream, length: number): void {
    if (this.stopped) return
    this.inflow.consume(stream, length)
    if (this.writer.length > 0) this.#work()
  }

  onResumed(): void {
    this.inflow.relieve()
    if (this.writer.length > 0) this.#work()
  }

  onAbandoned(stream: Stream, http2Code: number): void {
    if (this.stopped || isOver(stream.state)) return
    this.writer.rstStream(stream.streamId, http2Code)
    this.#ledger.reset(stream)
    this.#step(stream, Step.SEND_RESET)
    this.#work()
  }

  onSettled(stream: Stream): void {
    this.#ledger.settled(stream)
    this.#onSlotsFreed()
  }

  onDistrusted(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#leaving = true
    this.#work()
  }

  #step(stream: Stream, step: StepValue): void {
    stream.state = advance(stream.state, step)
    if (!isOver(stream.state)) return
    this.streams.remove(stream)
    if (stream.upload !== null) this.#outflow.drop(stream.upload)
    this.#slotsFreed = true
  }

  #onSlotsFreed(): void {
    this.#slotsFreed = true
    this.#work()
  }

  #tellSlots(): void {
    // Not before `onReady`.
    if (!this.#slotsFreed || this.stopped || !this.peer.known) return
    this.#slotsFreed = false
    this.#events.onSlots()
  }

  #work(): void {
    if (this.#hasWork) return
    this.#hasWork = true
    this.#events.onWork()
  }

  #close(http2Code: number, error: ClientError | null): void {
    if (this.stopped) return
    this.#state = 'closed'
    this.writer.goAway(http2Code)
    if (error !== null) {
      for (const stream of this.#ledger.all()) stream.fail(forStream(error, stream))
    }
    this.#pings.failAll(error ?? connectionLost(this.facts, null))
    this.#events.onOver(error)
  }
}
