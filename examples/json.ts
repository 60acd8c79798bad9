/** Big JSON without blocking: what else a process gets done while it sends and reads objects of 5 MB. */
import { createClient, parseJson } from '../src/index.ts'
import { bytes, ms, round } from './support/format.ts'
import { startJsonServer } from './support/json-server.ts'
import { type LoopDelay, loopDelayOf } from './support/loop-delay.ts'
import { orders } from './support/orders.ts'
import { accent, bad, bar, finish, good, note, table, title } from './support/print.ts'

const OBJECTS = 20
const MEGABYTES = 5

const server = await startJsonServer(MEGABYTES)
const client = createClient({ tls: { ca: server.ca } })
await client.connect(server.origin)
const objects = Array.from({ length: OBJECTS }, () => orders(MEGABYTES))
const size = JSON.stringify(objects[0]).length
const headers = { 'content-type': 'application/json' }

interface Received {
  readonly bytes: number
}

/** Whether all of them arrived whole. */
let whole = true

async function sendAtOnce(value: unknown): Promise<void> {
  const text = JSON.stringify(value)
  const { body } = await client.request(server.origin, { method: 'POST', headers, body: text })
  whole &&= (await body.json<Received>()).bytes === size
}

async function sendInSlices(value: unknown): Promise<void> {
  const { body } = await client.request(server.origin, { method: 'POST', json: value })
  whole &&= (await body.json<Received>()).bytes === size
}

async function readAtOnce(): Promise<void> {
  const { body } = await client.request(`${server.origin}/orders`)
  whole &&= (await body.json<unknown[]>()).length === objects[0]?.length
}

async function readInSlices(): Promise<void> {
  const { body } = await client.request(`${server.origin}/orders`)
  whole &&= (await parseJson<unknown[]>(body)).length === objects[0]?.length
}

/** As requests come in a service: each from an event of its own. */
const together = (run: (value: unknown) => Promise<void>) => async () => {
  const all: Promise<void>[] = []
  for (const value of objects) {
    await new Promise((resolve) => setImmediate(resolve))
    all.push(run(value))
  }
  await Promise.all(all)
}

const oneByOne = (run: (value: unknown) => Promise<void>) => async () => {
  for (const value of objects) await run(value)
}

title(
  'Big JSON without blocking',
  `${OBJECTS} objects of ${bytes(size)} are sent at the same time; then as many are read, one by one.`,
  'How long everything else in the process waits meanwhile: 99 of 100 events no longer than the p99.',
)

// Once before it counts: the first run of anything is slow.
for (const run of [sendAtOnce, sendInSlices]) await run(objects[0])
for (const run of [readAtOnce, readInSlices]) await run()

const ways: readonly [does: string, how: string, run: () => Promise<unknown>][] = [
  ['send', 'JSON.stringify', together(sendAtOnce)],
  ['send', 'json: value', together(sendInSlices)],
  ['read', 'body.json()', oneByOne(readAtOnce)],
  ['read', 'parseJson(body)', oneByOne(readInSlices)],
]
const delays: LoopDelay[] = []
for (const [, , run] of ways) delays.push(await loopDelayOf(run))

const worst = Math.max(...delays.map(({ p99 }) => p99))
table(
  ['', 'with', 'p99 wait', 'longest', 'all done', ''],
  ways.map(([does, how], index) => {
    const delay = delays[index] as LoopDelay
    const line = bar(delay.p99, worst, 30) || '▏'
    return [
      does,
      accent(how),
      ms(delay.p99),
      ms(delay.worst),
      ms(delay.total),
      index % 2 === 0 ? bad(line) : good(line),
    ]
  }),
)
note(
  'json: value and parseJson(body) work in slices of 2 ms, one per round of the event loop, however',
  'many objects there are. Timers, other requests and other responses get their turn in between.',
)
await client.close()
await server.close()
const [stringify, json, parse, sliced] = delays.map(({ p99 }) => round(p99))
finish({ objects: OBJECTS, bytes: size, whole, p99: { stringify, json, parse, parseJson: sliced } })
