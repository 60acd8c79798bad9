/** Real Node servers for end-to-end tests, on loopback, with counts and a teardown that notices leaks. */
import { once } from 'node:events'
import { createServer as createHttp1Server } from 'node:http'
import {
  createServer as createHttp2Server,
  createSecureServer,
  type SecureServerOptions,
  type ServerHttp2Session,
  type Settings,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { type CertificateName, serverCertificate } from './certificates.ts'
import { handleRoute, type RouteHandler, type ServerReply, type ServerRequest } from './routes.ts'
import { ServerCounters, type ServerCounts } from './server-counters.ts'

export { activeHandles, expectNoNewHandles, newHandles } from './handles.ts'
export {
  codedText,
  deterministicBytes,
  type RouteHandler,
  readBody,
  type ServerReply,
  type ServerRequest,
} from './routes.ts'
export type { ServerCounts } from './server-counters.ts'

export interface TestServerOptions {
  /** Replaces the default routes; call `defaultRoutes(request, response)` for those it does not handle. */
  readonly handler?: RouteHandler
  /** Default 0: any free port. */
  readonly port?: number
  /** Default `localhost`. */
  readonly certificate?: CertificateName
  /** Anything else for the TLS server: `requestCert`, `ca`, `maxVersion`, ... */
  readonly tls?: TlsOptions
}

export interface H2ServerOptions extends TestServerOptions {
  /** Also speak HTTP/1.1 to those who do not offer `h2`. Default false. */
  readonly allowHTTP1?: boolean
  readonly settings?: Settings
  /** Short for `settings.maxConcurrentStreams`. */
  readonly maxConcurrentStreams?: number
  /** Anything else for `http2.createSecureServer`. */
  readonly http2?: SecureServerOptions
}

export interface H1ServerOptions extends TestServerOptions {
  /** true: `http:`, no TLS. Default false. */
  readonly plain?: boolean
  /** Milliseconds of `Keep-Alive: timeout`; default Node's. */
  readonly keepAliveTimeout?: number
}

/** The routes that servers have by default. */
export const defaultRoutes: RouteHandler = handleRoute

export class TestServer implements AsyncDisposable {
  readonly origin: string
  readonly port: number
  /** The Node server itself. */
  readonly server: NetServer
  readonly #counters: ServerCounters
  readonly #errors: unknown[]

  constructor(server: NetServer, scheme: 'http' | 'https', counters: ServerCounters, errors: unknown[]) {
    this.server = server
    this.port = (server.address() as AddressInfo).port
    this.origin = `${scheme}://localhost:${this.port}`
    this.#counters = counters
    this.#errors = errors
  }

  get counts(): ServerCounts {
    return this.#counters.counts
  }

  /** HTTP/2 sessions open now. */
  get sessions(): ServerHttp2Session[] {
    return [...this.#counters.sessions]
  }

  /** What handlers threw; `close()` throws it. */
  get errors(): readonly unknown[] {
    return this.#errors
  }

  /** GOAWAY NO_ERROR on every session, which then ends with its last stream (RFC 9113 section 6.8). */
  goAwayAll(): void {
    for (const session of this.#counters.sessions) session.close()
  }

  /** Ends every connection at once; goes on listening. */
  dropConnections(): void {
    this.#counters.destroyAll()
  }

  /** TCP RST on every connection. */
  resetConnections(): void {
    for (const socket of this.#counters.sockets) socket.resetAndDestroy()
  }

  /** Changes certificate or keys for the connections to come. */
  setSecureContext(options: SecureContextOptions): void {
    const server = this.server as Partial<{ setSecureContext(options: SecureContextOptions): void }>
    server.setSecureContext?.(options)
  }

  /** Throws, naming them, when connections are still open after `timeout` ms (default 1000). */
  async assertNoConnections(timeout?: number): Promise<void> {
    await this.#counters.assertNoConnections(timeout)
  }

  /** Stops listening, destroys whatever is open, and throws what a handler threw. */
  async close(): Promise<void> {
    if (this.server.listening) {
      const closed = once(this.server, 'close')
      this.server.close()
      this.#counters.destroyAll()
      await closed
    }
    const [first] = this.#errors
    if (first !== undefined) throw first
  }

  /** For the end of a test: throws when the test left a connection open; closes in any case. */
  async teardown(timeout?: number): Promise<void> {
    try {
      await this.assertNoConnections(timeout)
    } finally {
      await this.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown()
  }
}

/** `https:` with HTTP/2, and HTTP/1.1 beside it if wanted. */
export async function startH2Server(options: H2ServerOptions = {}): Promise<TestServer> {
  const server = createSecureServer({
    ...(await serverCertificate(options.certificate)),
    allowHTTP1: options.allowHTTP1 ?? false,
    settings: http2Settings(options),
    ...options.http2,
    ...options.tls,
  })
  return start(server, 'https', options)
}

/** HTTP/1.1: `https:`, or `http:` with `plain`. */
export async function startH1Server(options: H1ServerOptions = {}): Promise<TestServer> {
  const keepAlive =
    options.keepAliveTimeout === undefined ? {} : { keepAliveTimeout: options.keepAliveTimeout }
  if (options.plain) return start(createHttp1Server(keepAlive), 'http', options)
  const certificate = await serverCertificate(options.certificate)
  const server = createHttpsServer({
    ...certificate,
    ALPNProtocols: ['http/1.1'],
    ...keepAlive,
    ...options.tls,
  })
  return start(server, 'https', options)
}

/** HTTP/2 with prior knowledge, without TLS (RFC 9113 section 3.3). */
export async function startH2cServer(options: Omit<H2ServerOptions, 'allowHTTP1'> = {}): Promise<TestServer> {
  return start(createHttp2Server({ settings: http2Settings(options) }), 'http', options)
}

function http2Settings(options: H2ServerOptions): Settings {
  const { maxConcurrentStreams } = options
  return { ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }), ...options.settings }
}

async function start(
  server: NetServer,
  scheme: 'http' | 'https',
  options: TestServerOptions,
): Promise<TestServer> {
  const counters = new ServerCounters(server)
  const errors: unknown[] = []
  const handler = options.handler ?? defaultRoutes
  server.on('request', (request: ServerRequest, response: ServerReply) => {
    counters.request(request, response)
    request.on('error', () => {})
    response.on('error', () => {})
    const run = async () => {
      await handler(request, response)
    }
    run().catch((error: unknown) => {
      // A handler whose client went away may well fail; only others are of interest.
      if (!response.destroyed && !request.destroyed) errors.push(error)
      response.destroy()
    })
  })
  server.on('sessionError', () => {})
  server.on('clientError', (_error, socket) => socket.destroy())
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return new TestServer(server, scheme, counters, errors)
}
