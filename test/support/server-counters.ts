/** Counts of a real Node server, and the check that a test left no connection open. */
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ServerReply, ServerRequest } from './routes.ts'
import { waitFor } from './wait-for.ts'

export interface ServerCounts {
  readonly tcpConnections: number
  readonly tlsHandshakes: number
  /** Of the handshakes, those that resumed a TLS session. */
  readonly resumedHandshakes: number
  readonly failedHandshakes: number
  readonly requests: number
  /** Requests in progress at once: on one HTTP/2 session, at most. */
  readonly maxConcurrentSeen: number
  /** Requests in progress now, over all connections. */
  readonly activeRequests: number
  readonly openSockets: number
  readonly openSessions: number
  readonly totalSessions: number
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] }

const NOTHING: ServerCounts = {
  tcpConnections: 0,
  tlsHandshakes: 0,
  resumedHandshakes: 0,
  failedHandshakes: 0,
  requests: 0,
  maxConcurrentSeen: 0,
  activeRequests: 0,
  openSockets: 0,
  openSessions: 0,
  totalSessions: 0,
}

export class ServerCounters {
  readonly sockets = new Set<Socket>()
  readonly sessions = new Set<ServerHttp2Session>()
  readonly #counts: Mutable<ServerCounts> = { ...NOTHING }
  readonly #activeBy = new WeakMap<object, number>()

  constructor(server: NetServer) {
    server.on('connection', (socket: Socket) => this.#connected(socket))
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#counts.tlsHandshakes += 1
      if (socket.isSessionReused()) this.#counts.resumedHandshakes += 1
    })
    server.on('tlsClientError', () => {
      this.#counts.failedHandshakes += 1
    })
    ;(server as Http2Server).on('session', (session: ServerHttp2Session) => this.#sessionOpened(session))
  }

  get counts(): ServerCounts {
    return { ...this.#counts, openSockets: this.sockets.size, openSessions: this.sessions.size }
  }

  request(request: ServerRequest, response: ServerReply): void {
    const counts = this.#counts
    const connection: object = request.stream?.session ?? request.socket
    const active = (this.#activeBy.get(connection) ?? 0) + 1
    this.#activeBy.set(connection, active)
    counts.requests += 1
    counts.activeRequests += 1
    counts.maxConcurrentSeen = Math.max(counts.maxConcurrentSeen, active)
    response.once('close', () => {
      counts.activeRequests -= 1
      this.#activeBy.set(connection, (this.#activeBy.get(connection) ?? 1) - 1)
    })
  }

  /** Waits until no connection is open; otherwise throws, naming those that are. */
  async assertNoConnections(timeout = 1000): Promise<void> {
    await waitFor(() => this.sockets.size === 0, { timeout, message: () => this.#leftOpen() })
  }

  destroyAll(): void {
    for (const session of this.sessions) session.destroy()
    for (const socket of this.sockets) socket.destroy()
  }

  #leftOpen(): string {
    const ports = [...this.sockets].map((socket) => socket.remotePort ?? '?').join(', ')
    const { activeRequests } = this.#counts
    return (
      `no open connection; ${this.sockets.size} left (client ports ${ports}), ` +
      `${this.sessions.size} HTTP/2 sessions, ${activeRequests} requests in progress`
    )
  }

  #connected(socket: Socket): void {
    this.#counts.tcpConnections += 1
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
  }

  #sessionOpened(session: ServerHttp2Session): void {
    this.#counts.totalSessions += 1
    this.sessions.add(session)
    session.once('close', () => this.sessions.delete(session))
    session.on('error', () => {})
  }
}
