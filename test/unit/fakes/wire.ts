/** A wire without a wire: connections whose peer is the test. They keep the rules of `src/wire/contract.ts`. */
import type { Socket } from 'node:net'
import { type ClientError, ConnectionError } from '../../../src/core/errors.ts'
import type { HeaderList } from '../../../src/core/headers.ts'
import type {
  AlpnProtocol,
  AttachContext,
  BodyShape,
  Connection,
  ConnectionListener,
  ConnectionState,
  ConnectionStats,
  Engine,
  Exchange,
  ExchangeHandler,
  GoAway,
  RequestHead,
} from '../../../src/wire/contract.ts'

export class FakeSocket {
  destroyed = false

  destroy(): void {
    this.destroyed = true
  }

  asSocket(): Socket {
    return this as unknown as Socket
  }
}

export class FakeEngine implements Engine {
  readonly protocol: AlpnProtocol
  readonly connections: FakeConnection[] = []
  /** Thrown by the next `attach`. */
  refusal: Error | null = null
  onAttach: ((connection: FakeConnection) => void) | null = null

  constructor(protocol: AlpnProtocol = 'h2') {
    this.protocol = protocol
  }

  attach(_socket: Socket, context: AttachContext, listener: ConnectionListener): FakeConnection {
    if (this.refusal !== null) {
      const refusal = this.refusal
      this.refusal = null
      throw refusal
    }
    const connection = new FakeConnection(context.id, this.protocol, listener)
    this.connections.push(connection)
    this.onAttach?.(connection)
    return connection
  }

  get last(): FakeConnection {
    return this.connections.at(-1) as FakeConnection
  }
}

interface Ping {
  answer(roundTrip: number): void
  fail(error: Error): void
}

export class FakeConnection implements Connection {
  readonly id: number
  readonly protocol: AlpnProtocol
  readonly listener: ConnectionListener
  readonly exchanges: FakeExchange[] = []
  readonly pings: Ping[] = []
  state: ConnectionState = 'open'
  bytesReceived = 0
  severed = false
  acknowledged = true
  takesTunnels = true
  /** Whether its new exchanges take more than one piece of a body. */
  writable = true
  referenced = true
  /** What `destroy` was called with. */
  destroyedWith: ClientError | null = null
  drains = 0
  /** Thrown by the next `open`. */
  refusal: Error | null = null
  /** Requests put on it while it had no slot. */
  overbooked = 0
  #limit = 1
  #open = 0
  #goAway: GoAway | null = null

  constructor(id: number, protocol: AlpnProtocol, listener: ConnectionListener) {
    this.id = id
    this.protocol = protocol
    this.listener = listener
  }

