/** node:http2 by hand: no pool, no errors but the worst, the body collected. What everything else is measured by. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { type ClientDefinition, expect200, type Session } from './client.ts'

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS, NGHTTP2_CANCEL } = constants
const LARGE_WINDOW = 16 * 1024 * 1024

const cannot = { 'http1-1k': 'speaks HTTP/2 only' }

/** As Node comes: windows of 64 KiB. */
export const rawHttp2: ClientDefinition = {
  id: 'raw',
  name: 'node:http2',
  cannot,
  open: async ({ ca }) => session((origin) => quiet(connect(origin, { ca }))),
}

/** With the one setting that large bodies want. */
export const rawHttp2LargeWindows: ClientDefinition = {
  id: 'raw-16m',
  name: 'node:http2, 16 MiB windows',
  cannot,
  open: async ({ ca }) =>
    session((origin) => {
      const http2 = quiet(connect(origin, { ca, settings: { initialWindowSize: LARGE_WINDOW } }))
      http2.once('connect', () => http2.setLocalWindowSize(LARGE_WINDOW))
      return http2
    }),
}

function quiet(http2: ClientHttp2Session): ClientHttp2Session {
  // Its streams fail too, and those are the ones that somebody awaits.
  return http2.on('error', () => {})
}

function session(dial: (origin: string) => ClientHttp2Session): Session {
  const sessions = new Map<string, ClientHttp2Session>()
  const open = (url: string, headers?: object, body?: Buffer): ClientHttp2Stream => {
    // As cheap as it can be done by hand: no URL is parsed.
    const slash = url.indexOf('/', 8)
    const origin = url.slice(0, slash)
    let http2 = sessions.get(origin)
    if (http2 === undefined || http2.destroyed) {
      http2 = dial(origin)
      sessions.set(origin, http2)
    }
    const path = { [HTTP2_HEADER_PATH]: url.slice(slash) }
    if (body === undefined) return http2.request(headers === undefined ? path : { ...path, ...headers })
    const stream = http2.request({ ...path, [HTTP2_HEADER_METHOD]: 'POST', ...headers })
    stream.end(body)
    return stream
  }
  return {
    text: (url, { headers, body }) => collect(open(url, headers, body)).then(textLength),
    read: (url, take) => readPieces(open(url), take),
    async hold(url) {
      const stream = open(url)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      stream.once('response', () => resolve())
      stream.once('error', reject)
      await promise
      return stream
    },
  }
}

const textLength = (body: Buffer) => body.toString().length

function collect(stream: ClientHttp2Stream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('response', (headers) => {
      if (Number(headers[HTTP2_HEADER_STATUS]) !== 200) reject(new Error('not a 200'))
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve(Buffer.concat(chunks)))
    stream.on('error', reject)
  })
}

function readPieces(stream: ClientHttp2Stream, take: (bytes: number) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('response', (headers) => {
      try {
        expect200(Number(headers[HTTP2_HEADER_STATUS]))
      } catch (error) {
        reject(error)
      }
    })
    stream.on('data', (chunk: Buffer) => {
      if (!take(chunk.length)) stream.close(NGHTTP2_CANCEL)
    })
    stream.on('close', () => resolve())
    stream.on('error', reject)
  })
}
