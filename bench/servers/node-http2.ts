/** Node's own server: HTTP/2, and HTTP/1.1 for clients that ask for nothing better. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { type Path, SIZES, textOfSize } from '../files.ts'
import { responseHeaders } from '../headers.ts'
import type { Listening, SiteOptions } from './site.ts'

const SMALL = 100 * 1024
const PIECE = Buffer.alloc(64 * 1024)
/** Small, so that what is accepted is known to the piece. */
const UNREAD_PIECE = PIECE.subarray(0, 16 * 1024)
const texts = new Map([1024, SMALL].map((size) => [size, Buffer.from(textOfSize(size))]))

/** As nghttpd has them here. */
const WINDOWS = { stream: 4 * 1024 * 1024, connection: 16 * 1024 * 1024 }

export async function serveHttp2({ certFile, keyFile }: SiteOptions): Promise<Listening> {
  let accepted = 0
  const server = createSecureServer({
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    allowHTTP1: true,
    // 10 MB by default: less than 100 bodies of 100 KiB.
    maxSessionMemory: 1024,
    settings: { maxConcurrentStreams: 1024, initialWindowSize: WINDOWS.stream },
  })
  server.on('session', (session) => session.setLocalWindowSize(WINDOWS.connection))
  const count = (bytes: number) => {
    accepted += bytes
  }
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    onceReceived(stream, () => answerHttp2(stream, String(headers[':path']), count))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) onceReceived(request, () => answerHttp1(request, response, count))
  })
  patient(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ports: [(server.address() as AddressInfo).port], accepted: () => accepted }
}

/** Clients take turns: between two rounds of one a minute may pass. */
export function patient(server: { keepAliveTimeout?: number } | Http2SecureServer): void {
  Object.assign(server, { keepAliveTimeout: 600_000, headersTimeout: 0, requestTimeout: 0 })
}

/** A request without a body has ended before anyone listens. */
function onceReceived(request: Readable & { readonly endAfterHeaders?: boolean }, run: () => void): void {
  request.resume()
  if (request.readableEnded || request.endAfterHeaders === true) run()
  else request.once('end', run)
}

type Count = (bytes: number) => void

function answerHttp2(stream: ServerHttp2Stream, path: string, count: Count): void {
  if (stream.destroyed) return
  const [body, headers] = bodyOf(path, 'h2')
  stream.respond({ ':status': body === null ? 404 : 200, ...headers })
  send(stream, body, path, count)
}

export function answerHttp1(request: IncomingMessage, response: ServerResponse, count: Count): void {
  const path = request.url ?? '/'
  const [body, headers] = bodyOf(path, '1.1')
  response.writeHead(body === null ? 404 : 200, headers)
  send(response, body, path, count)
}

type Body = Buffer | number | null

/** Bytes, or how many of no matter which; null: there is no such thing. */
function bodyOf(path: string, protocol: string): [Body, Record<string, string | number>] {
  if (path === '/protocol') return [Buffer.from(protocol), {}]
  const [name = path] = path.split('?')
  const size = name === '/headers' ? SIZES['/1k.txt'] : (SIZES[name as Path] ?? null)
  const extra = name === '/headers' ? responseHeaders : {}
  return [size === null ? null : (texts.get(size) ?? size), { ...extra, 'content-length': size ?? 0 }]
}

function send(sink: Writable, body: Body, path: string, count: Count): void {
  if (typeof body !== 'number') sink.end(body ?? undefined)
  else if (path.endsWith('?unread')) pour(sink, body, UNREAD_PIECE, count)
  else pour(sink, body, PIECE, () => {})
}

/** `written` hears of each piece when the transport took it: with HTTP/2 when the client's windows let it go out. */
function pour(sink: Writable, bytes: number, piece: Buffer, written: Count): void {
  let left = bytes
  const more = () => {
    let room = true
    while (room && left > 0 && !sink.destroyed) {
      const size = Math.min(left, piece.length)
      left -= size
      room = sink.write(size === piece.length ? piece : piece.subarray(0, size), (error) => {
        if (!error) written(size)
      })
    }
    if (left === 0) sink.end()
    else sink.once('drain', more)
  }
  more()
}