  get slots(): number {
    return this.state === 'open' ? Math.max(0, this.#limit - this.#open) : 0
  }

  get openExchanges(): number {
    return this.#open
  }

  get live(): readonly FakeExchange[] {
    return this.exchanges.filter((exchange) => exchange.open)
  }

  get lastExchange(): FakeExchange {
    return this.exchanges.at(-1) as FakeExchange
  }

  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    if (this.refusal !== null) {
      const refusal = this.refusal
      this.refusal = null
      throw refusal
    }
    if (this.state !== 'open') throw unusable()
    if (this.slots === 0) this.overbooked += 1
    this.#open += 1
    const streamId = this.protocol === 'h2' ? this.exchanges.length * 2 + 1 : undefined
    const exchange = new FakeExchange(streamId, head, body, handler, () => this.#ended())
    exchange.writable = this.writable
    this.exchanges.push(exchange)
    return exchange
  }

  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.pings.push({ answer: resolve, fail: reject })
    })
  }

  drain(): void {
    this.drains += 1
    if (this.state !== 'open') return
    this.state = 'draining'
    queueMicrotask(() => this.#closeIfDone())
  }

  destroy(error: ClientError): void {
    if (this.state === 'closed') return
    this.destroyedWith = error
    this.#endAll(error)
    queueMicrotask(() => this.listener.onClosed(error))
  }

  ref(): void {
    this.referenced = true
  }

  unref(): void {
    this.referenced = false
  }

  stats(): ConnectionStats {
    return {
      id: this.id,
      protocol: this.protocol,
      state: this.state,
      openExchanges: this.#open,
      maxConcurrentStreams: this.#limit,
      bytesReceived: this.bytesReceived,
      bytesSent: 0,
      goAway: this.#goAway,
    }
  }

  // From here on: what the peer does.

  /** The first SETTINGS, or what readies an HTTP/1.1 connection. */
  ready(limit = this.protocol === 'h2' ? 100 : 1): this {
    this.#limit = limit
    this.bytesReceived += 9
    this.listener.onReady()
    return this
  }

  settings(limit: number): void {
    this.#limit = limit
    this.bytesReceived += 9
    this.listener.onSlots()
  }

  receive(bytes = 1): void {
    this.bytesReceived += bytes
  }

  answerPing(roundTrip = 10): void {
    this.bytesReceived += 17
    this.pings.at(-1)?.answer(roundTrip)
  }

  /** GOAWAY: streams above `lastStreamId` fail as not processed, the others go on. */
  goAway(lastStreamId = 2 ** 31 - 1, debug = ''): void {
    if (this.state === 'closed') return
    this.state = 'draining'
    this.#goAway = { lastStreamId, http2Code: 0, debug }
    this.listener.onDraining(this.#goAway)
    for (const exchange of this.live) {
      if ((exchange.streamId as number) > lastStreamId) exchange.fail(goneAway())
    }
    this.#closeIfDone()
  }

  /** The connection is lost. */
  lose(error: ClientError = connectionLost()): void {
    if (this.state === 'closed') return
    this.#endAll(error)
    this.listener.onClosed(error)
  }

  /** An orderly end, once nothing is open. */
  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.listener.onClosed(null)
  }

  #ended(): void {
    this.#open -= 1
    queueMicrotask(() => {
      if (this.state === 'draining') this.#closeIfDone()
      else if (this.state === 'open') this.listener.onSlots()
    })
  }

  #closeIfDone(): void {
    if (this.state === 'draining' && this.#open === 0) this.close()
  }

  #endAll(error: ClientError): void {
    this.state = 'closed'
    for (const exchange of this.live) exchange.fail(error)
  }
}

export class FakeExchange implements Exchange {
  readonly streamId: number | undefined
  readonly head: RequestHead
  readonly shape: BodyShape
  readonly handler: ExchangeHandler
  readonly written: Uint8Array[] = []
  readonly resets: (number | undefined)[] = []
  /** What `write` answers. */
  writable = true
  ended = false
  trailers: HeaderList | undefined
  paused = false
  open = true
  readonly #release: () => void

  constructor(
    streamId: number | undefined,
    head: RequestHead,
    shape: BodyShape,
    handler: ExchangeHandler,
    release: () => void,
  ) {
    this.streamId = streamId
    this.head = head
    this.shape = shape
    this.handler = handler
    this.#release = release
  }

  write(chunk: Uint8Array): boolean {
    this.written.push(chunk)
    return this.writable
  }

  end(trailers?: HeaderList): void {
    this.ended = true
    this.trailers = trailers
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  reset(http2Code?: number): void {
    this.resets.push(http2Code)
    this.#finish()
  }

  get body(): string {
    return Buffer.concat(this.written).toString()
  }

  // From here on: what the peer does.

  respond(status = 200, headers: HeaderList = []): this {
    this.handler.onHeaders(status, headers)
    return this
  }

  data(text: string | Uint8Array): this {
    this.handler.onData(typeof text === 'string' ? Buffer.from(text) : text)
    return this
  }

  /** The whole of a response. */
  answer(status = 200, headers: HeaderList = [], body = ''): void {
    this.respond(status, headers)
    if (body !== '') this.data(body)
    this.finish()
  }

  finish(): void {
    if (!this.open) return
    this.#finish()
    this.handler.onEnd()
  }

  fail(error: ClientError): void {
    if (!this.open) return
    this.#finish()
    this.handler.onError(error)
  }

  #finish(): void {
    if (!this.open) return
    this.open = false
    this.#release()
  }
}

export function connectionLost(): ConnectionError {
  return new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')
}

export function goneAway(): ConnectionError {
  return new ConnectionError('ERR_TRUNKLINE_GOAWAY', 'going away')
}

export function unusable(): ConnectionError {
  return new ConnectionError('ERR_TRUNKLINE_CONNECTION_UNUSABLE', 'no new requests')
}
