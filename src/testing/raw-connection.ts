/** One HTTP/2 connection of a raw peer: every frame sent by hand, every frame received kept. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  continuationFrame,
  dataFrame,
  type GoAwayOptions,
  goAwayFrame,
  headerBlockFrames,
  pingFrame,
  pushPromiseFrame,
  type RawFrame,
  rawFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsByName,
  settingsFrame,
  toBytes,
  windowUpdateFrame,
} from './frame-encoder.ts'
import { describeFrame, describeFrames, frameMatcher, frameWords } from './frame-text.ts'
import type {
  ErrorCodeValue,
  Frame,
  FrameName,
  FrameOf,
  HeadersFrame,
  SettingEntries,
  Settings,
  SettingsFrame,
} from './frame-types.ts'
import { encodeHeaders, type HeadersInput } from './hpack.ts'
import { DEFAULT_TIMEOUT, Inbox, PeerError } from './inbox.ts'
import { respond, sendBody, toResponder } from './raw-body.ts'
import type {
  PrefaceOptions,
  RawConnectionOptions,
  Responder,
  SendBodyOptions,
  SendContinuationOptions,
  SendDataOptions,
  SendHeadersOptions,
  WaitOptions,
} from './raw-options.ts'
import { RawReceiver } from './raw-receiver.ts'
import { RawRequest, type RawResponse } from './raw-request.ts'
import { type CloseReason, closeText, RawTransport } from './raw-transport.ts'

/** One connection of a `RawPeer`: reads frames, and sends what it is told, right or wrong. */
export class RawConnection {
  /** 0 for the first connection of its peer. */
  readonly index: number
  readonly transport: RawTransport
  /** Answer PING at once. */
  answerPings = true
  /** Acknowledge SETTINGS at once; on from `preface()`. */
  acknowledgeSettings = false
  /** Return the credit of received DATA at once, for the connection and the stream. */
  returnCredit = true
  /** Let `sendBody` and `respond` disregard the client's windows. */
  ignoreFlowControl = false

  readonly #receiver: RawReceiver
  readonly #inbox: Inbox<Frame>
  readonly #requests = new WeakMap<Frame, RawRequest>()
  readonly #options: RawConnectionOptions
  #responder: Responder | null = null
  #settingsSent = false

