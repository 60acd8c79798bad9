/**
 * A server that says what a case tells it to, byte by byte, over either protocol: the same words for the raw
 * HTTP/2 peer and the raw HTTP/1.1 peer, as far as the two protocols have the same things to say.
 */
import type { AlpnProtocol } from '../../src/wire/contract.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import type { RawHttp1Connection } from '../support/raw-http1-connection.ts'
import { RawHttp1Peer } from '../support/raw-http1-peer.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawRequest } from '../support/raw-request.ts'

export interface Peer {
  readonly origin: string
  /** TCP connections open now. */
  readonly openConnections: number
  /** The next connection nobody took yet, ready for requests. */
  next(): Promise<PeerConnection>
  close(): Promise<void>
}

export interface PeerConnection {
  /** The next request: its head has come, its body may still be on its way. */
  request(): Promise<PeerRequest>
  fin(): void
  /** TCP RST. */
  reset(): void
  /** It reads and writes nothing any more, and does not end its side. */
  hang(): void
  /** HTTP/2 only: takes no new requests; those up to `lastStreamId`, by default all that came, go on to their end. */
  goAway(lastStreamId?: number): void
  /** The client ended the connection. */
  expectClose(): Promise<unknown>
}

export interface PeerRequest {
  readonly method: string
  readonly path: string
  /** The end of the request has come: its body looks whole. */
  readonly isComplete: boolean
  /** A 1xx head. */
  interim(status: number, headers?: readonly string[]): void
  /** The response head; a body follows. */
  head(status: number, headers?: readonly string[]): void
  data(bytes: string | Uint8Array): void
  /** Ends the response in order. */
  end(): void
  /** Ends the response in the middle: RST_STREAM, or over HTTP/1.1 the end of the connection. */
  cut(): void
  /** The client cancelled the request: RST_STREAM with CANCEL, or the end of the connection. */
  expectCancel(): Promise<void>
  /** As `expectCancel`, but over HTTP/2 with whatever error code. */
  expectAbandoned(): Promise<void>
}

export function listenPeer(protocol: AlpnProtocol): Promise<Peer> {
  return protocol === 'h2' ? listenHttp2() : listenHttp1()
}

async function listenHttp2(): Promise<Peer> {
  const peer = await RawPeer.listen()
  return {
    origin: peer.origin,
    get openConnections() {
      return peer.counts.openConnections
    },
    async next() {
      const connection = await peer.nextConnection()
      await connection.preface()
      return http2Connection(connection)
    },
    close: () => peer.close(),
  }
}

function http2Connection(connection: RawConnection): PeerConnection {
  return {
    request: async () => http2Request(connection, await connection.expectRequest()),
    fin: () => connection.fin(),
    reset: () => connection.reset(),
    hang: () => connection.hang(),
    goAway: (lastStreamId) => connection.sendGoAway(lastStreamId === undefined ? {} : { lastStreamId }),
    expectClose: () => connection.expectClose(),
  }
}

function http2Request(connection: RawConnection, request: RawRequest): PeerRequest {
  const { streamId, method, path } = request
  const head = (status: number, headers: readonly string[] = []) =>
    connection.sendHeaders(streamId, [':status', String(status), ...headers])
  return {
    method,
    path,
    get isComplete() {
      return request.complete
    },
    interim: head,
    head,
    data: (bytes) => connection.sendData(streamId, bytes),
    end: () => connection.sendData(streamId, '', { endStream: true }),
    cut: () => connection.sendReset(streamId, 'CANCEL'),
    async expectCancel() {
      const { errorCode } = await connection.expect('RST_STREAM', streamId)
      if (errorCode !== 'CANCEL') throw new Error(`RST_STREAM came with ${errorCode}, not CANCEL`)
    },
    async expectAbandoned() {
      await connection.expect('RST_STREAM', streamId)
    },
  }
}

async function listenHttp1(): Promise<Peer> {
  const peer = await RawHttp1Peer.listen()
  return {
    origin: peer.origin,
    get openConnections() {
      return peer.counts.openConnections
    },
    next: async () => http1Connection(await peer.nextConnection()),
    close: () => peer.close(),
  }
}

function http1Connection(connection: RawHttp1Connection): PeerConnection {
  return {
    request: async () => http1Request(connection, await connection.expectHead()),
    fin: () => connection.fin(),
    reset: () => connection.reset(),
    hang: () => connection.hang(),
    goAway: () => {
      throw new Error('HTTP/1.1 has no GOAWAY')
    },
    expectClose: () => connection.expectClose(),
  }
}

function http1Request(
  connection: RawHttp1Connection,
  request: { readonly method: string; readonly target: string },
): PeerRequest {
  const closed = async () => {
    await connection.expectClose()
  }
  const index = connection.heads.length - 1
  return {
    method: request.method,
    path: request.target,
    get isComplete() {
      return connection.requests.length > index
    },
    interim: (status, headers = []) => connection.send(`HTTP/1.1 ${status} Interim\r\n${lines(headers)}\r\n`),
    head: (status, headers = []) =>
      connection.send(`HTTP/1.1 ${status} OK\r\n${lines(headers)}transfer-encoding: chunked\r\n\r\n`),
    data: (bytes) => {
      const chunk = Buffer.from(bytes)
      connection.send(
        Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
      )
    },
    end: () => connection.send('0\r\n\r\n'),
    cut: () => connection.fin(),
    expectCancel: closed,
    expectAbandoned: closed,
  }
}

function lines(headers: readonly string[]): string {
  let text = ''
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`
  return text
}
