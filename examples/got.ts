/** got with its own HTTP/2 client and over ours, through a cold start, a deployment and a server that loses HTTP/2. */
import { setDefaultCACertificates } from 'node:tls'
import got, { type Got } from 'got'
import { createClient } from '../src/index.ts'
import { createBridge } from '../src/integrations/http2-wrapper/index.ts'
import { finish, note, table, title } from './support/print.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { type Handler, type LocalServer, startServer } from './support/server.ts'

const AT_ONCE = 40

const hello: Handler = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('{"hello":"got"}')
}

interface Outcome {
  readonly cold: number
  readonly failed: { readonly drain: number; readonly downgrade: number }
}

/** So many calls at once; how many of them failed. */
async function call(api: Got, origin: string): Promise<number> {
  const calls = Array.from({ length: AT_ONCE }, () => api(origin).json())
  return (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length
}

async function run(api: Got): Promise<Outcome> {
  const modern: LocalServer = await startServer(hello)
  const old: LocalServer = await startServer(hello, { speaks: 'http/1.1' })
  setDefaultCACertificates([modern.ca])
  const address: Relay = await startRelay(modern)
  await call(api, address.origin)
  const cold = modern.seen.connections
  modern.disconnect() // GOAWAY, as servers do when they are replaced
  const drain = await call(api, address.origin)
  address.target = old // one without HTTP/2, behind the same address
  modern.disconnect()
  const downgrade = await call(api, address.origin)
  await address.close()
  await Promise.all([modern.close(), old.close()])
  return { cold, failed: { drain, downgrade } }
}

title(
  'got over our client',
  `${AT_ONCE} calls at once: cold, after a GOAWAY, and after HTTP/2 was switched off.`,
)

const { ca } = await startServer(hello).then(async (server) => {
  await server.close()
  return server
})
const client = createClient({ tls: { ca } })
const { request } = createBridge(client)

const own = await run(got.extend({ http2: true, retry: { limit: 0 }, timeout: { request: 5000 } }))
const ours = await run(got.extend({ request, retry: { limit: 0 } }))
await client.close()

table(
  ['', 'connections of the cold start', 'failed after GOAWAY', 'failed without HTTP/2'],
  [
    ['got, http2: true', own.cold, own.failed.drain, own.failed.downgrade],
    ['got over our client', ours.cold, ours.failed.drain, ours.failed.downgrade],
  ],
)
note(
  'The change is one option of got, request: a function with the interface of https.request.',
  'Hooks, redirects, pagination and retries are those of got; connections, replay and fallback those of Trunkline.',
)
finish({ own, ours })
