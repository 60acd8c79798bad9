/** Metrics for Prometheus: a client that works, an endpoint that is scraped, and what the scrape shows. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { createClient } from '../src/index.ts'
import { prometheus } from '../src/telemetry/prometheus/index.ts'
import { accent, bold, dim, finish, note, title } from './support/print.ts'
import { startServer } from './support/server.ts'

let asked = 0
const server = await startServer(async ({ url }, response) => {
  asked += 1
  // Some answers are refusals, which are retried.
  response.statusCode = asked % 25 === 0 ? 503 : 200
  if (url.startsWith('/reports')) await new Promise((resolve) => setTimeout(resolve, 40))
  response.end('done')
})

title('Metrics', 'A client works; Prometheus scrapes an endpoint of the same process.')

const registry = new Registry()
const metrics = prometheus(registry, { routes: ['/users/:id', '/reports/*'] })
const endpoint = createServer(async (_request, response) => {
  response.setHeader('content-type', registry.contentType)
  response.end(await registry.metrics())
})
await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
const { port } = endpoint.address() as AddressInfo

const retry = { limit: 3, statuses: [503], baseDelay: 1 }
const client = createClient({ tls: { ca: server.ca }, retry })
const paths = Array.from({ length: 200 }, (_, id) => (id % 4 === 0 ? `/reports/2026/${id}` : `/users/${id}`))
await Promise.all(paths.map(async (path) => (await client.fetch(`${server.origin}${path}`)).text()))
// Nothing listens on this port.
await client.request('https://localhost:1/').catch(() => {})

const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
const lines = scraped.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
const shown = lines.filter((line) => !line.includes('_bucket{') && !line.includes('event_loop'))
console.log(`  ${bold('GET /metrics')}  ${dim(`${lines.length} series; without buckets and event loop:`)}\n`)
for (const line of shown) {
  const [series = '', value = ''] = line.split(/ (?=[^ ]+$)/)
  const [name = '', labels = ''] = series.replace(/^trunkline_/, '').split('{')
  const short = labels.replace(/origin="https:\/\/localhost:(\d+)",?/, (_, at) => (at === '1' ? 'dead ' : ''))
  console.log(
    `  ${name.padEnd(32)} ${accent(
      Number(value)
        .toFixed(3)
        .replace(/\.?0+$/, '')
        .padStart(8),
    )}  ${dim(short.replace('}', ''))}`,
  )
}
note(
  'URLs with ids became two routes; origins, methods and codes are bounded too, so that no traffic can create more',
  'series than planned. A retried call is counted once, and its retry separately.',
)

const sum = (name: string) =>
  lines
    .filter((line) => line.startsWith(`trunkline_${name}{`))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0)
const figures = {
  requests: sum('request_duration_seconds_count'),
  retries: sum('retries_total'),
  errors: sum('request_errors_total'),
  handshakes: sum('tls_handshakes_total'),
  inFlight: sum('requests_in_flight'),
  routes: new Set(scraped.match(/route="[^"]*"/g)).size,
}
await client.close()
await server.close()
metrics.dispose()
endpoint.close()
finish(figures)
