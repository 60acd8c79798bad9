/** A chat over WebSockets: each message goes to everyone. HTTP/2 with extended CONNECT (RFC 8441), or HTTP/1.1. */
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { ensureCertificates } from '../../certs/generate.ts'

export interface ChatServer {
  readonly origin: string
  readonly ca: string
  /** TCP connections so far. */
  readonly connections: number
  close(): Promise<void>
}

export async function startChatServer(extendedConnect: boolean): Promise<ChatServer> {
  const { ca, localhost } = await ensureCertificates()
  const { cert, key } = localhost
  const settings = { enableConnectProtocol: extendedConnect }
  const server = createSecureServer({ cert, key, allowHTTP1: true, settings })
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  serveChat(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca,
    get connections() {
      return connections
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

function serveChat(server: Http2SecureServer): void {
  const chat = new WebSocketServer({ noServer: true })
  const join = (socket: WebSocket) => {
    socket.on('error', () => {})
    socket.on('message', (data) => {
      for (const member of chat.clients) member.send(String(data))
    })
  }
  server.on('request', (request, response) => {
    if (request.method !== 'CONNECT') response.end('hello')
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    chat.handleUpgrade(request, socket, head, join),
  )
  // Without a listener Node answers CONNECT by itself.
  server.on('connect', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    if (headers[':method'] !== 'CONNECT') return
    // `ws` knows the handshake of HTTP/1.1 alone: it gets one, and its answer becomes the head of the stream.
    const key = { upgrade: 'websocket', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    const request = { method: 'GET', url: headers[':path'], socket: {}, headers: { ...headers, ...key } }
    chat.handleUpgrade(request as never, tunnelOf(stream), Buffer.alloc(0), join)
  })
}

function tunnelOf(stream: ServerHttp2Stream): Duplex {
  let answered = false
  const tunnel = new Duplex({
    read: () => stream.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (answered) return void stream.write(chunk, done)
      answered = true
      const extensions = /^sec-websocket-extensions: (.+)$/im.exec(chunk.toString())?.[1]
      stream.respond({ ':status': 200, ...(extensions && { 'sec-websocket-extensions': extensions }) })
      done()
    },
    final: (done) => void stream.end(done),
  })
  stream.on('data', (chunk: Buffer) => {
    if (!tunnel.push(chunk)) stream.pause()
  })
  stream.on('end', () => tunnel.push(null))
  stream.on('error', () => {})
  stream.on('close', () => tunnel.destroy())
  return tunnel
}
