/**
 * Big JSON sent and read: how long the event loop is held, and what it costs. The server is in a thread of its own.
 * `node bench/json.ts [objects] [megabytes]`; prints a table, and its figures as one line of JSON.
 */
import { parseChunked, stringifyChunked } from '@discoveryjs/json-ext'
import { ms, round } from '../examples/support/format.ts'
import { startJsonServer } from '../examples/support/json-server.ts'
import { loopDelayOf } from '../examples/support/loop-delay.ts'
import { orders } from '../examples/support/orders.ts'
import { bold, finish, table, title } from '../examples/support/print.ts'
import { createClient, parseJson, type RequestOptions, type ResponseBody } from '../src/index.ts'

const OBJECTS = Number(process.argv[2] ?? 20)
const MEGABYTES = Number(process.argv[3] ?? 5)

const server = await startJsonServer(MEGABYTES)
const client = createClient({ tls: { ca: server.ca } })
await client.connect(server.origin)
const objects = Array.from({ length: OBJECTS }, () => orders(MEGABYTES))
const size = JSON.stringify(objects[0]).length
const headers = { 'content-type': 'application/json' }

const WRITERS: Readonly<Record<string, (value: unknown) => RequestOptions>> = {
  'JSON.stringify': (value) => ({ headers, body: JSON.stringify(value) }),
  'json-ext stringifyChunked': (value) => ({ headers, body: () => stringifyChunked(value) }),
  'json: value': (json) => ({ json }),
}

const READERS: Readonly<Record<string, (body: ResponseBody) => Promise<unknown>>> = {
  'body.json()': (body) => body.json(),
  'json-ext parseChunked': (body) => parseChunked(body),
  'parseJson(body)': parseJson,
}

interface Figures {
  readonly does: string
  readonly how: string
  readonly p99: number
  readonly worst: number
  readonly cpu: number
  readonly total: number
}

async function send(options: (value: unknown) => RequestOptions): Promise<void> {
  const all: Promise<void>[] = []
  for (const value of objects) {
    // One each round of the loop, as requests come in a service.
    await new Promise((resolve) => setImmediate(resolve))
    all.push(upload(options(value)))
  }
  await Promise.all(all)
}

async function upload(options: RequestOptions): Promise<void> {
  const { body } = await client.request(server.origin, { method: 'POST', ...options })
  const { bytes } = await body.json<{ bytes: number }>()
  if (bytes !== size) throw new Error(`${bytes} bytes arrived of ${size}`)
}

async function read(parse: (body: ResponseBody) => Promise<unknown>): Promise<void> {
  for (const value of objects) {
    const { body } = await client.request(`${server.origin}/orders`)
    const { length } = (await parse(body)) as unknown[]
    if (length !== (value as unknown[]).length) throw new Error(`${length} orders arrived`)
  }
}

async function measure(does: string, how: string, run: () => Promise<void>): Promise<Figures> {
  await run()
  const before = process.threadCpuUsage()
  const { p99, worst, total } = await loopDelayOf(run)
  const { user, system } = process.threadCpuUsage(before)
  return { does, how, p99, worst, total, cpu: (user + system) / 1000 / OBJECTS }
}

title(
  'Big JSON',
  `${OBJECTS} objects of ${(size / 1e6).toFixed(1)} MB: sent at the same time, and read one by one.`,
  'Held: CPU time of the thread between two ticks of a timer; an event at any moment waits no longer, 99 times of 100.',
)
const results: Figures[] = []
for (const [how, options] of Object.entries(WRITERS))
  results.push(await measure('send', how, () => send(options)))
for (const [how, parse] of Object.entries(READERS))
  results.push(await measure('read', how, () => read(parse)))
await client.close()
await server.close()
table(
  ['', 'with', 'held p99', 'longest', 'CPU for one', 'all done'],
  results.map(({ does, how, p99, worst, cpu, total }) => [
    does,
    bold(how),
    ms(p99),
    ms(worst),
    ms(cpu),
    ms(total),
  ]),
)
finish({
  objects: OBJECTS,
  bytes: size,
  results: results.map(({ does, how, p99, worst, cpu, total }) => ({
    does,
    how,
    p99: round(p99),
    worst: round(worst),
    cpu: round(cpu),
    total: round(total),
  })),
})
