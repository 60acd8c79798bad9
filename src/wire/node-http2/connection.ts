import * as http2 from 'node:http2'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import { AnnouncedOrigins } from '../../core/announced-origins.ts'
import { Bag } from '../../core/bag.ts'
import type { Timer } from '../../core/clock.ts'
import type { ClientError } from '../../core/errors.ts'
import { goAwayAfter } from '../../core/go-away.ts'
import { connectionLost, tunnelUnsupported, unusable } from '../../core/http2-failures.ts'
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
  RequestHead,
} from '../contract.ts'
import { type ExchangeOwner, NodeHttp2Exchange } from './exchange.ts'
import { handleOf } from './handle-order.ts'
import { encodeHead } from './head.ts'
import type { NodeHttp2Options } from './options.ts'
import { type ConnectionFacts, requestRefused } from './outcome.ts'
import { limitsOf, windowsOf } from './peer-limits.ts'
import { type PathSample, StreamWindows } from './stream-windows.ts'

/** How long a peer has to take our last words and to end its side, ms. */
const LAST_WORDS_MS = 250

/**
 * One `http2` session over one socket.
 *
 * Session events settle nothing here on their own: on Node 22 and 24 a session whose TCP connection died may
 * never say so (nodejs/node#61304). The socket is ours and is watched; what its end leaves unsettled is settled
 * by us, then the session is destroyed, then the socket.
 */
export class NodeHttp2Connection implements Connection {
  readonly id: number
  readonly protocol = 'h2'
  readonly #socket: Socket
  readonly #session: http2.ClientHttp2Session
  readonly #options: NodeHttp2Options
  readonly #listener: ConnectionListener
  readonly #exchanges = new Bag<NodeHttp2Exchange>()
  readonly #facts: ConnectionFacts
  readonly #owner: ExchangeOwner
  readonly #windows: StreamWindows
  #state: ConnectionState = 'open'
  readonly #origins = new AnnouncedOrigins()
  /** The peer's limit; null until its SETTINGS came. */
  #peerMaxStreams: number | null = null
  #acknowledged = false
  /** SETTINGS frames of ours that the peer has not acknowledged. */
  #unacknowledged = 1
  /** The session's native object; from the first exchange on. */
  #handle: object | undefined
  #closing = false
  #lastWords: Timer | null = null

