/** axios over a 20 ms link: with Node's own agent, and with an adapter over our client. */
import { Readable } from 'node:stream'
import { setDefaultCACertificates } from 'node:tls'
import axios, { type AxiosInstance } from 'axios'
import { createClient } from '../src/index.ts'
import { axiosAdapter, createBridge } from '../src/integrations/http2-wrapper/index.ts'
import { ms, round } from './support/format.ts'
import { finish, note, table, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { type Handler, startServer } from './support/server.ts'

const CALLS = 30
const ONE_WAY_MS = 10
const UPLOAD = 4 * 1024 * 1024

const api: Handler = async (request, response) => {
  if (request.url === '/moved') {
    response.writeHead(302, { location: '/items/1' })
    return response.end()
  }
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  response.setHeader('content-type', 'application/json')
  return response.end(JSON.stringify({ path: request.url, bytes }))
}

interface Round {
  readonly connections: number
  readonly timeMs: number
  readonly redirected: string
  readonly uploaded: number
}

async function run(instance: AxiosInstance): Promise<Round> {
  const server = await startServer(api)
  const link = await startRelay(server, { delay: ONE_WAY_MS })
  setDefaultCACertificates([server.ca])
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CALLS }, (_, id) => instance.get(`${link.origin}/items/${id}`)))
  const timeMs = round(performance.now() - startedAt)
  const { data: moved } = await instance.get(`${link.origin}/moved`)
  const body = Readable.from([Buffer.alloc(UPLOAD)])
  const { data: upload } = await instance.put(`${link.origin}/file`, body, { maxRedirects: 0 })
  const { connections } = server.seen
  await link.close()
  await server.close()
  return { connections, timeMs, redirected: moved.path, uploaded: upload.bytes }
}

title(
  'axios over our client',
  `${CALLS} calls at once over a link of ${2 * ONE_WAY_MS} ms, a redirect, an upload.`,
)

const { ca } = await startServer(api).then(async (server) => {
  await server.close()
  return server
})
const client = createClient({ tls: { ca } })
const own = await run(axios.create({ proxy: false }))
const ours = await run(axios.create({ adapter: axiosAdapter(axios, createBridge(client)) }))
await client.close()

table(
  ['', 'connections', `${CALLS} calls took`, 'redirect led to', 'uploaded bytes'],
  [
    ["axios, Node's agent", own.connections, ms(own.timeMs), own.redirected, own.uploaded],
    ['axios over our client', ours.connections, ms(ours.timeMs), ours.redirected, ours.uploaded],
  ],
)
note(
  'The adapter is the Node adapter of axios with Trunkline’s agents: interceptors, redirects, progress,',
  'decoding and limits work as before. Only the connections differ.',
)
finish({ own, ours })
