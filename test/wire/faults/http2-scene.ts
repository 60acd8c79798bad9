import type { Socket } from 'node:net'
import { expect } from 'vitest'
import type { Client, ClientOptions } from '../../../src/index.ts'
import type { GoAwayOptions } from '../../support/frame-encoder.ts'
import type { SettingEntries, Settings } from '../../support/frame-types.ts'
import { headerObject } from '../../support/hpack.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import type { RawHttp1Connection } from '../../support/raw-http1-connection.ts'
import { RawPeer, type RawPeerOptions } from '../../support/raw-peer.ts'
import type { RawRequest, RawResponse } from '../../support/raw-request.ts'
import { waitFor } from '../../support/wait-for.ts'
import { Scene } from './scene.ts'

type Passed = Pick<RawPeerOptions, 'beforeTls' | 'alpn' | 'certificate' | 'tls' | 'timeout'>

export interface Http2SceneOptions extends Passed {
  readonly client?: ClientOptions
  /** The script of the bad connection, from its first byte on. */
  bad?(connection: RawConnection, scene: Http2Scene): unknown
  /** What the bad connection does with its first request, the preface done; later ones it answers well. */
  answer?(connection: RawConnection, request: RawRequest, scene: Http2Scene): unknown
  /** SETTINGS of the bad connection. */
  readonly settings?: Settings | SettingEntries
  /** Which connections are bad. Default: the first. */
  isBad?(index: number): boolean
  /** How good connections answer. */
  good?(
    request: RawRequest,
    connection: RawConnection,
  ): RawResponse | undefined | Promise<RawResponse | undefined>
  /** SETTINGS of good connections. */
  readonly goodSettings?: Settings
  onHttp1Connection?(connection: RawHttp1Connection, index: number): unknown
  /** The peer misbehaves in a way that makes correct frames of the client look wrong. */
  readonly ignoreViolations?: boolean
}

/** The codes of RST_STREAM that say that the request was not processed (RFC 9113 section 8.7). */
const UNPROCESSED = new Set<unknown>(['REFUSED_STREAM', 'HTTP_1_1_REQUIRED'])

export class Http2Scene extends Scene {
  readonly #options: Http2SceneOptions
  readonly #lastStreamIds = new Map<RawConnection, number>()
  peer!: RawPeer

  private constructor(options: Http2SceneOptions, client: Client) {
    super(client)
    this.#options = options
  }

  static async open(options: Http2SceneOptions, client: Client): Promise<Http2Scene> {
    const scene = new Http2Scene(options, client)
    const isBad = options.isBad ?? ((index: number) => index === 0)
    const { onHttp1Connection } = options
    scene.peer = await RawPeer.listen({
      ...passed(options),
      onConnection: (connection, index) => (isBad(index) ? scene.#bad(connection) : scene.#good(connection)),
      ...(onHttp1Connection === undefined
        ? {}
        : { onHttp1Connection: (connection, index) => onHttp1Connection(connection, index) }),
    })
    return scene
  }

  get origin(): string {
    return this.peer.origin
  }

  get openConnections(): number {
    // One that hangs does not see the end of the other side until it reads again.
    for (const { transport } of this.peer.connections) transport.socket.resume()
    return this.peer.counts.openConnections
  }

  /** The connections in the order of their handshakes; waits for none. */
  connection(index: number): RawConnection {
    const connection = this.peer.connections[index]
    if (connection === undefined) throw new Error(`there is no connection ${index} yet`)
    return connection
  }

  /** GOAWAY; streams above its last id do not count as executed. */
  goAway(connection: RawConnection, options: GoAwayOptions = {}): void {
    const last = options.lastStreamId ?? connection.streams.lastStreamId
    this.#lastStreamIds.set(connection, Math.min(last, this.#lastStreamIds.get(connection) ?? last))
    connection.sendGoAway({ ...options, lastStreamId: last })
  }

  /** A request that is given up as soon as the peer has it. */
  async abandon(path = '/'): Promise<void> {
    const before = this.peer.requestCount
    const abort = new AbortController()
    const sending = this.send(path, { signal: abort.signal })
    await waitFor(() => this.peer.requestCount > before)
    abort.abort(new Error('abandoned'))
    expect(await sending).toMatchObject({ error: { message: 'abandoned' } })
  }

  /** Which connections carried the requests of a path. */
  carriers(path: string): number[] {
    return this.peer.connections
      .filter((connection) => requestsOf(connection).some((request) => request[':path'] === path))
      .map((connection) => connection.index)
  }

  protected executed(): string[] {
    return this.peer.connections.flatMap((connection) => this.#executedOn(connection))
  }

  protected async closePeer(): Promise<void> {
    const { violations } = this.peer
    await this.peer.close()
    if (!this.#options.ignoreViolations) expect([...new Set(violations)].slice(0, 10)).toEqual([])
  }

  #executedOn(connection: RawConnection): string[] {
    const last = this.#lastStreamIds.get(connection) ?? Number.POSITIVE_INFINITY
    return requestsOf(connection)
      .filter(({ streamId }) => Number(streamId) <= last)
      .filter(({ streamId }) => {
        const reset = connection.streams.resetOf(Number(streamId))
        return reset?.by !== 'peer' || !UNPROCESSED.has(reset.code)
      })
      .filter((request) => request['x-request-id'] !== undefined)
      .map((request) => `${request[':method']} ${request['x-request-id']}`)
  }

  async #bad(connection: RawConnection): Promise<void> {
    const { bad, answer, settings } = this.#options
    if (bad !== undefined) {
      await bad(connection, this)
      return
    }
    await connection.preface({ ...(settings === undefined ? {} : { settings }), awaitAck: false })
    if (answer === undefined) return this.#respond(connection)
    await answer(connection, await connection.expectRequest(), this)
    if (!connection.isClosed) this.#respond(connection)
  }

  async #good(connection: RawConnection): Promise<void> {
    await connection.preface({ settings: this.#options.goodSettings ?? {}, awaitAck: false })
    this.#respond(connection)
  }

  #respond(connection: RawConnection): void {
    const { good } = this.#options
    connection.autoRespond((request) =>
      good === undefined ? goodResponse(request, connection) : good(request, connection),
    )
  }
}

/** Keeps TLS away from a TCP connection and answers nothing; its end is still noticed. */
export function hold(tcp: Socket): 'handled' {
  tcp.resume()
  return 'handled'
}

/** What a connection in order answers; `expectGood` knows it. */
export async function goodResponse(request: RawRequest, connection: RawConnection): Promise<RawResponse> {
  await request.body(Number.POSITIVE_INFINITY)
  return { status: 200, headers: { 'x-connection': connection.index }, body: 'good' }
}

function requestsOf(connection: RawConnection): Readonly<Record<string, string>>[] {
  const requests: Record<string, string>[] = []
  for (const frame of connection.received) {
    if (frame.type !== 'HEADERS') continue
    const fields = headerObject(frame.headers ?? [])
    if (fields[':method'] !== undefined) requests.push({ ...fields, streamId: String(frame.streamId) })
  }
  return requests
}

function passed(options: Http2SceneOptions): Passed {
  const { beforeTls, alpn, certificate, tls, timeout } = options
  return Object.fromEntries(
    Object.entries({ beforeTls, alpn, certificate, tls, timeout }).filter(([, value]) => value !== undefined),
  )
}
