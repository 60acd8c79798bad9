/**
 * A TCP relay between client and server on loopback: delays both ways like a long path, and fails like one.
 * It does not delay the TCP handshake itself.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { RelayPipe } from './relay-pipe.ts'

/** Options of `Relay.listen`. */
export interface RelayOptions {
  /** Port on 127.0.0.1 that connections go to. */
  readonly target: number
  /** Milliseconds each way. Default 0. Ordering is kept. */
  readonly delay?: number
  /** Bytes per second each way, of each connection. Default `Infinity`. */
  readonly bandwidth?: number
  readonly port?: number
}

/** Connections and bytes of a relay. */
export interface RelayCounts {
  readonly total: number
  readonly open: number
  /** Client to server, as forwarded. */
  readonly bytesUp: number
  /** Server to client, as forwarded. */
  readonly bytesDown: number
}

/** What a black hole swallows. */
export interface BlackHoleOptions {
  /** New connections get nowhere either. Default false: they work. */
  readonly newConnections?: boolean
  /** Which way is lost. Default `both`. */
  readonly direction?: 'both' | 'up' | 'down'
}

interface Route {
  readonly client: Socket
  readonly server: Socket
  readonly up: RelayPipe
  readonly down: RelayPipe
}

/** A TCP relay with a delay and a bandwidth, which can stop passing things on without closing anything. */
export class Relay implements AsyncDisposable {
  /** Milliseconds each way, for bytes read from now on. */
  delay: number
  readonly port: number
  readonly #target: number
  readonly #bandwidth: number
  readonly #server: Server
  readonly #routes = new Set<Route>()
  readonly #counts = { total: 0, bytesUp: 0, bytesDown: 0 }
  #holeForNew: BlackHoleOptions | null = null

  private constructor(server: Server, options: RelayOptions) {
    this.#server = server
    this.#target = options.target
    this.delay = options.delay ?? 0
    this.#bandwidth = options.bandwidth ?? Number.POSITIVE_INFINITY
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#accept(client))
  }

  /** Starts one on a free port of the loopback address. */
  static async listen(options: RelayOptions): Promise<Relay> {
    // Half-open: an end of one direction is passed on, and nothing more.
    const server = createServer({ allowHalfOpen: true })
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    return new Relay(server, options)
  }

  get connections(): RelayCounts {
    return { ...this.#counts, open: this.#routes.size }
  }

  /**
   * Existing connections stay open and forward nothing more, what was under way included. Nobody is told: the
   * kernel still acknowledges until its buffers are full, as with a path that died behind the next hop.
   */
  blackHole(options: BlackHoleOptions = {}): void {
    for (const route of this.#routes) swallow(route, options)
    this.#holeForNew = options.newConnections ? options : null
  }

  /** New connections work again; those in a black hole stay there. */
  restore(): void {
    this.#holeForNew = null
  }

  /** TCP RST to both sides of every connection. */
  resetAll(): void {
    for (const { client, server } of this.#routes) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  /** FIN to both sides of every connection, after what was under way. */
  finAll(): void {
    for (const { up, down } of this.#routes) {
      up.end()
      down.end()
    }
  }

  /** true: stops listening, so that new connections get ECONNREFUSED; false: listens again on the same port. */
  async refuse(on: boolean): Promise<void> {
    if (on === !this.#server.listening) return
    if (on) {
      // 'close' comes only when every connection is gone; listening ends at once.
      this.#server.close()
      return
    }
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Stops listening and destroys every connection. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : null
    if (this.#server.listening) this.#server.close()
    for (const { client, server } of this.#routes) {
      client.destroy()
      server.destroy()
    }
    await closed
  }

  /** The same as `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    this.#counts.total += 1
    client.setNoDelay(true)
    server.setNoDelay(true)
    const delay = () => this.delay
    const bandwidth = this.#bandwidth
    const count = this.#counts
    const upward = { delay, bandwidth, onForward: (bytes: number) => (count.bytesUp += bytes) }
    const downward = { delay, bandwidth, onForward: (bytes: number) => (count.bytesDown += bytes) }
    const up = new RelayPipe(client, server, upward)
    const down = new RelayPipe(server, client, downward)
    const route: Route = { client, server, up, down }
    this.#routes.add(route)
    const gone = () => {
      if (client.destroyed && server.destroyed) this.#routes.delete(route)
    }
    client.once('close', gone)
    server.once('close', gone)
    if (this.#holeForNew !== null) swallow(route, this.#holeForNew)
  }
}

function swallow({ up, down }: Route, { direction = 'both' }: BlackHoleOptions): void {
  if (direction !== 'down') up.swallow()
  if (direction !== 'up') down.swallow()
}
