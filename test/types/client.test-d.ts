/** Checked by `npm run typecheck`: what compiles, and by `@ts-expect-error` what must not. Nothing here runs. */

import {
  type Client,
  type ClientOptions,
  type ClientStats,
  type CloseReport,
  createClient,
  fetch,
  type Interceptor,
  MemoryTlsSessionStore,
  type Preconnected,
  type request,
  type TlsSessionStore,
} from 'trunkline'
import { expectTypeOf } from 'vitest'

const client = createClient()
expectTypeOf(client).toEqualTypeOf<Client>()
expectTypeOf(createClient).parameter(0).toEqualTypeOf<ClientOptions | undefined>()

// Every group is there, and every part of it optional.
createClient({})
createClient({
  protocols: ['h2'],
  http2: { maxSessions: 2, idleTimeout: Number.POSITIVE_INFINITY, priorKnowledge: true },
  http1: { maxSockets: 8 },
  tls: { ca: 'pem', minVersion: 'TLSv1.3', checkServerIdentity: () => undefined },
  tlsSessions: new MemoryTlsSessionStore({ singleUse: true }),
  dns: { family: 4, lookup: (_host, _options, done) => done(null, '127.0.0.1', 4) },
  timeouts: { connect: 1000, headers: 1000 },
  limits: { connections: 10 },
  keepAlive: { interval: 0 },
  retry: { limit: 2, errors: ['ERR_TRUNKLINE_STREAM_RESET'] },
  interceptors: [(next) => (incoming) => next({ ...incoming, headers: [...incoming.headers, 'x-a', '1'] })],
  networkInterceptors: [],
})
createClient({ retry: false, tlsSessions: false })

// @ts-expect-error: there is no such option
createClient({ unknown: 1 })
// @ts-expect-error: nor in a group
createClient({ http2: { maxSession: 2 } })
// @ts-expect-error: nor of another group
createClient({ http1: { maxSessions: 2 } })
// @ts-expect-error: a protocol that is none
createClient({ protocols: ['h3'] })
// @ts-expect-error: a number is no string
createClient({ timeouts: { connect: '5s' } })
// @ts-expect-error: an IP version that there is not
createClient({ dns: { family: 5 } })
// @ts-expect-error: true is no store
createClient({ tlsSessions: true })
// @ts-expect-error: a store has three methods
createClient({ tlsSessions: { take: () => undefined, add: () => {} } })
// @ts-expect-error: a code that there is not
createClient({ retry: { errors: ['ECONNRESET'] } })
// @ts-expect-error: undefined is not the same as not there
createClient({ http2: undefined })
// @ts-expect-error: an interceptor takes a dispatch and returns one
createClient({ interceptors: [(incoming: string) => incoming] })

// Options may be shared and frozen.
const frozen: Readonly<ClientOptions> = Object.freeze({ protocols: ['h2'] as const })
createClient(frozen)

expectTypeOf(client.connect).toEqualTypeOf<
  (origin: string | URL, options?: { readonly signal?: AbortSignal }) => Promise<Preconnected>
>()
expectTypeOf(client.stats()).toEqualTypeOf<ClientStats>()
expectTypeOf(client.close({ timeout: 5, queued: 'reject' })).resolves.toEqualTypeOf<CloseReport>()
expectTypeOf(client.destroy).parameter(0).toEqualTypeOf<Error | undefined>()
expectTypeOf(client.fetch).toEqualTypeOf<typeof fetch>()
expectTypeOf(client.request).toEqualTypeOf<typeof request>()
expectTypeOf(client).toExtend<AsyncDisposable>()

// @ts-expect-error: the methods are not to be replaced
client.fetch = fetch
// @ts-expect-error: stats are read only
client.stats().requests = 5

// An interceptor may do without the network, and must resolve to a response.
const cached: Interceptor = (next) => async (incoming) => {
  const response = await next(incoming)
  expectTypeOf(response.status).toBeNumber()
  expectTypeOf(response.headers).toEqualTypeOf<readonly string[]>()
  return response
}
createClient({ interceptors: [cached] })
// @ts-expect-error: nothing is no response
const nothing: Interceptor = () => async () => undefined
void nothing

// A store may be asynchronous.
const remote: TlsSessionStore = {
  take: async () => undefined,
  add: async () => {},
  forget: () => {},
}
createClient({ tlsSessions: remote })
