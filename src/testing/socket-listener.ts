/** Where raw peers listen: TCP on loopback, TLS above it if wanted, and counts of both. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import {
  createServer as createTlsServer,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls'

/** Connections and handshakes of a server. */
export interface SocketCounts {
  readonly tcpConnections: number
  /** TLS handshakes that ended well. */
  readonly tlsHandshakes: number
  readonly failedHandshakes: number
  /** Of the handshakes, those that resumed a TLS session. */
  readonly resumedHandshakes: number
  /** TCP connections open now. */
  readonly openConnections: number
}

/** Return `handled` to keep TLS away from the socket: it is the script's from there on. */
export type BeforeTls = (tcp: Socket, index: number) => 'handled' | undefined

export interface SocketListenerOptions {
  /** null: plain TCP. */
  readonly tls: TlsOptions | null
  readonly port?: number
  readonly beforeTls?: BeforeTls
  onSocket(socket: TLSSocket | Socket, tcp: Socket): void
}

export class SocketListener {
  readonly #options: SocketListenerOptions
  readonly #server: Server
  readonly #tls: TlsServer | null
  readonly #open = new Set<Socket>()
  readonly #byRemotePort = new Map<number, Socket>()
  readonly #counts = { tcpConnections: 0, tlsHandshakes: 0, failedHandshakes: 0, resumedHandshakes: 0 }

  private constructor(options: SocketListenerOptions) {
    this.#options = options
    this.#tls = options.tls === null ? null : this.#createTls(options.tls)
    this.#server = createServer((tcp) => this.#accept(tcp))
  }

  static async listen(options: SocketListenerOptions): Promise<SocketListener> {
    const listener = new SocketListener(options)
    listener.#server.listen(options.port ?? 0, '127.0.0.1')
    await once(listener.#server, 'listening')
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get counts(): SocketCounts {
    return { ...this.#counts, openConnections: this.#open.size }
  }

  /** Changes certificate or keys for the connections to come, as a deployment would. */
  setSecureContext(options: TlsOptions): void {
    this.#tls?.setSecureContext(options)
  }

  /** New session-ticket keys: tickets given out so far are worth nothing any more. */
  rotateTicketKeys(keys: Buffer): void {
    this.#tls?.setTicketKeys(keys)
  }

  /** Stops listening and destroys every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const tcp of this.#open) tcp.destroy()
    await closed
  }

  #accept(tcp: Socket): void {
    const index = this.#counts.tcpConnections
    const remotePort = tcp.remotePort ?? 0
    this.#counts.tcpConnections += 1
    this.#open.add(tcp)
    this.#byRemotePort.set(remotePort, tcp)
    tcp.on('error', () => {})
    tcp.once('close', () => {
      this.#open.delete(tcp)
      if (this.#byRemotePort.get(remotePort) === tcp) this.#byRemotePort.delete(remotePort)
    })
    if (this.#options.beforeTls?.(tcp, index) === 'handled') return
    if (this.#tls === null) this.#options.onSocket(tcp, tcp)
    else this.#tls.emit('connection', tcp)
  }

  #createTls(options: TlsOptions): TlsServer {
    const server = createTlsServer(options, (socket) => {
      this.#counts.tlsHandshakes += 1
      if (socket.isSessionReused()) this.#counts.resumedHandshakes += 1
      const tcp = this.#byRemotePort.get(socket.remotePort ?? 0)
      if (tcp === undefined) socket.destroy()
      else this.#options.onSocket(socket, tcp)
    })
    server.on('tlsClientError', (_error, socket) => {
      this.#counts.failedHandshakes += 1
      socket.on('error', () => {})
    })
    return server
  }
}
