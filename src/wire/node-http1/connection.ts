import * as http from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import type { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
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
import { type ExchangeOwner, NodeHttp1Exchange } from './exchange.ts'
import { type EncodedHead, encodeHead, keepAliveLimit, promisesToStay } from './head.ts'
import type { NodeHttp1Options } from './options.ts'
import {
  type ConnectionFacts,
  cannotPing,
  connectNotSupported,
  idleConnectionLost,
  requestRefused,
  unsolicited,
  unusable,
} from './outcome.ts'

/** How long a connection rests after its first response if nobody said that it lasts, ms. */
const FIRST_REST = 1

/**
 * One socket, one request at a time: nothing is pipelined (RFC 9112 section 9.3.2).
 *
 * The requests go through an `http.Agent` that knows this one socket and nothing else. Node's Agent is what frees
 * the socket at the right moment, takes its own listeners off again, and stops reading it as a response while it
 * is idle (CVE-2026-48931). The socket itself is watched here: Node reports its end to a request only while it
 * has one, and on Node 22 not between `http.request()` and the next tick.
 */
export class NodeHttp1Connection implements Connection {
  readonly id: number
  readonly protocol = 'http/1.1'
  readonly #socket: Socket
  readonly #options: NodeHttp1Options
  readonly #listener: ConnectionListener
  readonly #facts: ConnectionFacts
  readonly #agent: http.Agent
  readonly #owner: ExchangeOwner
  readonly #address: { readonly host: string; readonly port: number }
  #state: ConnectionState = 'open'
  #exchange: NodeHttp1Exchange | null = null
  #request: http.ClientRequest | null = null
  /** The socket has no request on it and may take one. */
  #idle = true
  /** `bytesRead` when the last response had come. More of them than that: nobody asked for the rest. */
  #idleMark: number
  /** The server has said that it keeps the connection, or has shown it. */
  #kept = false
  /** What the last response said about how long the server keeps the connection, ms. */
  #idleLimit: number | null = null
  #referenced = true
  #socketError: Error | null = null
  #socketClosed = false
  #reported = false
  /** Why the connection ended; null while it has not, and for an orderly end. */
  #fault: ClientError | null = null

  constructor(
    socket: Socket,
    options: NodeHttp1Options,
    context: AttachContext,
    listener: ConnectionListener,
  ) {
    this.id = context.id
    this.#socket = socket
    this.#options = options
    this.#listener = listener
    this.#facts = { origin: context.origin.key, connectionId: context.id, ...options }
    this.#address = { host: context.origin.hostname, port: context.origin.port }
    this.#idleMark = socket.bytesRead
    this.#owner = {
      facts: this.#facts,
      onHead: (headers, last) => this.#onHead(headers, last),
      onEnded: () => this.#onEnded(),
      onTunnelEnded: () => this.#onTunnelEnded(),
      onBroken: (error) => {
        this.#exchange = null
        this.#break(error)
      },
    }
    this.#agent = agentOf(socket)
    this.#watch()
  }

  get state(): ConnectionState {
    return this.#state
  }

  get slots(): number {
    const socket = this.#socket
    const usable = this.#state === 'open' && this.#idle && socket.writable && !socket.readableEnded
    return usable && socket.bytesRead === this.#idleMark ? 1 : 0
  }

  get openExchanges(): number {
    return this.#exchange === null ? 0 : 1
  }

  get acknowledged(): boolean {
    return true
  }

  get severed(): boolean {
    return this.#socket.destroyed
  }

  get takesTunnels(): boolean {
    return true
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead
  }

  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    if (this.slots === 0) throw unusable(this.#facts)
    if (head.method === 'CONNECT') throw connectNotSupported(this.#facts)
    const encoded = encodeHead(head, body)
    const before = this.#socket.bytesWritten
    const request = this.#start(head, encoded)
    const wasSent = () => this.#socket.bytesWritten !== before
    const exchange = new NodeHttp1Exchange(request, encoded, handler, this.#owner, wasSent)
    this.#idle = false
    this.#request = request
    this.#exchange = exchange
    if (this.#idleLimit !== null) this.#socket.setTimeout(0)
    // The Agent refs a socket that it takes from its idle ones.
    if (!this.#referenced) this.#socket.unref()
    if (body === 'none' || encoded.upgrades) request.end()
    // An empty write sends the head in this tick, and in latin1, which `flushHeaders()` does not.
    else request.write('', 'latin1')
    return exchange
  }

  ping(): Promise<number> {
    return Promise.reject(cannotPing(this.#facts))
  }

  drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    if (this.#idle) this.#socket.destroySoon()
  }

  destroy(error: ClientError): void {
    const exchange = this.#exchange
    this.#exchange = null
    this.#break(error)
    exchange?.abort(error)
  }

  ref(): void {
    this.#referenced = true
    this.#socket.ref()
  }

  unref(): void {
    this.#referenced = false
    this.#socket.unref()
  }

  stats(): ConnectionStats {
    return {
      id: this.id,
      protocol: this.protocol,
      state: this.#state,
      openExchanges: this.openExchanges,
      maxConcurrentStreams: 1,
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
      goAway: null,
    }
  }

  #watch(): void {
    const socket = this.#socket
    this.#agent.on('free', () => this.#onFree())
    socket.on('error', (error) => {
      this.#socketError ??= error
    })
    socket.on('close', () => this.#onSocketClose())
    // Runs before the listener that Node adds for each request, and so sees the state that the bytes met. It also
    // keeps the socket flowing before the first request: the end of an idle connection shows only to a reader.
    socket.on('data', () => {
      if (!this.#expectsBytes) this.#break(unsolicited(this.#facts))
    })
    queueMicrotask(() => {
      if (socket.closed) this.#onSocketClose()
      else if (!socket.destroyed) this.#listener.onReady()
    })
  }

  get #expectsBytes(): boolean {
    return this.#exchange !== null && !this.#exchange.hasResponse
  }

  #start(head: RequestHead, encoded: EncodedHead): http.ClientRequest {
    try {
      const request = http.request({
        ...this.#address,
        agent: this.#agent,
        method: head.method,
        path: head.path,
        headers: encoded.fields,
        setDefaultHeaders: false,
        maxHeaderSize: this.#options.maxHeaderListSize,
        insecureHTTPParser: false,
      })
      // By default Node drops fields beyond the thousandth without a word; their size is limited anyway.
      request.maxHeadersCount = 0
      return request
    } catch (error) {
      throw requestRefused(this.#facts, error)
    }
  }

  #onHead(headers: HeaderList, last: boolean): void {
    this.#idleLimit = keepAliveLimit(headers)
    this.#kept ||= promisesToStay(headers)
    // RFC 9112 section 9.6: the server closes after this response.
    if (last || this.#idleLimit === 0) this.#retire()
  }

  /** No new requests from now on, and the reason is ours or the server's, but not an error. */
  #retire(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#listener.onDraining(null)
  }

  #onEnded(): void {
    const request = this.#request
    this.#exchange = null
    this.#idleMark = this.#socket.bytesRead
    if (this.#socketClosed) {
      this.#reportClosed()
      return
    }
    // The response is here while the request is not out: the server wants no more of it, and where the next
    // request would begin is anybody's guess (RFC 9112 section 9.3). But a response may also overtake Node's own
    // news that the last bytes were written; that comes within the same turn.
    if (request === null || request.writableFinished) return
    setImmediate(() => {
      if (!request.writableFinished) this.#break(null)
    })
  }

  /** The peer has said all. What was written to it is still to go out. */
  #onTunnelEnded(): void {
    this.#exchange = null
    this.#retire()
    if (this.#socketClosed) this.#reportClosed()
    else this.#socket.destroySoon()
  }

  /** The Agent has put the socket back. */
  #onFree(): void {
    this.#request = null
    // Two immediates have a read of the sockets between them, and so have a timer and one. What the server sent behind
    // its response must not meet the next request as its answer, and that request must not be sent to one that closes
    // without a word in its headers. Those who do so do it from the first response on, if a moment later.
    const afterRead = () => setImmediate(() => this.#rest())
    if (this.#kept) setImmediate(afterRead)
    else setTimeout(afterRead, FIRST_REST)
    this.#kept = true
  }

  #rest(): void {
    const socket = this.#socket
    if (socket.destroyed || this.#state === 'closed') return
    if (socket.bytesRead !== this.#idleMark) this.#break(unsolicited(this.#facts))
    else if (this.#state === 'draining') socket.destroySoon()
    else {
      if (this.#idleLimit !== null) socket.setTimeout(this.#idleLimit)
      this.#idle = true
      this.#listener.onSlots()
    }
  }

  #onSocketClose(): void {
    if (this.#socketClosed) return
    this.#socketClosed = true
    this.#exchange?.socketClosed(this.#socketError)
    if (this.#exchange === null) this.#fault ??= this.#idleFault()
    this.#state = this.#exchange === null ? 'closed' : 'draining'
    this.#reportClosed()
  }

  #idleFault(): ClientError | null {
    if (this.#state === 'closed') return null
    if (this.#idle && this.#socket.bytesRead !== this.#idleMark) return unsolicited(this.#facts)
    return this.#socketError === null ? null : idleConnectionLost(this.#facts, this.#socketError)
  }

  /** The socket goes now. An exchange whose whole response came, and waits to be read, lives on without it. */
  #break(error: ClientError | null): void {
    this.#fault ??= error
    this.#state = this.#exchange === null ? 'closed' : 'draining'
    this.#socket.destroy()
    this.#reportClosed()
  }

  /** Last of all calls, and never from inside one of ours. */
  #reportClosed(): void {
    if (this.#reported || !this.#socketClosed || this.#exchange !== null) return
    this.#reported = true
    this.#state = 'closed'
    queueMicrotask(() => this.#listener.onClosed(this.#fault))
  }
}

function agentOf(socket: Socket): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  agent.createConnection = () => socket
  // In place of Node's own, which unrefs the socket and sets TCP keepalive anew with every response: both are
  // others' to decide here, and the server's Keep-Alive hint is read by the connection.
  agent.keepSocketAlive = () => true
  return agent
}
