/**
 * The HTTP/1.1 origin behind the reverse proxies, in a process of its own: `node origin.ts DOCROOT`.
 * It prints its port. `/echo` answers with the request body when that is complete, because not every server
 * forwards both directions at the same time; or at once, if `x-echo-at-once` says how long the body will be.
 * `/echo` with `x-echo-headers` answers with the fields of the request, as JSON; with `x-echo-digest`, with the
 * SHA-256 of the body.
 * (The answer has a length because HAProxy 2.6.12 sometimes stops reading a chunked one, its input buffer full
 * and flow control open: haproxy/haproxy#2262.) The rest is the docroot.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

const docroot = process.argv[2]
if (docroot === undefined) throw new Error('Say which directory to serve: node origin.ts DOCROOT')

/**
 * Go's proxy (Caddy 2.6.2, HTTP/1.1) reads a body of known length once more, to see its end, after it passed all
 * of it on; an answer that is there before that closes the body, and the read error cuts the answer off
 * (golang/go#40747, caddyserver/caddy#5431).
 */
const goGrace = 10

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/octet-stream')
  if (request.headers['x-echo-headers'] !== undefined) {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.rawHeaders))
    return
  }
  if (request.headers['x-echo-digest'] !== undefined) {
    const hash = createHash('sha256')
    for await (const chunk of request as AsyncIterable<Uint8Array>) hash.update(chunk)
    await delay(goGrace)
    response.end(hash.digest('hex'))
    return
  }
  const length = request.headers['x-echo-at-once']
  if (length !== undefined) {
    response.setHeader('content-length', length)
    response.flushHeaders()
    await pipeline(request, response)
    return
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    size += chunk.byteLength
  }
  await delay(goGrace)
  response.setHeader('content-length', size)
  await pipeline(chunks, response)
}

async function file(directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = join(directory, basename(request.url ?? ''))
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n')
    return
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.size })
  if (request.method === 'HEAD') response.end()
  else await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), response)
}

const server = createServer((request, response) => {
  const answer = request.url === '/echo' ? echo(request, response) : file(docroot, request, response)
  answer.catch((error: unknown) => {
    console.error(`${request.method} ${request.url}:`, error)
    response.destroy()
  })
})
// The proxies keep their connections: this side must not be the one that closes in a race.
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
// The parent's end of the pipe closes when it dies, however it dies.
process.stdin.on('end', () => process.exit()).resume()
