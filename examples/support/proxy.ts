/** Small proxies for the examples, on 127.0.0.1 and ports that are free: CONNECT over HTTP/1.1 and HTTP/2, and SOCKS 5. */
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ensureCertificates } from '../../certs/generate.ts'

export interface LocalProxy {
  readonly url: string
  readonly port: number
  /** Connections that it has been made, and tunnels that it has opened. */
  readonly seen: { connections: number; tunnels: number; refused: number }
  close(): Promise<void>
}

/** Lets in who knows the login, `user:password`. */
export async function startHttpProxy(login: string): Promise<LocalProxy> {
  const server = createHttp()
  const proxy = await listen(server, 'http')
  server.on('connect', (request, socket: Socket) => {
    if (request.headers['proxy-authorization'] !== basic(login)) {
      proxy.seen.refused += 1
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="example"\r\n\r\n',
      )
      return
    }
    tunnel(proxy, portOf(request.url), socket, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
  })
  return proxy
}

/** Speaks HTTP/2, each stream a tunnel. */
export async function startHttp2Proxy(login: string): Promise<LocalProxy> {
  const { localhost } = await ensureCertificates()
  const server = createSecureServer({ cert: localhost.cert, key: localhost.key })
  const proxy = await listen(server, 'https')
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    if (headers['proxy-authorization'] !== basic(login)) {
      proxy.seen.refused += 1
      stream.respond({ ':status': 407 }, { endStream: true })
    } else tunnel(proxy, portOf(headers[':authority']), stream, () => stream.respond({ ':status': 200 }))
  })
  return proxy
}

/** RFC 1928, without a login. */
export async function startSocksProxy(): Promise<LocalProxy> {
  const server = createServer()
  const proxy = await listen(server, 'socks5h')
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]))
      socket.once('data', (request: Buffer) => {
        socket.pause()
        const reply = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        tunnel(proxy, request.readUInt16BE(request.length - 2), socket, () => socket.write(reply))
      })
    })
  })
  return proxy
}

/** Wherever a tunnel is to lead, it leads to this machine: the names in the examples are known to the proxies alone. */
function tunnel({ seen }: LocalProxy, port: number, end: Duplex, onOpen: () => void): void {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
    seen.tunnels += 1
    onOpen()
    upstream.pipe(end).pipe(upstream)
  })
  upstream.on('error', () => end.destroy()).on('close', () => end.destroy())
  end.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
}

async function listen(server: Server, scheme: string): Promise<LocalProxy> {
  const sockets = new Set<Socket>()
  const seen = { connections: 0, tunnels: 0, refused: 0 }
  server.on('connection', (socket: Socket) => {
    seen.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://localhost:${port}`,
    port,
    seen,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function portOf(authority = ''): number {
  return Number(authority.split(':').at(-1))
}

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString('base64')}`
}
