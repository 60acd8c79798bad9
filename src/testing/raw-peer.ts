/**
 * A scriptable HTTP/2 server at frame level, over TLS on loopback:
 *
 * ```ts
 * const peer = await RawPeer.listen({
 *   cert, key, // in PEM, for localhost
 *   async onConnection(connection, index) {
 *     await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 1 } })
 *     const request = await connection.expectRequest()
 *     if (index === 0) connection.sendReset(request.streamId, 'REFUSED_STREAM')
 *     else await request.respond({ status: 200, body: 'hello' })
 *   },
 * })
 * // ... use peer.origin ...
 * await peer.close() // throws what a script threw
 * ```
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { DEFAULT_TIMEOUT, Inbox } from './inbox.ts'
import { MemorySocket } from './memory-socket.ts'
import { RawConnection } from './raw-connection.ts'
import { RawHttp1Connection } from './raw-http1-connection.ts'
import type { Responder } from './raw-options.ts'
import type { RawResponse } from './raw-request.ts'
import { ScriptErrors } from './script.ts'
import { type CertificateOptions, secureOptions } from './secure-options.ts'
import { type BeforeTls, type SocketCounts, SocketListener } from './socket-listener.ts'

/**
 * RFC 7301: which protocol the peer agrees to. `none` answers without the extension; `reject` shares no protocol
 * with anybody (the alert `no_application_protocol`); a list is in order of preference; a function chooses per
 * connection from what the client offers, undefined rejects.
 */
export type AlpnPolicy =
  | 'h2'
  | 'http/1.1'
  | 'none'
  | 'reject'
  | readonly string[]
  | ((offered: readonly string[]) => string | undefined)

/** Options of `RawPeer.listen`. */
export interface RawPeerOptions extends CertificateOptions {
  /** The script of every connection; runs once TLS is done. */
  onConnection?(connection: RawConnection, index: number): unknown
  /** The script of connections whose ALPN ended in anything but `h2`; without it `onConnection` gets them too. */
  onHttp1Connection?(connection: RawHttp1Connection, index: number): unknown
  /** Answers every request of every connection that has no script. */
  readonly autoRespond?: RawResponse | Responder
  /** Sees the TCP socket first: to hang, to end it or to write garbage before TLS. */
  readonly beforeTls?: BeforeTls
  /** Default `h2`. */
  readonly alpn?: AlpnPolicy
  /** Anything else for `tls.createServer`; false for plain TCP. */
  readonly tls?: TlsOptions | false
  readonly port?: number
  /** Milliseconds of every wait. Default 4000. */
  readonly timeout?: number
  /** Keep every frame in `connection.received`. Default true; turn off for long runs. */
  readonly record?: boolean
}

/** A client's socket and the peer behind it, in memory. */
export interface RawPair {
  /** The client's end: `http2.connect('http://localhost', { createConnection: () => socket })`. */
  readonly socket: Duplex
  /** The peer's end. */
  readonly connection: RawConnection
}

/** An HTTP/2 server that a script plays, frame by frame. */
export class RawPeer implements AsyncDisposable {
  /** In the order of their handshakes; those of `onHttp1Connection` are in `http1Connections`. */
  readonly connections: RawConnection[] = []
  readonly http1Connections: RawHttp1Connection[] = []
  readonly #options: RawPeerOptions
  readonly #scripts = new ScriptErrors()
  readonly #arrivals: Inbox<RawConnection>
  #listener!: SocketListener
  #handshakes = 0

