/** WebSocket servers with the framing of `ws`: over extended CONNECT (RFC 8441) and over the upgrade of HTTP/1.1. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { startH1Server, startH2Server, type TestServer } from './servers.ts'

export interface WebSocketServerOptions extends Omit<ServerOptions, 'noServer' | 'server' | 'port'> {
  /** `connect`: HTTP/2 with extended CONNECT. `upgrade`: HTTP/2 without, and HTTP/1.1. `http/1.1`, `plain`: no HTTP/2. */
  readonly over: 'connect' | 'upgrade' | 'http/1.1' | 'plain'
  readonly onSocket?: (socket: WebSocket, seen: SeenHandshake) => void
  /** A status in place of a WebSocket. */
  readonly refuse?: number
}

export interface SeenHandshake {
  readonly over: 'h2' | 'http/1.1'
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export interface WebSocketTestServer {
  readonly server: TestServer
  readonly url: string
  /** Handshakes that came. */
  readonly seen: SeenHandshake[]
  /** Sockets open now. */
  readonly sockets: ReadonlySet<WebSocket>
  close(): Promise<void>
}

export async function startWebSocketServer(options: WebSocketServerOptions): Promise<WebSocketTestServer> {
  const { over, ...settings } = options
  const server = await startFor(over)
  const { seen, sockets } = acceptWebSockets(server.server, settings)
  const scheme = over === 'plain' ? 'ws' : 'wss'
  return {
    server,
    url: `${scheme}://localhost:${server.port}/chat`,
    seen,
    sockets,
    async close() {
      for (const socket of sockets) socket.terminate()
      await server.close()
    },
  }
}

/** Lets a server take WebSockets, over whatever it speaks. HTTP/2: `enableConnectProtocol` must be among its settings. */
export function acceptWebSockets(
  server: NetServer,
  options: Omit<WebSocketServerOptions, 'over'> = {},
): { readonly seen: SeenHandshake[]; readonly sockets: ReadonlySet<WebSocket> } {
  const { onSocket = echo, refuse, ...settings } = options
  const wss = new WebSocketServer({ ...settings, noServer: true })
  const seen: SeenHandshake[] = []
  const accept = (request: IncomingMessage, stream: Duplex, handshake: SeenHandshake) => {
    seen.push(handshake)
    wss.handleUpgrade(request, stream, Buffer.alloc(0), (socket) => {
      socket.on('error', () => {})
      onSocket(socket, handshake)
    })
  }
  server.on('upgrade', (request: IncomingMessage, stream: Duplex) => {
    if (refuse !== undefined) stream.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 2\r\n\r\nno`)
    else accept(request, stream, { over: 'http/1.1', path: request.url ?? '', headers: request.headers })
  })
  server.on('connect', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    if (headers[':method'] !== 'CONNECT') return
    if (refuse !== undefined) {
      stream.respond({ ':status': refuse })
      stream.end('no')
      return
    }
    const path = String(headers[':path'])
    const request = {
      method: 'GET',
      url: path,
      socket: {},
      headers: { ...headers, upgrade: 'websocket', ...KEY },
    }
    accept(request as never, tunnelOf(stream), { over: 'h2', path, headers })
  })
  return { seen, sockets: wss.clients }
}

const KEY = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }

function startFor(over: WebSocketServerOptions['over']): Promise<TestServer> {
  if (over === 'http/1.1') return startH1Server()
  if (over === 'plain') return startH1Server({ plain: true })
  return startH2Server({ allowHTTP1: true, settings: { enableConnectProtocol: over === 'connect' } })
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

/** `ws` writes the head of an HTTP/1.1 response first: it becomes that of the stream. */
function tunnelOf(stream: ServerHttp2Stream): Duplex {
  let answered = false
  const tunnel = new Duplex({
    read: () => stream.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (answered) return void stream.write(chunk, done)
      answered = true
      stream.respond(headOf(chunk.toString('latin1')))
      done()
    },
    final: (done) => void stream.end(done),
    destroy(error, done) {
      if (!stream.destroyed) stream.close(8)
      done(error)
    },
  })
  stream.on('data', (chunk: Buffer) => {
    if (!tunnel.push(chunk)) stream.pause()
  })
  stream.on('end', () => tunnel.push(null))
  stream.on('close', () => tunnel.destroy())
  return tunnel
}

function headOf(text: string): Record<string, string | number> {
  const [first = '', ...lines] = text.split('\r\n').filter((line) => line !== '')
  const status = Number(first.split(' ')[1])
  const fields = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const kept = fields.filter(([name]) => !['upgrade', 'connection', 'sec-websocket-accept'].includes(name))
  return { ':status': status === 101 ? 200 : status, ...Object.fromEntries(kept) }
}
