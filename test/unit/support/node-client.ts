/** Node's own client, to try the raw peer with. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup } from '../../support/cleanup.ts'
import { dialTls } from '../../support/dial.ts'
import { RawPeer, type RawPeerOptions } from '../../support/raw-peer.ts'

/** Run it after each test. */
export const cleanup = new Cleanup()

const { ca } = await ensureCertificates()

/** A raw peer that the cleanup closes. */
export async function listen(options: RawPeerOptions = {}): Promise<RawPeer> {
  return cleanup.add(await RawPeer.listen({ timeout: 1000, ...options }))
}

/** A session of node:http2, with a sink for its errors. */
export function session(peer: RawPeer, options: object = {}): ClientHttp2Session {
  const client = connect(peer.origin, { ca, ...options })
  client.on('error', () => {})
  cleanup.add(() => client.destroy())
  return client
}

/** A bare TLS connection. */
export async function dial(peer: RawPeer, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = await dialTls(peer.port, options)
  cleanup.add(() => socket.destroy())
  return socket
}

export interface Outcome {
  readonly status: number | undefined
  readonly body: string
  readonly trailers: Record<string, unknown> | undefined
  readonly rstCode: number
}

/** The whole course of one request. */
export async function outcome(stream: ClientHttp2Stream): Promise<Outcome> {
  let status: number | undefined
  let trailers: Record<string, unknown> | undefined
  const chunks: Buffer[] = []
  stream.on('error', () => {})
  stream.on('response', (headers) => {
    status = headers[':status']
  })
  stream.on('trailers', (fields) => {
    trailers = Object.fromEntries(Object.entries(fields))
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.end()
  await new Promise((resolve) => stream.once('close', resolve))
  return { status, body: Buffer.concat(chunks).toString(), trailers, rstCode: stream.rstCode }
}
