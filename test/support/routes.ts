/**
 * What the end-to-end servers answer, over HTTP/2 and HTTP/1.1 alike:
 *
 * `/` JSON greeting · `/echo` method and headers, or the body back with POST, PUT and PATCH · `/headers` ·
 * `/bytes/N` N bytes with Content-Length · `/stream/N` without · `/delay/MS` · `/status/N` · `/redirect/N` N hops
 * to `/` (`?status=307&to=URL`) · `/trailers` · `/informational` 103, then 200 · `/upload` length and digest of
 * the body · `/sse` three events · `/gzip` `/br` `/deflate` `/zstd` · `/hang` never answers · `/slow-body/MS`
 * headers at once, the body's end after MS · `/destroy` ends the connection · `/large-headers/N`
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { sleep } from './wait-for.ts'

/** Of either protocol; `stream` is there for HTTP/2 only. */
export type ServerRequest = IncomingMessage & { readonly stream?: ServerHttp2Stream }
/** Of either protocol: what the two have in common looks like HTTP/1.1's. */
export type ServerReply = ServerResponse & { readonly stream?: ServerHttp2Stream }
export type RouteHandler = (request: ServerRequest, response: ServerReply) => unknown

interface RouteContext {
  readonly request: ServerRequest
  readonly response: ServerReply
  /** What follows the route's name: `/bytes/17` has `17`. */
  readonly argument: string
  readonly url: URL
}

const TEXT_FOR_CODINGS = 'Trunkline '.repeat(1000)

const routes: Readonly<Record<string, (context: RouteContext) => unknown>> = {
  '': ({ response, request }) => json(response, 200, { hello: 'world', httpVersion: request.httpVersion }),
  echo,
  headers: ({ request, response }) => json(response, 200, plainHeaders(request)),
  bytes: ({ response, argument }) => {
    const length = Number(argument)
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(length) })
    return writeBytes(response, length)
  },
  stream: ({ response, argument }) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    return writeBytes(response, Number(argument))
  },
  delay: async ({ response, argument }) => {
    await sleep(Number(argument))
    json(response, 200, { delayed: Number(argument) })
  },
  status: ({ response, argument }) => {
    response.writeHead(Number(argument), { 'content-type': 'text/plain' })
    response.end(['204', '205', '304'].includes(argument) ? undefined : `status ${argument}`)
  },
  redirect,
  trailers: ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-trailer, x-checksum' })
    response.write('body before trailers')
    response.addTrailers({ 'x-trailer': 'yes', 'x-checksum': '0' })
    response.end()
  },
  informational: ({ response }) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    json(response, 200, { informational: true })
  },
  upload,
  sse,
  gzip: ({ response }) => encoded(response, 'gzip', gzipSync(TEXT_FOR_CODINGS)),
  deflate: ({ response }) => encoded(response, 'deflate', deflateSync(TEXT_FOR_CODINGS)),
  br: ({ response }) => encoded(response, 'br', brotliCompressSync(TEXT_FOR_CODINGS)),
  zstd: ({ response }) => encoded(response, 'zstd', zstdCompressSync(TEXT_FOR_CODINGS)),
  hang: ({ request }) => void request.resume(),
  'slow-body': async ({ response, argument }) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('first,')
    await sleep(Number(argument))
    response.end('last')
  },
  destroy: ({ request }) => {
    const session = request.stream?.session
    if (session === undefined) request.socket.destroy()
    // Its socket, since a session of Node 22 that is destroyed aborts the process when a request with a body is in what
    // it still reads (`Assertion failed: onread->IsFunction()`).
    else session.socket.destroySoon()
  },
  'large-headers': ({ response, argument }) => {
    response.writeHead(200, { 'x-large': 'a'.repeat(Number(argument)) })
    response.end()
  },
}

/** Dispatches to the default routes; 404 for others. */
export async function handleRoute(request: ServerRequest, response: ServerReply): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://localhost')
  const [, name = '', argument = ''] = url.pathname.split('/')
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (route === undefined) return json(response, 404, { error: `no route ${url.pathname}` })
  await route({ request, response, argument, url })
}

/** What every coded route decodes to. */
export const codedText = TEXT_FOR_CODINGS

/** The bytes that `/bytes/N` and `/stream/N` send: the same for the same place, whatever N is. */
export function deterministicBytes(length: number, offset = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let index = 0; index < length; index += 1) {
    const place = offset + index
    bytes[index] = (place * 31 + (place >>> 8) * 17 + (place >>> 16)) & 0xff
  }
  return bytes
}

/** The whole body of a request. */
export async function readBody(request: ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function echo({ request, response }: RouteContext): Promise<void> {
  if (!['POST', 'PUT', 'PATCH'].includes(request.method ?? '')) {
    json(response, 200, { method: request.method, url: request.url, headers: plainHeaders(request) })
    return
  }
  const type = request.headers['content-type'] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type, 'x-method': request.method ?? '' })
  for await (const chunk of request) await write(response, chunk as Buffer)
  response.end()
}

function redirect({ response, argument, url }: RouteContext): void {
  const hops = Number(argument)
  const status = Number(url.searchParams.get('status') ?? 302)
  const target = url.searchParams.get('to')
  const next = hops > 1 ? `/redirect/${hops - 1}${url.search}` : (target ?? '/')
  response.writeHead(status, { location: next })
  response.end()
}

async function upload({ request, response }: RouteContext): Promise<void> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of request) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  json(response, 200, { length, sha256: hash.digest('hex'), trailers: { ...request.trailers } })
}

async function sse({ response }: RouteContext): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  for (let id = 1; id <= 3; id += 1) {
    await write(response, Buffer.from(`id: ${id}\nevent: tick\ndata: {"count":${id}}\n\n`))
    await sleep(5)
  }
  response.end()
}

function encoded(response: ServerReply, coding: string, bytes: Buffer): void {
  response.writeHead(200, {
    'content-type': 'text/plain',
    'content-encoding': coding,
    'content-length': String(bytes.length),
  })
  response.end(bytes)
}

function json(response: ServerReply, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  })
  response.end(text)
}

/** As received, without the symbols that node:http2 adds. */
function plainHeaders(request: ServerRequest): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request.headers))
}

async function writeBytes(response: ServerReply, length: number): Promise<void> {
  const chunk = 64 * 1024
  for (let offset = 0; offset < length && !response.destroyed; offset += chunk) {
    await write(response, deterministicBytes(Math.min(chunk, length - offset), offset))
  }
  response.end()
}

/** One write; waits for `drain` when the response is full. */
async function write(response: ServerReply, bytes: Buffer): Promise<void> {
  if (response.destroyed || response.write(bytes)) return
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
