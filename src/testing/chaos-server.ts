/**
 * A server that does to a client what networks and servers do on a bad day, on purpose and when told:
 *
 * ```ts
 * const server = await ChaosServer.listen({ cert, key, faults: [{ kind: 'goaway', atStream: 5 }] })
 * // ... run your client against server.origin ...
 * server.counts // what came, and what was done to it
 * await server.close()
 * ```
 */
import type { TlsOptions } from 'node:tls'
import { ChaosConnection, type ChaosHooks } from './chaos-connection.ts'
import { checkFaults, type Fault, type FaultKind } from './chaos-faults.ts'
import type { Http1Request } from './http1-parser.ts'
import type { RawConnection } from './raw-connection.ts'
import type { RawHttp1Connection } from './raw-http1-connection.ts'
import { RawPeer } from './raw-peer.ts'
import type { RawRequest, RawResponse } from './raw-request.ts'
import type { CertificateOptions } from './secure-options.ts'
import type { SocketCounts } from './socket-listener.ts'

/** A request as the server answers it: whole. */
export interface ChaosRequest {
  readonly method: string
  readonly path: string
  /** Names in lower case; repeats joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly protocol: 'h2' | 'http/1.1'
  /** 0 for the first connection. */
  readonly connection: number
}

/** Options of `ChaosServer.listen`. */
export interface ChaosServerOptions extends CertificateOptions {
  /** What to do, all of it on the same connections; of several that want a request, the first takes it. */
  readonly faults: readonly Fault[]
  /** How many connections suffer, from the first one on; later ones are good. Default 1; `Infinity`: every one. */
  readonly connections?: number
  /** The right answer. Default: 200 with a line of text. */
  readonly respond?: RawResponse | ((request: ChaosRequest) => RawResponse | Promise<RawResponse>)
  /** Anything else for `tls.createServer`; false for HTTP/2 over plain TCP. */
  readonly tls?: TlsOptions | false
  /** Default: any that is free. */
  readonly port?: number
}

/** What a `ChaosServer` saw and did. */
export interface ChaosCounts extends SocketCounts {
  readonly http2Connections: number
  readonly http1Connections: number
  /** Every request that came, those included that suffered. */
  readonly requests: number
  /** Those that the server acted on, whether or not the client got the whole answer. */
  readonly processed: number
  /** How often each fault was inflicted: on a request, or on a connection for those of SETTINGS. */
  readonly faults: Readonly<Record<FaultKind, number>>
}

const defaultResponse: RawResponse = {
  headers: { 'content-type': 'text/plain' },
  body: 'All that can go wrong, will.\n',
}

/** A server over HTTP/2 and HTTP/1.1 that does wrong what `faults` say, and everything else right. */
export class ChaosServer implements AsyncDisposable {
  readonly #options: ChaosServerOptions
  readonly #counts = { http2Connections: 0, http1Connections: 0, requests: 0, processed: 0 }
  readonly #faults: Record<FaultKind, number> = {
    goaway: 0,
    refuse: 0,
    'black-hole': 0,
    'tiny-windows': 0,
    'max-streams': 0,
    'late-settings': 0,
    misdirected: 0,
    'http-1.1-required': 0,
    'reset-mid-body': 0,
    'cut-mid-body': 0,
    'slow-drip': 0,
  }
  #peer!: RawPeer

  private constructor(options: ChaosServerOptions) {
    this.#options = options
  }

  /** Starts one on a free port of the loopback address. */
  static async listen(options: ChaosServerOptions): Promise<ChaosServer> {
    checkFaults(options.faults)
    checkConnections(options.connections)
    const { cert, key, tls, port } = options
    const server = new ChaosServer(options)
    server.#peer = await RawPeer.listen({
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(tls === undefined ? {} : { tls }),
      ...(port === undefined ? {} : { port }),
      alpn: ['h2', 'http/1.1'],
      record: false,
      onConnection: (connection, index) => server.#serve(connection, index),
      onHttp1Connection: (connection, index) => server.#serveHttp1(connection, index),
    })
    return server
  }

  get port(): number {
    return this.#peer.port
  }

  /** `https://localhost:<port>`, or `http://` for plain TCP. */
  get origin(): string {
    return this.#peer.origin
  }

  /** What happened so far. */
  get counts(): ChaosCounts {
    return { ...this.#peer.counts, ...this.#counts, faults: { ...this.#faults } }
  }

  /** Stops listening, destroys every connection, and throws what `respond` threw. */
  async close(): Promise<void> {
    await this.#peer.close()
  }

  /** The same as `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #serve(connection: RawConnection, index: number): void {
    this.#counts.http2Connections += 1
    const { faults, connections = 1 } = this.#options
    const hooks: ChaosHooks = {
      respond: async (request) => this.#respond(await whole(request, index)),
      onRequest: () => {
        this.#counts.requests += 1
      },
      onProcessed: () => {
        this.#counts.processed += 1
      },
      onFault: (kind) => {
        this.#faults[kind] += 1
      },
    }
    new ChaosConnection(connection, index < connections ? faults : [], hooks).start()
  }

  #serveHttp1(connection: RawHttp1Connection, index: number): void {
    this.#counts.http1Connections += 1
    connection.autoRespond(async (request) => {
      this.#counts.requests += 1
      const response = await this.#respond(wholeHttp1(request, index))
      this.#counts.processed += 1
      return response
    })
  }

  async #respond(request: ChaosRequest): Promise<RawResponse> {
    const { respond = defaultResponse } = this.#options
    const response = typeof respond === 'function' ? await respond(request) : respond
    return request.method === 'HEAD' ? { ...response, body: '' } : response
  }
}

async function whole(request: RawRequest, connection: number): Promise<ChaosRequest> {
  const { method, path, headers } = request
  const body = await request.body(Number.POSITIVE_INFINITY)
  return { method, path, headers, body, protocol: 'h2', connection }
}

function wholeHttp1(request: Http1Request, connection: number): ChaosRequest {
  const { method, target, headers, body } = request
  return { method, path: target, headers, body, protocol: 'http/1.1', connection }
}

function checkConnections(connections: number | undefined): void {
  if (connections === undefined || connections === Number.POSITIVE_INFINITY) return
  if (Number.isInteger(connections) && connections >= 0) return
  throw new TypeError(`connections must be a whole number or Infinity, not ${String(connections)}`)
}
