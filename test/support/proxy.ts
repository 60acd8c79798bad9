/** Forward proxies on loopback, written on Node: HTTP/1.1, over TLS, and HTTP/2. Every host they are asked for is 127.0.0.1. */
import { once } from 'node:events'
import {
  createServer as createHttp,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type CertificateName, serverCertificate } from './certificates.ts'

/** What a proxy was asked: a tunnel, or a request to hand over. */
export interface ProxyAsk {
  readonly method: string
  /** `host:port` of CONNECT, a whole URL otherwise. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly httpVersion: '1.1' | '2.0'
}

export interface TestProxyOptions {
  /** `http`: no TLS; `https`: HTTP/1.1 over TLS; `h2`: HTTP/2, and HTTP/1.1 for those who want it. Default `http`. */
  readonly kind?: 'http' | 'https' | 'h2'
  /** `user:password`; without it 407. */
  readonly login?: string
  /** Answers in place of a tunnel: a status, or what is done with the raw end of it. Undefined: a tunnel. */
  readonly answer?: (ask: ProxyAsk, index: number, end: Duplex) => number | 'handled' | undefined
  readonly certificate?: CertificateName
  readonly settings?: Settings
}

export class TestProxy implements AsyncDisposable {
  readonly port: number
  readonly asks: ProxyAsk[] = []
  /** Local ports of its connections to origins: where an origin may be talked to from. */
  readonly upstreamPorts = new Set<number>()
  readonly sessions = new Set<ServerHttp2Session>()
  /** Of its TLS, as it would log them. */
  readonly secrets: string[] = []
  tcpConnections = 0
  handshakes = 0
  resumed = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #upstreams = new Set<Socket>()
  readonly #scheme: string
  readonly #options: TestProxyOptions

  constructor(server: Server, options: TestProxyOptions) {
    this.#server = server
    this.#options = options
    this.#scheme = (options.kind ?? 'http') === 'http' ? 'http' : 'https'
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket: Socket) => {
      this.tcpConnections += 1
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    })
    server.on('secureConnection', (socket) => {
      this.handshakes += 1
      if (socket.isSessionReused()) this.resumed += 1
    })
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session)
      session.on('close', () => this.sessions.delete(session))
      session.on('error', () => {})
    })
    server.on('tlsClientError', () => {})
    server.on('keylog', (line: Buffer) => this.secrets.push(line.toString().trim()))
    server.on('clientError', (_error: Error, socket: Socket) => socket.destroy())
    server.on('connect', (request, socket, head) => this.#onConnect(request, socket, head))
    server.on('request', (request, response) => this.#onRequest(request, response))
  }

  static async start(options: TestProxyOptions = {}): Promise<TestProxy> {
    const server = await serverOf(options)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TestProxy(server, options)
  }

  get url(): string {
    return `${this.#scheme}://localhost:${this.port}`
  }

  /** With user information in it, as it stands in URLs. */
  urlWith(login: string): string {
    return `${this.#scheme}://${login}@localhost:${this.port}`
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  get openUpstreams(): number {
    return this.#upstreams.size
  }

  dropConnections(): void {
    for (const session of this.sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.dropConnections()
    for (const socket of this.#upstreams) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #onConnect(
    request: IncomingMessage | Http2ServerRequest,
    socketOrResponse: Socket | Http2ServerResponse,
    head: Buffer | undefined,
  ): void {
    const stream = (request as Http2ServerRequest).stream as ServerHttp2Stream | undefined
    const end: Duplex = stream ?? (socketOrResponse as Socket)
    end.on('error', () => {})
    const ask: ProxyAsk = {
      method: 'CONNECT',
      target: (stream === undefined ? request.url : (request as Http2ServerRequest).authority) ?? '',
      headers: request.headers,
      httpVersion: stream === undefined ? '1.1' : '2.0',
    }
    const status = this.#judge(ask, end)
    if (status === 'handled') return
    const answer = (code: number) => {
      if (stream !== undefined)
        stream.respond({ ':status': code, ...challenge(code) }, { endStream: code !== 200 })
      else
        end.write(
          `HTTP/1.1 ${code} So\r\n${code === 407 ? 'Proxy-Authenticate: Basic realm="test"\r\n' : ''}\r\n`,
        )
    }
    if (status !== 200) {
      answer(status)
      if (stream === undefined) end.end()
      return
    }
    const port = Number(ask.target.split(':').at(-1))
    const upstream = this.#upstream(port, () => {
      answer(200)
      if (head !== undefined && head.length > 0) upstream.write(head)
      upstream.pipe(end)
      end.pipe(upstream)
    })
    upstream.on('error', () => {
      if (upstream.connecting) answer(502)
      end.destroy()
    })
    upstream.on('close', () => end.destroy())
    end.on('close', () => upstream.destroy())
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'CONNECT') return
    const { headers, method = '', url = '' } = request
    const ask: ProxyAsk = { method, target: url, headers, httpVersion: '1.1' }
    const status = this.#judge(ask, request.socket)
    if (status === 'handled') return
    if (status !== 200) {
      response.writeHead(status, challenge(status)).end()
      return
    }
    const { port, pathname, search } = new URL(url)
    const { 'proxy-authorization': _, ...passed } = headers
    const upstream = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: pathname + search,
        method,
        headers: { ...passed, via: '1.1 test' },
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    upstream.on('socket', (socket) => this.#note(socket))
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  }

  #judge(ask: ProxyAsk, end: Duplex): number | 'handled' {
    const index = this.asks.push(ask) - 1
    const special = this.#options.answer?.(ask, index, end)
    // A socket that nobody reads does not notice its end; those of Node's server stay half open then.
    if (special === 'handled') end.resume().once('end', () => end.end())
    if (special !== undefined) return special
    const { login } = this.#options
    if (login === undefined) return 200
    const expected = `Basic ${Buffer.from(login).toString('base64')}`
    return ask.headers['proxy-authorization'] === expected ? 200 : 407
  }

  #upstream(port: number, onConnected: () => void): Socket {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, onConnected)
    this.#note(socket)
    return socket
  }

  #note(socket: Socket): void {
    this.#upstreams.add(socket)
    socket.once('connect', () => this.upstreamPorts.add(socket.localPort ?? 0))
    socket.on('close', () => this.#upstreams.delete(socket))
  }
}

function challenge(status: number): Record<string, string> {
  return status === 407 ? { 'proxy-authenticate': 'Basic realm="test"' } : {}
}

async function serverOf({ kind = 'http', certificate, settings }: TestProxyOptions): Promise<Server> {
  if (kind === 'http') return createHttp()
  const identity = await serverCertificate(certificate)
  if (kind === 'https') return createHttps({ ...identity, ALPNProtocols: ['http/1.1'] })
  return createSecureServer({
    ...identity,
    allowHTTP1: true,
    ...(settings === undefined ? {} : { settings }),
  })
}
