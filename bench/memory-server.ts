/** The server of memory.ts: many ports, and requests that wait until all of them are there. */
import { once } from 'node:events'
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'

interface Message {
  readonly cert?: string
  readonly key?: string
  readonly ports?: number
  readonly expect?: number
  readonly release?: true
}

const waiting: ServerHttp2Stream[] = []
let expected = Number.POSITIVE_INFINITY
const BODY = Buffer.alloc(1024, 'x')

function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return
  stream.respond({ ':status': 200 })
  stream.end(BODY)
}

async function listen({ cert, key, ports = 0 }: Message): Promise<number[]> {
  const server = createSecureServer({
    cert: cert as string,
    key: key as string,
    maxSessionMemory: 1024,
    settings: { maxConcurrentStreams: 100_000 },
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    if (headers[':path'] !== '/wait') return answer(stream)
    waiting.push(stream)
    if (waiting.length === expected) process.send?.({ arrived: true })
  })
  const found: number[] = []
  for (let count = 0; count < ports; count += 1) {
    // One TLS server behind all ports.
    const door = createServer((socket: Socket) => void server.emit('connection', socket))
    door.listen(0, '127.0.0.1')
    await once(door, 'listening')
    found.push((door.address() as AddressInfo).port)
  }
  return found
}

process.on('message', async (message: Message) => {
  if (message.ports !== undefined) process.send?.({ ports: await listen(message) })
  if (message.expect !== undefined) expected = message.expect
  if (message.release) for (const stream of waiting.splice(0)) answer(stream)
})
process.on('disconnect', () => process.exit())
