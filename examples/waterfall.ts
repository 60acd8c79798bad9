/** Servers that are slow in different places, and a page that shows which one is slow where. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createClient } from '../src/index.ts'
import { type OriginSummary, record, verdictOf } from '../src/telemetry/inspect/index.ts'
import { ms } from './support/format.ts'
import { accent, bar, bold, dim, finish, note, table, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { startServer } from './support/server.ts'

title('Waterfall', 'Four services, each slow in a different way. The calls are recorded and then drawn.')

let reports = 0
const api = await startServer(async ({ url }, response) => {
  if (url === '/reports') await sleep(180)
  // Every third report is not there at first.
  if (url === '/reports' && ++reports % 3 === 1) response.statusCode = 503
  response.setHeader('content-type', 'application/json')
  response.end('{}')
})
const files = await startServer((_request, response) => response.end(Buffer.alloc(3 * 1024 * 1024)))
const old = await startServer(
  async (_request, response) => {
    await sleep(25)
    response.end('old')
  },
  { speaks: 'http/1.1' },
)
const hello = await startServer((_request, response) => response.end('hello'))
const far = await startRelay(hello, { delay: 30 })

const names = new Map([
  [api.origin, 'api'],
  [files.origin, 'files'],
  [old.origin, 'old'],
  [far.origin, 'far'],
])

const recorder = record({ name: 'example', frames: 20_000 })
const client = createClient({
  engine: 'wire',
  tls: { ca: api.ca },
  retry: { limit: 3, baseDelay: 40, statuses: [503] },
  http1: { maxSockets: 3 },
})

async function get(url: string): Promise<void> {
  const response = await client.fetch(url, { headers: { authorization: 'Bearer secret' } })
  await response.text()
}

/** Reads so slowly that the server has to wait. */
async function getSlowly(url: string): Promise<void> {
  const { body } = await client.request(url)
  for await (const _chunk of body) await sleep(2)
}

const times = (count: number, run: () => Promise<void>) => Array.from({ length: count }, run)
await Promise.all([
  ...times(12, () => get(`${api.origin}/users`)),
  ...times(6, () => get(`${api.origin}/reports`)),
  ...times(8, () => get(`${old.origin}/legacy`)),
  ...times(4, () => get(`${far.origin}/hello`)),
  getSlowly(`${files.origin}/backup`),
])
// A server that is replaced says goodbye; what follows goes over another connection.
api.disconnect()
await sleep(20)
await Promise.all([
  ...times(6, () => get(`${api.origin}/users`)),
  ...times(4, () => get(`${far.origin}/hello`)),
])
recorder.stop()

const summary = recorder.summary()
const nameOf = ({ origin }: OriginSummary) => names.get(origin) ?? origin
table(
  ['service', 'requests', 'median', 'slowest hop', 'share', ''],
  summary.origins.map((one) => {
    const share = one.slowest === null ? 0 : one.phases[one.slowest] / one.total
    const median = one.durations.p50 === null ? '-' : ms(one.durations.p50)
    return [
      nameOf(one),
      one.requests,
      median,
      one.slowest ?? '-',
      `${Math.round(share * 100)} %`,
      accent(bar(share, 1, 24)),
    ]
  }),
)

const folder = process.env.WATERFALL_FOLDER ?? tmpdir()
const page = join(folder, 'waterfall.html')
const archive = join(folder, 'waterfall.har')
await recorder.write(page)
await recorder.write(archive)
console.log(
  `\n  ${bold('Open')} ${pathToFileURL(page).href}\n       ${dim(`${archive} is for the network panel of a browser`)}`,
)

note(
  verdictOf(summary) ?? '',
  'Phases are queue, dns, connect, tls, waiting (for the server) and receiving (its body); the page shows them for',
  'each stream, on the lane of its connection.',
)

await client.close()
await Promise.all([far.close(), api.close(), files.close(), old.close()])
await hello.close()

const { goAways, stalls, connections, frames } = recorder.recording()
finish({
  requests: summary.requests,
  failed: summary.failed,
  retries: summary.retries,
  goAways: goAways.length > 0,
  stalls: stalls.length > 0,
  frames: frames.length > 0,
  protocols: [...new Set(connections.map(({ protocol }) => protocol))].sort(),
  slowest: Object.fromEntries(summary.origins.map((one) => [nameOf(one), one.slowest])),
  secretsKept: recorder.html().includes('secret'),
})
