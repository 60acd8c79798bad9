/** The test server: plain and TLS ports of one protocol, all on loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serverCertificate } from '../../support/certificates.ts'
import {
  Http1Response,
  Http2Response,
  http1Request,
  http2Request,
  type WptRequest,
  type WptResponse,
} from './exchange.ts'
import { HANDLERS, type Reply } from './handlers.ts'
import { asIs } from './other-handlers.ts'
import { Stash } from './stash.ts'
import { type Place, serveFile } from './static-files.ts'

export const SUITE_ROOT = fileURLToPath(new URL('../suite', import.meta.url))

/** `h2`: the TLS ports speak HTTP/2, and HTTP/1.1 to those who offer no h2. `h1`: all ports speak HTTP/1.1 only. */
export type Protocol = 'h2' | 'h1'

export interface WptServer {
  readonly place: Place
  /** Where the page of a test is. */
  readonly origins: { readonly http: string; readonly https: string; readonly h2: string }
  /** Failures of the server itself: a test that meets one says nothing about the client. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

/** The suite's own names would need entries in DNS; of these every machine knows both. */
const HOSTS = { host: 'localhost', otherHost: '127.0.0.1' } as const

export async function startServer(protocol: Protocol): Promise<WptServer> {
  const certificate = await serverCertificate()
  const service = new Service()
  const plain = () => createServer((message, answer) => service.http1(message, answer, 'http'))
  const secure = () => {
    if (protocol === 'h1') {
      return createTlsServer(certificate, (message, answer) => service.http1(message, answer, 'https'))
    }
    const options = { ...certificate, allowHTTP1: true, strictSingleValueFields: false }
    const server = createSecureServer(options, (message, answer) => {
      if (message.httpVersion !== '2.0') {
        service.http1(message as unknown as IncomingMessage, answer as unknown as ServerResponse, 'https')
      }
    })
    server.on('stream', (stream, headers, _flags, raw) => {
      service.http2(stream as ServerHttp2Stream, headers, raw as unknown as string[])
    })
    return server
  }
  const servers: Server[] = [plain(), plain(), secure(), secure(), secure()]
  const ports = await Promise.all(servers.map((server) => service.listen(server)))
  const [http0, http1, https0, https1, h2] = ports as [number, number, number, number, number]
  service.place = { ...HOSTS, ports: { http: [http0, http1], https: [https0, https1], h2: [h2] } }
  return {
    place: service.place,
    origins: {
      http: `http://${HOSTS.host}:${http0}`,
      https: `https://${HOSTS.host}:${https0}`,
      h2: `https://${HOSTS.host}:${h2}`,
    },
    faults: service.faults,
    close: () => service.close(servers),
  }
}

class Service {
  place!: Place
  readonly faults: string[] = []
  readonly #stash = new Stash()
  readonly #sockets = new Set<Socket>()

  http1(message: IncomingMessage, answer: ServerResponse, scheme: 'http' | 'https'): void {
    const { socket } = message
    void this.#answer(http1Request(message, scheme), new Http1Response(answer), name(socket))
  }

  http2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): void {
    const request = http2Request(stream, headers, raw)
    void this.#answer(request, new Http2Response(stream), name(stream.session?.socket))
  }

  async #answer(request: WptRequest, response: WptResponse, connection: string): Promise<void> {
    try {
      const handler = request.path.endsWith('.asis') ? asIs : HANDLERS[request.path]
      if (handler === undefined) {
        send(
          request,
          response,
          (await serveFile(SUITE_ROOT, request, this.place)) ?? { status: 404, body: '' },
        )
        return
      }
      const reply = await handler(request, response, { stash: this.#stash, connection })
      if (reply !== undefined) send(request, response, reply)
    } catch (error) {
      // A client that went away in the middle is no fault of the server.
      if (response.closed) return
      this.faults.push(`${request.method} ${request.path}${request.search}: ${error}`)
      response.abort()
    }
  }

  listen(server: Server): Promise<number> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('clientError', (_error: Error, socket: Socket) => socket.destroy())
    return new Promise((resolve, reject) => {
      server.on('error', reject)
      server.listen(0, HOSTS.otherHost, () => resolve((server.address() as AddressInfo).port))
    })
  }

  async close(servers: readonly Server[]): Promise<void> {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }
}

function name(socket: Pick<Socket, 'remotePort' | 'localPort'> | undefined): string {
  return `${socket?.remotePort} to ${socket?.localPort}`
}

/** Their bodies are empty by definition. */
const EMPTY = new Set([204, 205, 304])

function send(request: WptRequest, response: WptResponse, reply: Reply): void {
  const { status = 200, reason = 'OK', fields = [], body } = reply
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : (body ?? Buffer.alloc(0))
  const sized = fields.some(([key]) => key.toLowerCase() === 'content-length')
  const bodiless = status < 200 || EMPTY.has(status)
  const length = sized || bodiless ? [] : [['Content-Length', String(bytes.length)] as const]
  response.head(status, reason, [...fields, ...length])
  if (request.method !== 'HEAD' && !bodiless && bytes.length > 0) void response.write(bytes)
  response.end()
}
