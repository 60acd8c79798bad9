/** A scriptable HTTP/1.1 server at byte level, over TLS or plain TCP on loopback. */
import type { TlsOptions } from 'node:tls'
import { DEFAULT_TIMEOUT, Inbox } from './inbox.ts'
import { type Http1Responder, type Http1Response, RawHttp1Connection } from './raw-http1-connection.ts'
import { ScriptErrors } from './script.ts'
import { type CertificateOptions, secureOptions } from './secure-options.ts'
import { type BeforeTls, type SocketCounts, SocketListener } from './socket-listener.ts'

/** Options of `RawHttp1Peer.listen`. */
export interface RawHttp1PeerOptions extends CertificateOptions {
  /** The script of every connection; runs once TLS is done. */
  onConnection?(connection: RawHttp1Connection, index: number): unknown
  /** Answers every request of every connection that has no script. */
  readonly autoRespond?: Http1Response | Http1Responder
  readonly beforeTls?: BeforeTls
  /** false: plain TCP. Default true; an object goes to `tls.createServer`. ALPN is `http/1.1` unless set there. */
  readonly tls?: boolean | TlsOptions
  readonly port?: number
  /** Milliseconds of every wait. Default 4000. */
  readonly timeout?: number
}

/** An HTTP/1.1 server that a script plays, byte by byte if need be. */
export class RawHttp1Peer implements AsyncDisposable {
  readonly connections: RawHttp1Connection[] = []
  readonly #options: RawHttp1PeerOptions
  readonly #scripts = new ScriptErrors()
  readonly #arrivals: Inbox<RawHttp1Connection>
  #listener!: SocketListener

  private constructor(options: RawHttp1PeerOptions) {
    this.#options = options
    this.#arrivals = new Inbox({
      owner: 'raw HTTP/1.1 peer',
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      describe: () => JSON.stringify(this.counts),
    })
  }

  /** Starts one on a free port of the loopback address. */
  static async listen(options: RawHttp1PeerOptions = {}): Promise<RawHttp1Peer> {
    const peer = new RawHttp1Peer(options)
    peer.#listener = await SocketListener.listen({
      tls: tlsOptions(options),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.beforeTls ? { beforeTls: options.beforeTls } : {}),
      onSocket: (socket, tcp) => {
        const { timeout } = options
        const connection = new RawHttp1Connection(socket, tcp, {
          index: peer.connections.length,
          ...(timeout === undefined ? {} : { timeout }),
          onScriptError: (error) => peer.#scripts.add(error),
        })
        peer.#accept(connection)
      },
    })
    return peer
  }

  get port(): number {
    return this.#listener.port
  }

  /** `https://localhost:<port>`, or `http://` for plain TCP. */
  get origin(): string {
    return `${this.#options.tls === false ? 'http' : 'https'}://localhost:${this.port}`
  }

  get counts(): SocketCounts {
    return this.#listener.counts
  }

  get tcpConnections(): number {
    return this.counts.tcpConnections
  }

  get tlsHandshakes(): number {
    return this.counts.tlsHandshakes
  }

  get resumedHandshakes(): number {
    return this.counts.resumedHandshakes
  }

  /** What scripts threw so far; `close()` throws it. */
  get errors(): readonly unknown[] {
    return this.#scripts.errors
  }

  /** The next connection nobody took yet; for scripts in the test's own flow. */
  nextConnection(timeout?: number): Promise<RawHttp1Connection> {
    return this.#arrivals.take(() => true, 'a connection', timeout)
  }

  /** Stops listening, destroys every connection, and throws what a script threw. */
  async close(): Promise<void> {
    this.#scripts.startClosing()
    this.#arrivals.end('the raw peer was closed')
    for (const connection of this.connections) connection.transport.destroy()
    await this.#listener.close()
    this.#scripts.throwFirst('raw HTTP/1.1 peer')
  }

  /** The same as `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(connection: RawHttp1Connection): void {
    const { onConnection, autoRespond } = this.#options
    this.connections.push(connection)
    if (onConnection !== undefined) {
      this.#scripts.run(() => onConnection.call(this.#options, connection, connection.index))
    } else if (autoRespond !== undefined) connection.autoRespond(autoRespond)
    this.#arrivals.push(connection)
  }
}

function tlsOptions({ tls = true, ...options }: RawHttp1PeerOptions): TlsOptions | null {
  return secureOptions('RawHttp1Peer.listen', options, tls === true ? {} : tls, {
    ALPNProtocols: ['http/1.1'],
  })
}
