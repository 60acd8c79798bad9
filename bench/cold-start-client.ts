/** One cold process of `cold-start.ts`: from its start to the first response, over the built package. */
import { createClient, type TlsSessionStore } from 'trunkline'
import { FileTlsSessionStore, RedisTlsSessionStore } from 'trunkline/tickets'

export interface ColdOrder {
  readonly origin: string
  readonly ca: string
  readonly key: string
  readonly store: { readonly kind: 'none' } | { readonly kind: 'file' | 'redis'; readonly path: string }
}

export interface ColdFigures {
  readonly resumed: boolean
  /** ms from the start of the process to the end of the first response. */
  readonly total: number
  /** Of it: from the call of `fetch` to the end of the response. */
  readonly request: number
  /** ms of processor time, of the whole process. */
  readonly cpu: number
  /** Of the request: the TLS handshake, as the client times it. */
  readonly tls: number
  /** Loading and connecting the Redis client; 0 without it. */
  readonly opening: number
  /** Waiting for the store to give a session. */
  readonly taking: number
}

const order: ColdOrder = JSON.parse(process.argv[2] ?? '{}')
const openedAt = performance.now()
const { store, end } = await open()
const opening = performance.now() - openedAt
let taking = 0

const client = createClient({
  tls: { ca: order.ca },
  tlsSessions: store === null ? false : { ...timed(store), timeout: 5000 },
})
const calledAt = performance.now()
const response = await client.fetch(order.origin)
await response.text()
// On this clock 0 is when the process began.
const total = performance.now()
const { user, system } = process.cpuUsage()
const { tls, resumed } = response.timings
await client.close()
await end()
const cpu = (user + system) / 1000
const request = total - calledAt
const figures: ColdFigures = { resumed, total, request, cpu, tls: tls ?? 0, opening, taking }
console.log(JSON.stringify(figures))

type OpenStore = { readonly store: TlsSessionStore | null; end(): Promise<void> }

async function open(): Promise<OpenStore> {
  const { store: where, key } = order
  if (where.kind === 'none') return { store: null, end: async () => {} }
  if (where.kind === 'file') {
    const store = new FileTlsSessionStore({ directory: where.path, key })
    return { store, end: () => store.flush() }
  }
  // Loaded here, as what it costs is part of what it costs.
  const { createClient: createRedis } = await import('redis')
  const redis = createRedis({ socket: { path: where.path, tls: false } })
  redis.on('error', () => {})
  await redis.connect()
  const store = new RedisTlsSessionStore({ client: redis, key })
  const end = async () => {
    await store.flush()
    redis.destroy()
  }
  return { store, end }
}

function timed(inner: TlsSessionStore): TlsSessionStore {
  return {
    async take(identity) {
      const began = performance.now()
      const session = await inner.take(identity)
      taking = performance.now() - began
      return session
    },
    add: (identity, session) => inner.add(identity, session),
    forget: (identity) => inner.forget(identity),
  }
}