  constructor(socket: TLSSocket | Socket, tcp: Socket, options: RawConnectionOptions) {
    this.index = options.index
    this.#options = options
    this.#receiver = new RawReceiver({
      onFrame: (frame, request) => this.#onFrame(frame, request),
      makeRequest: (frame) => this.#makeRequest(frame),
      onBadPreface: (bytes) => this.#inbox.end(badPreface(bytes)),
    })
    this.#inbox = new Inbox({
      owner: `connection ${options.index}`,
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      describe: () => describeFrames(this.received),
    })
    this.transport = new RawTransport(socket, tcp, {
      onBytes: (bytes) => this.#receiver.push(bytes),
      onClosed: (reason) => this.#onClosed(reason),
    })
  }

  // What came

  /** Every frame received, in order. */
  get received(): readonly Frame[] {
    return this.#receiver.received
  }

  /** What the client did against RFC 9113, in words; empty for a client that keeps to it. */
  get violations(): readonly string[] {
    return this.#receiver.violations
  }

  /** The client's settings so far, merged. */
  get clientSettings(): Settings {
    return this.#receiver.clientSettings
  }

  /** The client's SETTINGS_MAX_FRAME_SIZE. */
  get clientMaxFrameSize(): number {
    return this.#receiver.clientMaxFrameSize
  }

  /** Streams and their counts: `openCount`, `maxConcurrentSeen`, `lastStreamId`, `requestCount`. */
  get streams(): RawReceiver['streams'] {
    return this.#receiver.streams
  }

  /** Both sides' windows. */
  get flow(): RawReceiver['flow'] {
    return this.#receiver.flow
  }

  /** Keep every frame in `received`; turn off for long runs. */
  get record(): boolean {
    return this.#receiver.record
  }

  set record(on: boolean) {
    this.#receiver.record = on
  }

  get isClosed(): boolean {
    return this.transport.closeReason !== null
  }

  /** Resolves when the TCP connection is gone, whoever ended it. */
  get closed(): Promise<CloseReason> {
    return this.transport.closed
  }

  // Waiting

  /** RFC 9113 section 3.4: sends SETTINGS, awaits the client's preface and SETTINGS, acknowledges them. */
  async preface(options: PrefaceOptions = {}): Promise<SettingsFrame> {
    this.sendSettings(options.settings)
    const first = await this.#take(
      (frame) => isSettings(frame, false),
      "the client's preface and SETTINGS",
      options,
    )
    if (!options.withholdAck) {
      this.acknowledgeSettings = true
      this.sendSettingsAck()
    }
    if (options.awaitAck !== false) {
      await this.#take((frame) => isSettings(frame, true), 'the ACK of our SETTINGS', options)
    }
    return first as SettingsFrame
  }

  /** The next request nobody took yet, its header block complete; its body is `await request.body()`. */
  async expectRequest(options: WaitOptions = {}): Promise<RawRequest> {
    const frame = await this.#take((item) => this.#requests.has(item), 'a request', options)
    const request = this.#requests.get(frame)
    if (request === undefined) throw new Error('unreachable: a request frame without its request')
    return request
  }

  /** The next frame of a type that nobody took yet, on a stream if one is given. Others are left for later. */
  async expect<Name extends FrameName>(
    type: Name,
    streamId?: number,
    options: WaitOptions = {},
  ): Promise<FrameOf<Name>> {
    return (await this.#take(
      frameMatcher(type, streamId),
      frameWords(type, streamId),
      options,
    )) as FrameOf<Name>
  }

  /** Rejects when such a frame comes within the time, or is there already and was not taken. */
  async expectNo(type: FrameName, streamId?: number, options: { within?: number } = {}): Promise<void> {
    const within = options.within ?? 50
    const awaited = frameWords(type, streamId)
    const found = await this.#inbox
      .take(frameMatcher(type, streamId), awaited, within)
      .catch((error: unknown) => {
        if (error instanceof PeerError) return null
        throw error
      })
    if (found === null) return
    const message = `connection ${this.index}: ${describeFrame(found)} came; no ${awaited} was expected`
    throw new PeerError('UNEXPECTED', `no ${awaited}`, message)
  }

  /** The client ended the TCP connection: `fin` or `reset`. */
  async expectClose(options: WaitOptions = {}): Promise<CloseReason> {
    return this.transport.expectClose(options.timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT, () => {
      return `connection ${this.index}: came so far: ${describeFrames(this.received)}`
    })
  }

  /** Sends PING and awaits its ACK: what the client wrote before has then arrived. */
  async barrier(options: WaitOptions = {}): Promise<void> {
    const opaque = Buffer.from(`bar${String(Math.floor(Math.random() * 99_999)).padStart(5, '0')}`)
    this.sendPing(opaque)
    const matches = (frame: Frame) => frame.type === 'PING' && frame.ack && frame.opaque.equals(opaque)
    await this.#take(matches, 'the ACK of our PING', options)
  }

  /** Sends SETTINGS; a list of entries may repeat a setting, or have one that does not exist. */
  sendSettings(settings: Settings | SettingEntries = {}): void {
    this.#settingsSent = true
    this.#receiver.settingsSent(settingsByName(settings))
    this.sendRaw(settingsFrame(settings))
  }

  /** Acknowledges the client's SETTINGS. */
  sendSettingsAck(): void {
    this.sendRaw(settingsAckFrame())
  }

  /** HEADERS, and CONTINUATION when the block is long. A Buffer instead of fields is a header block as it is. */
  sendHeaders(streamId: number, headers: HeadersInput | Buffer, options: SendHeadersOptions = {}): void {
    const block = Buffer.isBuffer(headers) ? headers : encodeHeaders(headers, options)
    const size = options.fragmentSize ?? this.clientMaxFrameSize
    this.sendRaw(headerBlockFrames(streamId, block, size, options))
    if (options.endStream) this.streams.localEnd(streamId)
  }

  /** Sends CONTINUATION, whether or not a header block is open. */
  sendContinuation(streamId: number, fragment: Uint8Array, options: SendContinuationOptions = {}): void {
    this.sendRaw(continuationFrame(streamId, fragment, options))
  }

  /** Exactly one DATA frame, whatever the windows say. `sendBody` is the one that honours them. */
  sendData(streamId: number, data: Uint8Array | string, options: SendDataOptions = {}): void {
    const frame = dataFrame(streamId, data, options)
    this.flow.sent(streamId, frame.length - 9)
    this.sendRaw(frame)
    if (options.endStream) this.streams.localEnd(streamId)
  }

  /**
   * DATA frames as the client's windows and frame size allow (RFC 9113 section 6.9). Resolves with the bytes
   * sent: fewer than given when the stream or the connection ended meanwhile.
   */
  sendBody(streamId: number, body: Uint8Array | string, options: SendBodyOptions = {}): Promise<number> {
    return sendBody(this, streamId, toBytes(body), options)
  }

  /** Sends RST_STREAM. */
  sendReset(streamId: number, code: ErrorCodeValue = 'CANCEL'): void {
    this.sendRaw(rstStreamFrame(streamId, code))
    this.streams.reset(streamId, 'peer', code)
  }

  /** Without `lastStreamId`: the highest stream the client opened so far. */
  sendGoAway(options: GoAwayOptions = {}): void {
    this.sendRaw(goAwayFrame({ ...options, lastStreamId: options.lastStreamId ?? this.streams.lastStreamId }))
  }

  /** Sends PING, or the answer to one. */
  sendPing(opaque: Uint8Array = Buffer.alloc(8), options: { readonly ack?: boolean } = {}): void {
    this.sendRaw(pingFrame(opaque, options.ack ?? false))
  }

  /** Sends WINDOW_UPDATE; stream 0 is the connection. */
  sendWindowUpdate(streamId: number, increment: number): void {
    this.flow.creditSent(streamId, increment)
    this.sendRaw(windowUpdateFrame(streamId, increment))
  }

  /** Sends PUSH_PROMISE; `headers` may be HPACK already. */
  sendPushPromise(streamId: number, promisedStreamId: number, headers: HeadersInput | Buffer): void {
    const block = Buffer.isBuffer(headers) ? headers : encodeHeaders(headers)
    this.sendRaw(pushPromiseFrame(streamId, promisedStreamId, block))
  }

  /** Any frame, with a false length or an unknown type if wanted. The tables do not learn of it. */
  sendFrame(frame: RawFrame): void {
    this.sendRaw(rawFrame(frame))
  }

  /** Sends bytes as they are, frames or not. */
  sendRaw(bytes: Uint8Array | string): void {
    this.transport.outbox.write(toBytes(bytes))
  }

  /** A whole response: HEADERS, DATA as the windows allow, trailers. */
  respond(streamId: number, response: RawResponse = {}): Promise<void> {
    return respond(this, streamId, response)
  }

  /** Answers every request from now on, those waiting included; does the preface if that was not done. */
  autoRespond(response: RawResponse | Responder = {}): void {
    this.#responder = toResponder(response)
    if (!this.#settingsSent) this.#guard(this.preface({ timeout: Number.POSITIVE_INFINITY }))
    for (;;) {
      const frame = this.#inbox.poll((item) => this.#requests.has(item))
      const request = frame && this.#requests.get(frame)
      if (request === undefined) return
      this.#answer(request, this.#responder)
    }
  }

  // The transport

  /** Writes every byte on its own. */
  get byteByByte(): boolean {
    return this.transport.outbox.byteByByte
  }

  set byteByByte(on: boolean) {
    this.transport.outbox.byteByByte = on
  }

  /** What `run` sends goes out as one write. */
  together(run: () => void): void {
    this.transport.outbox.together(run)
  }

  /** Ends the TCP connection in order; `closeNotify: false` leaves out the TLS alert. */
  fin(options: { readonly closeNotify?: boolean } = {}): void {
    this.transport.fin(options)
  }

  /** TCP RST. It may overtake what was written just before: the client's kernel drops what is not read yet. */
  reset(): void {
    this.transport.reset()
  }

  /** A black hole: nothing is read, nothing is written, the connection stays open. */
  hang(): void {
    this.transport.hang()
  }

  // Inside

  #take(matches: (frame: Frame) => boolean, awaited: string, options: WaitOptions): Promise<Frame> {
    return this.#inbox.take(matches, awaited, options.timeout)
  }

  #makeRequest(frame: HeadersFrame): RawRequest {
    const { streamId, endStream } = frame
    return new RawRequest({
      streamId,
      endStream,
      headerList: frame.headers ?? [],
      timeout: this.#options.timeout ?? DEFAULT_TIMEOUT,
      respond: (response) => this.respond(streamId, response),
    })
  }

  #onFrame(frame: Frame, request: RawRequest | null): void {
    if (frame.type === 'SETTINGS' && !frame.ack && this.acknowledgeSettings) this.sendSettingsAck()
    if (frame.type === 'PING' && !frame.ack && this.answerPings) this.sendPing(frame.opaque, { ack: true })
    if (frame.type === 'DATA' && this.returnCredit && frame.length > 0) this.#credit(frame.streamId, frame)
    if (request !== null) {
      this.#requests.set(frame, request)
    }
    if (request !== null && this.#responder !== null) this.#answer(request, this.#responder)
    else this.#inbox.push(frame, this.#receiver.record)
  }

  #credit(streamId: number, frame: FrameOf<'DATA'>): void {
    this.sendWindowUpdate(0, frame.length)
    if (!frame.endStream && this.streams.isOpen(streamId)) this.sendWindowUpdate(streamId, frame.length)
  }

  #answer(request: RawRequest, responder: Responder): void {
    const run = async () => {
      const response = await responder(request)
      if (response) await this.respond(request.streamId, response)
    }
    this.#guard(run())
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (error instanceof PeerError && error.code === 'CLOSED') return
      this.#options.onScriptError?.(error)
    })
  }

  #onClosed(reason: CloseReason): void {
    const text = closeText(reason)
    this.flow.end()
    this.streams.end(text)
    this.#inbox.end(text)
  }
}

function isSettings(frame: Frame, ack: boolean): boolean {
  return frame.type === 'SETTINGS' && frame.ack === ack
}

function badPreface(bytes: Buffer): string {
  return `the client sent ${JSON.stringify(bytes.subarray(0, 40).toString('latin1'))} instead of the HTTP/2 preface`
}
