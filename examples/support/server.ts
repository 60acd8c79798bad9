/** A small server for the examples: HTTP/2 over TLS on 127.0.0.1, on a port that is free, and counting. */
import { once } from 'node:events'
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { ensureCertificates } from '../../certs/generate.ts'

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => unknown

export interface ServerOptions {
  /** Default `h2`: HTTP/2, and HTTP/1.1 for those who ask for it. `http/1.1`: nothing newer. */
  readonly speaks?: 'h2' | 'http/1.1'
  readonly tlsVersion?: SecureVersion
}

export interface Seen {
  connections: number
  handshakes: number
  /** Handshakes that resumed an earlier TLS session. */
  resumed: number
  requests: number
  /** HTTP/2 clients that said goodbye. */
  goAways: number
}

export interface LocalServer {
  readonly origin: string
  readonly port: number
  /** The authority that signed the server's certificate: `createClient({ tls: { ca } })`. */
  readonly ca: string
  /** What the server itself has seen so far. */
  readonly seen: Readonly<Seen>
  /** Sends every client away, in good order: GOAWAY over HTTP/2, over HTTP/1.1 the end of idle connections. */
  disconnect(): void
  close(): Promise<void>
}

export async function startServer(handler: Handler, options: ServerOptions = {}): Promise<LocalServer> {
  const { ca, localhost } = await ensureCertificates()
  const { speaks = 'h2', tlsVersion: version } = options
  const tls = {
    cert: localhost.cert,
    key: localhost.key,
    ...(version !== undefined && { minVersion: version, maxVersion: version }),
  }
  // HTTP/1.1's requests and responses look the same to a handler that uses only what the two have in common.
  const server =
    speaks === 'h2'
      ? createSecureServer({ ...tls, allowHTTP1: true })
      : createServer({ ...tls, ALPNProtocols: ['http/1.1'] })

  const seen: Seen = { connections: 0, handshakes: 0, resumed: 0, requests: 0, goAways: 0 }
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  server.on('connection', (socket: Socket) => {
    seen.connections += 1
    sockets.add(socket)
    socket.setNoDelay(true) // Node does it only after the TLS handshake, which may cost that 40 ms
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.handshakes += 1
    if (socket.isSessionReused()) seen.resumed += 1
  })
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.on('goaway', () => {
      seen.goAways += 1
    })
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('request', async (request: Http2ServerRequest, response: Http2ServerResponse) => {
    seen.requests += 1
    // A client that goes away in the middle of a request is no reason for a server to fall over.
    request.on('error', () => {})
    response.on('error', () => {})
    try {
      await handler(request, response)
    } catch (error) {
      if (!request.destroyed) throw error
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    origin: `https://localhost:${port}`,
    port,
    ca,
    seen,
    disconnect() {
      for (const session of sessions) session.close()
      if ('closeIdleConnections' in server) server.closeIdleConnections()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