  constructor(
    socket: Socket,
    options: NodeHttp2Options,
    context: AttachContext,
    listener: ConnectionListener,
  ) {
    this.id = context.id
    this.#socket = socket
    this.#options = options
    this.#listener = listener
    this.#facts = { origin: context.origin.key, connectionId: context.id, goAway: null, lost: null }
    this.#windows = new StreamWindows(options.initialWindowSize, options.connectionWindowSize, options.clock)
    // A session over a socket that has closed since its handshake would take requests and lose them.
    if (socket.destroyed) throw unusable(this.#facts)
    // May throw; nothing may listen to the socket yet.
    this.#session = http2.connect(context.origin.key, {
      createConnection: () => socket,
      ...sessionOptions(options, this.#windows.size),
    })
    this.#owner = {
      facts: this.#facts,
      options,
      windows: this.#windows,
      sessionHandle: () => this.#handle,
      onReleased: (exchange) => this.#release(exchange),
      onBulk: (sample, length) => this.#onBulk(sample, length),
      onDistrusted: () => this.#leave(),
    }
    this.#watchSocket()
    this.#watchSession()
  }

  get state(): ConnectionState {
    return this.#state
  }

  get openExchanges(): number {
    return this.#exchanges.size
  }

  get slots(): number {
    const { closed, destroyed } = this.#session
    if (this.#state !== 'open' || closed || destroyed || this.#socket.destroyed) return 0
    // Before SETTINGS the limit is not known. The first request need not wait for it (that would cost a round
    // trip); more than one might be refused (RFC 9113 section 5.1.2).
    const limit = this.#peerMaxStreams ?? 1
    return Math.max(0, Math.min(limit, this.#options.maxConcurrentStreams) - this.#exchanges.size)
  }

  get takesTunnels(): boolean {
    return this.#session.remoteSettings?.enableConnectProtocol === true
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead
  }

  get acknowledged(): boolean {
    return this.#acknowledged
  }

  get severed(): boolean {
    return this.#socket.destroyed || isSevered(this.#socket)
  }

  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    if (this.slots === 0) throw unusable(this.#facts)
    if (head.protocol !== undefined && !this.takesTunnels) throw tunnelUnsupported(this.#facts)
    // RST_STREAM by `stream.close()` has an END_STREAM before it, which makes half an upload look whole. One by an
    // aborted signal has not.
    const abort = body === 'none' ? null : new AbortController()
    if (this.#mayAnnounce && this.#windows.beforeOpen()) this.#announceWindows()
    const stream = this.#request(head, body, abort)
    this.#handle ??= handleOf(this.#session)
    const exchange = new NodeHttp2Exchange(stream, abort, head, handler, this.#owner)
    this.#exchanges.add(exchange)
    this.#windows.opened(exchange)
    if (stream.id !== undefined && stream.id >= LAST_STREAM_ID) this.#leave()
    return exchange
  }

  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#state === 'closed' || this.#session.destroyed) {
        reject(unusable(this.#facts))
        return
      }
      // `ping` throws on a destroyed session, returns false with too many outstanding, and calls back with an
      // error in both that case and on a session that is dead without knowing it.
      try {
        this.#session.ping((error, duration) => {
          if (error === null) {
            this.#windows.learn(duration)
            resolve(duration)
          } else reject(connectionLost(this.#facts, error))
        })
      } catch (error) {
        reject(connectionLost(this.#facts, error))
      }
    })
  }

  drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#closeSession()
  }

  destroy(error: ClientError): void {
    if (this.#closing) return
    this.#end(error, error)
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  stats(): ConnectionStats {
    return {
      id: this.id,
      protocol: 'h2',
      state: this.#state,
      openExchanges: this.#exchanges.size,
      maxConcurrentStreams: this.#peerMaxStreams,
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
      goAway: this.#facts.goAway,
      settings: limitsOf(this.#session),
      windows: windowsOf(this.#session),
      stalls: null,
      origins: this.#origins.list,
    }
  }

  #watchSocket(): void {
    const socket = this.#socket
    socket.on('error', (error) => this.#onSocketEnd(error))
    socket.on('close', () => this.#onSocketEnd(null))
    socket.on('end', () => this.#rescueBodies())
  }

  /** What came before the end came: Node would drop what its streams hold back for slow readers. */
  #rescueBodies(): void {
    for (const exchange of this.#exchanges) exchange.rescueBody()
  }

  #watchSession(): void {
    const session = this.#session
    session.on('localSettings', () => {
      this.#acknowledged = true
      this.#unacknowledged -= 1
    })
    session.on('remoteSettings', (settings) => this.#onSettings(settings))
    session.on('goaway', (code, lastStreamId, debug) => this.#onGoAway(code, lastStreamId, debug))
    session.on('origin', (origins) => this.#origins.add(origins))
    session.on('error', (error) => this.#onSessionError(error))
    session.on('close', () => this.#onSocketEnd(null))
    // A pushed stream cannot come (ENABLE_PUSH is 0); if one does it must not lack an error listener.
    session.on('stream', (stream) =>
      stream.on('error', () => {}).close(http2.constants.NGHTTP2_REFUSED_STREAM),
    )
    session.setLocalWindowSize(this.#options.connectionWindowSize)
  }

  #request(head: RequestHead, body: BodyShape, abort: AbortController | null): http2.ClientHttp2Stream {
    try {
      return this.#session.request(encodeHead(head) as unknown as http2.OutgoingHttpHeaders, {
        endStream: body === 'none',
        waitForTrailers: body === 'data-and-trailers',
        ...(abort === null ? {} : { signal: abort.signal }),
      })
    } catch (error) {
      throw requestRefused(this.#facts, error)
    }
  }

  #release(exchange: NodeHttp2Exchange): void {
    if (!this.#exchanges.delete(exchange)) return
    this.#windows.closed(exchange)
    if (this.#closing) return
    this.#listener.onSlots()
    this.#endIfDrained()
  }

  #onBulk(sample: PathSample, length: number): void {
    if (this.#mayAnnounce && this.#windows.saw(length, sample, this.#exchanges)) this.#announceWindows()
  }

  /** Node destroys a session with ten unanswered SETTINGS, and tells nobody why. */
  get #mayAnnounce(): boolean {
    return this.#unacknowledged < MOST_UNACKNOWLEDGED && !this.#session.closed && !this.#session.destroyed
  }

  /** Goes out before the HEADERS of a stream opened next, so that the peer applies it first. */
  #announceWindows(): void {
    this.#unacknowledged += 1
    this.#session.settings({ initialWindowSize: this.#windows.size })
  }

  #onSettings(settings: http2.Settings): void {
    const first = this.#peerMaxStreams === null
    this.#peerMaxStreams = settings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY
    if (this.#closing) return
    if (first) this.#listener.onReady()
    this.#listener.onSlots()
  }

  #onGoAway(http2Code: number, lastStreamId: number, debug: Buffer = NOTHING): void {
    // Node repeats the event when its session closes.
    const before = this.#facts.goAway
    const goAway = goAwayAfter(before, lastStreamId, http2Code, debug)
    this.#facts.goAway = goAway
    if (goAway !== before) this.#listener.onGoAway?.(goAway)
    if (http2Code !== 0) this.#rescueBodies()
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#listener.onDraining(goAway)
    this.#closeSession()
  }

  /** Takes no new exchanges: its ids are used up (RFC 9113 section 5.1.1), or the peer floods. */
  #leave(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    setImmediate(() => {
      if (this.#closing) return
      this.#listener.onDraining(null)
      this.#closeSession()
    })
  }

  #closeSession(): void {
    // Never from inside a callback of the session (nodejs/node#64850).
    setImmediate(() => {
      if (!this.#session.closed && !this.#session.destroyed) this.#session.close()
      this.#endIfDrained()
    })
  }

  /**
   * A session that was closed ends the socket after its last stream, and then waits for the peer to end its side: for
   * ever, if it has to.
   */
  #endIfDrained(): void {
    if (this.#state !== 'draining' || this.#exchanges.size > 0 || this.#lastWords !== null) return
    this.#lastWords = this.#options.clock.setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS)
  }

  #onSessionError(error: Error): void {
    this.#facts.lost ??= error
  }

  #onSocketEnd(error: Error | null): void {
    if (error !== null) this.#facts.lost ??= error
    if (this.#closing || this.#state === 'closed') return
    this.#rescueBodies()
    this.#state = 'closed'
    this.#facts.socketClosed = true
    // Node settles its streams within this turn when it notices the end at all. What it told them is more exact
    // (a response may just have ended), so it speaks first.
    setImmediate(() => {
      const orderly = this.#exchanges.size === 0 && this.#facts.lost === null
      const cause = connectionLost(this.#facts, this.#facts.lost)
      if (!this.#closing) this.#end(cause, orderly ? null : cause)
    })
  }

  #end(error: ClientError, reported: ClientError | null): void {
    this.#closing = true
    this.#lastWords?.cancel()
    this.#state = 'closed'
    for (const exchange of this.#exchanges) exchange.fail(error)
    this.#exchanges.clear()
    setImmediate(() => {
      this.#session.destroy()
      this.#socket.destroy()
      this.#listener.onClosed(reported)
    })
  }
}

const MOST_UNACKNOWLEDGED = 5

const NOTHING = Buffer.alloc(0)

/** Ids are odd and end at 2^31 - 1; a few are left unused so that requests in the same turn still fit. */
const LAST_STREAM_ID = 2 ** 31 - 1 - 2 * 512

function sessionOptions(options: NodeHttp2Options, windowSize: number): http2.ClientSessionOptions {
  return {
    settings: {
      enablePush: false,
      initialWindowSize: windowSize,
      // Above its own limit Node resets the stream and does not say that it was not the peer. The exact limits are
      // held by the exchange, which does; Node's stand behind them.
      maxHeaderListSize: Math.min(2 * options.maxHeaderListSize, 2 ** 32 - 1),
    },
    maxHeaderListPairs: 2 * options.maxHeaderFields,
    maxReservedRemoteStreams: 0,
    // Node counts empty DATA among them, over the life of the session; some servers flush that way.
    maxSessionInvalidFrames: 1000,
    // MB. Node counts what it has handed over and nobody has collected yet, and answers more with ENHANCE_YOUR_CALM
    // (nodejs/node#27416): the windows bound memory, this limit only breaks requests.
    maxSessionMemory: 1024,
    peerMaxConcurrentStreams: 100,
  } as http2.ClientSessionOptions
}
