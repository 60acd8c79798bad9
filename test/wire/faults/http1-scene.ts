import type { TlsOptions } from 'node:tls'
import type { Client, ClientOptions } from '../../../src/index.ts'
import type { Http1Request } from '../../support/http1-parser.ts'
import type { Http1Response, RawHttp1Connection } from '../../support/raw-http1-connection.ts'
import { RawHttp1Peer } from '../../support/raw-http1-peer.ts'
import { Scene } from './scene.ts'

export interface Http1SceneOptions {
  readonly client?: ClientOptions
  /** The script of the bad connection, from its first byte on. */
  bad?(connection: RawHttp1Connection): unknown
  /** What the bad connection does with its first request; later ones it answers well. */
  answer?(connection: RawHttp1Connection, request: Http1Request): unknown
  /** Which connections are bad. Default: the first. */
  isBad?(index: number): boolean
  good?(request: Http1Request, connection: RawHttp1Connection): Http1Response
  readonly tls?: boolean | TlsOptions
}

export class Http1Scene extends Scene {
  readonly #options: Http1SceneOptions
  peer!: RawHttp1Peer

  private constructor(options: Http1SceneOptions, client: Client) {
    super(client)
    this.#options = options
  }

  static async open(options: Http1SceneOptions, client: Client): Promise<Http1Scene> {
    const scene = new Http1Scene(options, client)
    const isBad = options.isBad ?? ((index: number) => index === 0)
    scene.peer = await RawHttp1Peer.listen({
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      onConnection: (connection, index) =>
        isBad(index) ? scene.#bad(connection) : scene.#respond(connection),
    })
    return scene
  }

  get origin(): string {
    return this.peer.origin
  }

  get openConnections(): number {
    for (const { transport } of this.peer.connections) transport.socket.resume()
    return this.peer.counts.openConnections
  }

  connection(index: number): RawHttp1Connection {
    const connection = this.peer.connections[index]
    if (connection === undefined) throw new Error(`there is no connection ${index} yet`)
    return connection
  }

  protected executed(): string[] {
    return this.peer.connections.flatMap(({ heads }) =>
      heads
        .filter(({ headers }) => headers['x-request-id'] !== undefined)
        .map(({ method, headers }) => `${method} ${headers['x-request-id']}`),
    )
  }

  protected closePeer(): Promise<void> {
    return this.peer.close()
  }

  async #bad(connection: RawHttp1Connection): Promise<void> {
    const { bad, answer } = this.#options
    if (bad !== undefined) {
      await bad(connection)
      return
    }
    if (answer !== undefined) await answer(connection, await connection.expectRequest())
    if (!connection.isClosed) this.#respond(connection)
  }

  #respond(connection: RawHttp1Connection): void {
    const { good } = this.#options
    connection.autoRespond((request) =>
      good === undefined
        ? { status: 200, headers: { 'x-connection': connection.index }, body: 'good' }
        : good(request, connection),
    )
  }
}
