/** The clients of memory.ts. */
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../src/index.ts'

export interface Order {
  readonly client: string
  readonly ca: string
  readonly ports: readonly number[]
  readonly requests: number
}

/** Bytes, after a collection. */
export interface Sample {
  readonly rss: number
  readonly heap: number
}

export interface Figures {
  /** One connection, one request done. */
  readonly start: Sample
  /** All requests are with the server, which has answered none; or there is an idle connection to each origin. */
  readonly end: Sample
}

/** A GET whose body is read to its end. */
type Get = (port: number, path: string) => Promise<unknown>

function ours(engine: 'node' | 'wire', ca: string): Get {
  const client = createClient({ engine, tls: { ca } })
  return async (port, path) => {
    const { body } = await client.request(`https://localhost:${port}${path}`)
    return body.bytes()
  }
}

function byHand(ca: string): Get {
  const sessions = new Map<number, ClientHttp2Session>()
  return async (port, path) => {
    let session = sessions.get(port)
    if (session === undefined) {
      session = connect(`https://localhost:${port}`, { ca })
      sessions.set(port, session)
      await once(session, 'remoteSettings')
    }
    const stream = session.request({ ':path': path })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
}

function clientOf({ client, ca }: Order): Get {
  if (client === 'trunkline, wire') return ours('wire', ca)
  return client === 'trunkline, node' ? ours('node', ca) : byHand(ca)
}

async function sample(): Promise<Sample> {
  for (let count = 0; count < 3; count += 1) {
    globalThis.gc?.()
    await sleep(100)
  }
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heap: heapUsed }
}

async function measure(order: Order): Promise<Figures> {
  const get = clientOf(order)
  const [first = 0, ...others] = order.ports
  await get(first, '/')
  const start = await sample()
  if (order.requests > 0) {
    const arrived = once(process, 'message')
    const answers = Array.from({ length: order.requests }, () => get(first, '/wait'))
    await arrived
    const end = await sample()
    process.send?.({ release: true })
    await Promise.all(answers)
    return { start, end }
  }
  // A few at a time: handshakes cost memory of their own.
  for (let at = 0; at < others.length; at += 20)
    await Promise.all(others.slice(at, at + 20).map((port) => get(port, '/')))
  return { start, end: await sample() }
}

process.once('message', async (order: Order) => {
  process.send?.(await measure(order))
})
process.on('disconnect', () => process.exit())
