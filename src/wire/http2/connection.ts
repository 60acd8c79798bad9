import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import { AnnouncedOrigins } from '../../core/announced-origins.ts'
import type { ClientError } from '../../core/errors.ts'
import { tunnelUnsupported, unusable } from '../../core/http2-failures.ts'
import { isSevered } from '../../core/severed.ts'
import type {
  AttachContext,
  BodyShape,
  Connection,
  ConnectionListener,
  ConnectionState,
  ConnectionStats,
  Exchange,
  ExchangeHandler,
  GoAway,
  RequestHead,
} from '../contract.ts'
import type { AltSvc } from './extensions.ts'
import type { ConnectionFacts } from './failures.ts'
import type { Http2Options } from './options.ts'
import { Session, type SessionEvents } from './session.ts'
import { WireTrace } from './wire-trace.ts'

/** Bytes of bodies that may lie in the socket's queue. More costs memory, and saves no time. */
const MOST_QUEUED = 128 * 1024

/** How long the last words to a peer may take, ms. */
const LAST_WORDS_MS = 250

/**
 * Ties a session to its socket: reads, writes once in a turn of the event loop, closes.
 */
export class Http2Connection implements Connection, SessionEvents {
  readonly id: number
  readonly protocol = 'h2'
  readonly #socket: Socket
  readonly #session: Session
  readonly #options: Http2Options
  readonly #listener: ConnectionListener
  readonly #facts: ConnectionFacts
  readonly #origins = new AnnouncedOrigins()
  #bytesReceived = 0
  /** A turn is on its way. */
  #scheduled = false
  #isOver = false

  constructor(socket: Socket, options: Http2Options, context: AttachContext, listener: ConnectionListener) {
    this.id = context.id
    this.#socket = socket
    this.#options = options
    this.#listener = listener
    this.#facts = {
      origin: context.origin.key,
      connectionId: context.id,
      goAway: null,
      trace: new WireTrace(context.id, options.clock),
    }
    // A socket that has closed since its handshake would take requests and lose them.
    if (socket.destroyed) throw unusable(this.#facts)
    this.#facts.trace?.look()
    this.#session = new Session(options, this.#facts, this)
    this.#session.start()
    this.#watch()
  }

  get state(): ConnectionState {
    return this.#session.state
  }

  get slots(): number {
    return this.#socket.destroyed ? 0 : this.#session.slots
  }

  get openExchanges(): number {
    return this.#session.openExchanges
  }

  get acknowledged(): boolean {
    return this.#session.inflow.acknowledged
  }

  get severed(): boolean {
    return this.#socket.destroyed || isSevered(this.#socket)
  }

  get takesTunnels(): boolean {
    return this.#session.peer.connectProtocol
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    if (this.#socket.destroyed) throw unusable(this.#facts)
    if (head.protocol !== undefined && !this.takesTunnels) throw tunnelUnsupported(this.#facts)
    return this.#session.open(head, body, handler)
  }

  ping(): Promise<number> {
    return this.#session.ping()
  }

  drain(): void {
    this.#session.drain()
  }

  destroy(error: ClientError): void {
    this.#session.destroy(error)
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  stats(): ConnectionStats {
    const { peer, state, openExchanges, windows, stalls } = this.#session
    return {
      id: this.id,
      protocol: 'h2',
      state,
      openExchanges,
      maxConcurrentStreams: peer.known ? peer.maxConcurrentStreams : null,
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#socket.bytesWritten,
      goAway: this.#facts.goAway,
      settings: peer.known ? peer.limits : null,
      windows,
      stalls,
      origins: this.#origins.list,
    }
  }

  onWork(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  onReady(): void {
    this.#listener.onReady()
  }

  onSlots(): void {
    this.#listener.onSlots()
  }

  onGoAway(goAway: GoAway): void {
    this.#listener.onGoAway?.(goAway)
  }

  onDraining(goAway: GoAway | null): void {
    this.#listener.onDraining(goAway)
  }

  onAltSvc(service: AltSvc): void {
    this.#listener.onAltSvc?.(service.origin, service.value)
  }

  onOrigins(origins: readonly string[]): void {
    this.#origins.add(origins)
  }

  onOver(error: ClientError | null): void {
    this.#isOver = true
    this.#facts.trace?.end()
    // Not within the call that brought it about, nor before what the socket has yet to say is said.
    setImmediate(() => this.#finish(error))
  }

  #watch(): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => {
      this.#facts.trace?.look()
      this.#bytesReceived += chunk.length
      this.#session.receive(chunk)
    })
    // The socket was so full that a turn had nothing to write, and so no callback to wait for.
    socket.on('drain', () => {
      if (this.#session.isUploading) this.#onTurn()
    })
    socket.on('error', (error) => this.#session.lose(error))
    socket.on('end', () => this.#session.lose(null))
    socket.on('close', () => this.#session.lose(null))
  }

  /** The end of a turn: all that was said in it goes out in one write. */
  readonly #onTurn = (): void => {
    this.#scheduled = false
    if (this.#isOver) return
    this.#session.endTurn()
    this.#write()
  }

  #write(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const queued = socket.writableLength
    if (queued === 0) this.#session.onSent()
    this.#facts.trace?.look()
    const pieces = this.#session.output(MOST_QUEUED - queued)
    if (pieces.length === 0) return
    // More of a body waits for room: it is there when these bytes are gone.
    const whenWritten = this.#session.isUploading ? this.#onTurn : undefined
    if (pieces.length > 1) socket.cork()
    const last = pieces.length - 1
    for (let index = 0; index < last; index += 1) socket.write(pieces[index] as Uint8Array)
    socket.write(pieces[last] as Uint8Array, whenWritten)
    if (pieces.length > 1) socket.uncork()
  }

  /** Says what is still to be said, and closes. A peer who does not listen is not waited for. */
  #finish(error: ClientError | null): void {
    const socket = this.#socket
    const timer = this.#options.clock.setTimeout(() => socket.destroy(), LAST_WORDS_MS)
    const done = () => {
      timer.cancel()
      this.#listener.onClosed(error)
    }
    if (socket.destroyed) return done()
    socket.once('close', done)
    this.#write()
    socket.destroySoon()
  }
}