  private constructor(options: RawPeerOptions) {
    this.#options = options
    this.#arrivals = new Inbox({
      owner: 'raw peer',
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      describe: () => JSON.stringify(this.counts),
    })
  }

  /** Starts one on a free port of the loopback address. */
  static async listen(options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(options)
    peer.#listener = await SocketListener.listen({
      tls: secureOptions('RawPeer.listen', options, options.tls ?? {}, alpnOptions(options.alpn ?? 'h2')),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.beforeTls ? { beforeTls: options.beforeTls } : {}),
      onSocket: (socket, tcp) => peer.#accept(socket, tcp),
    })
    return peer
  }

  /** One connection in memory: no port, no TLS. What a responder throws destroys the client's end. */
  static pair(options: { readonly timeout?: number } = {}): RawPair {
    const [near, socket] = MemorySocket.pair()
    // It has all of a TCP socket that a raw connection uses.
    const tcp = near as unknown as Socket
    const onScriptError = (error: unknown) => socket.destroy(new Error(String(error), { cause: error }))
    return { socket, connection: new RawConnection(tcp, tcp, { index: 0, ...options, onScriptError }) }
  }

  get port(): number {
    return this.#listener.port
  }

  /** `https://localhost:<port>`, or `http://` for plain TCP. */
  get origin(): string {
    return `${this.#options.tls === false ? 'http' : 'https'}://localhost:${this.port}`
  }

  get counts(): SocketCounts {
    return this.#listener.counts
  }

  get tcpConnections(): number {
    return this.counts.tcpConnections
  }

  get tlsHandshakes(): number {
    return this.counts.tlsHandshakes
  }

  get resumedHandshakes(): number {
    return this.counts.resumedHandshakes
  }

  /** Requests over all connections. */
  get requestCount(): number {
    return this.connections.reduce((sum, connection) => sum + connection.streams.requestCount, 0)
  }

  /** What scripts threw so far; `close()` throws it. */
  get errors(): readonly unknown[] {
    return this.#scripts.errors
  }

  /** What clients did against RFC 9113, over all connections. */
  get violations(): string[] {
    return this.connections.flatMap((connection) => [...connection.violations])
  }

  /** The next connection nobody took yet; for scripts in the test's own flow. */
  nextConnection(timeout?: number): Promise<RawConnection> {
    return this.#arrivals.take(() => true, 'a connection', timeout)
  }

  /** Changes certificate or keys for the connections to come, as a deployment would. */
  setSecureContext(options: TlsOptions): void {
    this.#listener.setSecureContext(options)
  }

  /** New session-ticket keys: tickets given out so far are worth nothing any more. */
  rotateTicketKeys(keys: Buffer): void {
    this.#listener.rotateTicketKeys(keys)
  }

  /** Stops listening, destroys every connection, and throws what a script threw. */
  async close(): Promise<void> {
    this.#scripts.startClosing()
    this.#arrivals.end('the raw peer was closed')
    for (const connection of this.connections) connection.transport.destroy()
    for (const connection of this.http1Connections) connection.transport.destroy()
    await this.#listener.close()
    this.#scripts.throwFirst('raw peer')
  }

  /** The same as `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(socket: TLSSocket | Socket, tcp: Socket): void {
    const index = this.#handshakes
    this.#handshakes += 1
    const { onHttp1Connection } = this.#options
    if (onHttp1Connection !== undefined && 'alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
      const connection = new RawHttp1Connection(socket, tcp, this.#connectionOptions(index))
      this.http1Connections.push(connection)
      this.#scripts.run(() => onHttp1Connection.call(this.#options, connection, index))
      return
    }
    this.#acceptHttp2(socket, tcp, index)
  }

  #acceptHttp2(socket: TLSSocket | Socket, tcp: Socket, index: number): void {
    const connection = new RawConnection(socket, tcp, this.#connectionOptions(index))
    connection.record = this.#options.record ?? true
    this.connections.push(connection)
    const { onConnection, autoRespond } = this.#options
    if (onConnection !== undefined)
      this.#scripts.run(() => onConnection.call(this.#options, connection, index))
    else if (autoRespond !== undefined) connection.autoRespond(autoRespond)
    this.#arrivals.push(connection)
  }

  #connectionOptions(index: number) {
    const { timeout } = this.#options
    return {
      index,
      ...(timeout === undefined ? {} : { timeout }),
      onScriptError: (error: unknown) => this.#scripts.add(error),
    }
  }
}

/** Node rejects with `no_application_protocol` when nothing is shared, and is silent without a list. */
function alpnOptions(alpn: AlpnPolicy): TlsOptions {
  if (alpn === 'none') return {}
  if (alpn === 'reject') return { ALPNProtocols: ['trunkline-shares-nothing'] }
  if (typeof alpn === 'string') return { ALPNProtocols: [alpn] }
  if (typeof alpn === 'function') return { ALPNCallback: ({ protocols }) => alpn(protocols) }
  return { ALPNProtocols: [...alpn] }
}
