/** Structured logs with pino: one id from the order that came in to every line, every call and every server. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import { correlationId, createClient, onEvent, withCorrelationId } from '../src/index.ts'
import { dim, finish, note, title } from './support/print.ts'
import { startServer } from './support/server.ts'

title(
  'Structured logs',
  'Three orders at once, each of them two calls, one with a redirect and one that is retried.',
  'No code passes an id along: it follows the asynchronous context, into the logs of both sides.',
)

let asked = 0
const seen: string[] = []
const server = await startServer(async ({ url, headers }, response) => {
  await sleep(5)
  seen.push(String(headers['x-request-id']))
  if (url === '/prices') response.writeHead(302, { location: '/v2/prices' })
  // One of the stocks is not there at first.
  else if (url === '/stock' && ++asked === 2) response.writeHead(503)
  response.end('{}')
})

// The lines as pino writes them; they are counted here, and shown.
const lines: { readonly correlationId?: string; readonly path?: string; readonly attempts?: number }[] = []
const destination = {
  write(line: string) {
    lines.push(JSON.parse(line))
    console.log(`  ${dim(line.trimEnd())}`)
  },
}
const log: Logger = pino(
  {
    base: null,
    timestamp: false,
    // Whatever is logged while a request is served has its id.
    mixin: () => ({ correlationId: correlationId() }),
  },
  destination,
)

// What the library tells. Header fields stay out of the logs: there are credentials in them.
const rounded = (ms: number | null) => (ms === null ? null : Math.round(ms * 10) / 10)
const stop = onEvent('request:end', (call) => {
  const { correlationId, method, url, status, attempts, redirects, duration, firstByte, error } = call
  const facts = {
    correlationId,
    event: 'request:end',
    method,
    path: new URL(url).pathname,
    status,
    attempts,
    redirects,
  }
  log.info(
    { ...facts, ms: rounded(duration), firstByte: rounded(firstByte), error: error?.code ?? null },
    'called',
  )
})

const client = createClient({
  tls: { ca: server.ca },
  correlation: { id: () => randomUUID() },
  retry: { statuses: [503], baseDelay: 5 },
})

async function call(path: string): Promise<void> {
  const response = await client.fetch(`${server.origin}${path}`)
  await response.json()
}

async function serveOrder(number: number): Promise<void> {
  log.info({ number }, 'order came in')
  await Promise.all([call('/prices'), call('/stock')])
  log.info({ number }, 'order served')
}

const ids = ['order-1', 'order-2', 'order-3']
await Promise.all(ids.map((id, index) => withCorrelationId(id, () => serveOrder(index + 1))))
// Outside of any order the client makes an id of its own.
await call('/prices')

stop()
await client.close()
await server.close()

const linesOf = (id: string) => lines.filter((line) => line.correlationId === id).length
const callsOf = (id: string) => seen.filter((one) => one === id).length
note(
  `Each order has ${linesOf('order-1')} lines under its own id, and the server saw the same id on`,
  `${callsOf('order-1')} to ${Math.max(...ids.map(callsOf))} requests: redirects and retries carry it too.`,
)
finish({
  linesPerOrder: ids.map(linesOf),
  requests: seen.length,
  withId: seen.filter((id) => id !== 'undefined').length,
  retried: lines.filter(({ path, attempts }) => path === '/stock' && attempts === 2).length,
})
