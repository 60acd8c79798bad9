/** 20 calls at once, twice: a client made for each call against one client that all calls share. */
import { createClient } from '../src/index.ts'
import { ms, round } from './support/format.ts'
import { accent, bar, bold, finish, note, table, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { startServer } from './support/server.ts'

const CALLS = 20

const server = await startServer((_request, response) => response.end('hello'))
const link = await startRelay(server, { delay: 10 })
const tls = { ca: server.ca }

/** Wrong: every call opens a connection of its own, uses it once and throws it away. */
async function callWithOwnClient(): Promise<void> {
  const client = createClient({ tls })
  const response = await client.fetch(link.origin)
  await response.text()
  await client.close()
}

/** Worse, and what most libraries do: nor is anything left of the TLS sessions. */
async function callWithOwnClientFromScratch(): Promise<void> {
  const client = createClient({ tls, tlsSessions: false })
  const response = await client.fetch(link.origin)
  await response.text()
  await client.close()
}

/** Right: made once, in a module of its own, for the whole program. */
const shared = createClient({ tls })

async function callWithSharedClient(): Promise<void> {
  const response = await shared.fetch(link.origin)
  await response.text()
}

/** Two rounds of calls, and what the server saw of them. */
async function measure(call: () => Promise<void>) {
  const before = { ...server.seen }
  const rounds: number[] = []
  for (let round = 0; round < 2; round += 1) {
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: CALLS }, call))
    rounds.push(performance.now() - startedAt)
  }
  return {
    connections: server.seen.connections - before.connections,
    handshakes: server.seen.handshakes - before.handshakes,
    resumed: server.seen.resumed - before.resumed,
    first: rounds[0] as number,
    next: rounds[1] as number,
  }
}

let warning = ''
process.on('warning', (each) => {
  if ('code' in each && each.code === 'TRUNKLINE_CLIENT_CHURN') warning = each.message
})

title(
  'A client per call',
  `${CALLS} calls at once and then ${CALLS} more, over a link with 20 ms of round trip.`,
)

const scratch = await measure(callWithOwnClientFromScratch)
const right = await measure(callWithSharedClient)
const resuming = await measure(callWithOwnClient)

const ways = [
  { name: 'per call, no resumption', ...scratch },
  { name: 'per call', ...resuming },
  { name: 'one shared', ...right },
]
table(
  ['', 'connections', 'handshakes', 'resumed', `first ${CALLS}`, `next ${CALLS}`],
  ways.map((way) => [way.name, way.connections, way.handshakes, way.resumed, ms(way.first), ms(way.next)]),
)
console.log(`\n  the next ${CALLS} calls`)
const most = Math.max(...ways.map((way) => way.next))
for (const { name, next } of ways) console.log(`  ${name.padEnd(23)}  ${accent(bar(next, most))}`)

note(
  `The shared client needs ${bold('one')} connection, and after that a call costs one round trip.`,
  'A client per call pays for TCP, TLS and closing every time. It still resumes TLS sessions, because',
  'they are in one store of the process: less work for both sides, but not fewer connections.',
)
if (warning !== '') note('Trunkline noticed, and warned once on stderr:', `"${warning}"`)

await shared.close()
await link.close()
await server.close()

const figures = ({ connections, handshakes, resumed, first, next }: typeof right) => {
  return { connections, handshakes, resumed, firstMs: round(first), nextMs: round(next) }
}
finish({
  calls: 2 * CALLS,
  fromScratch: figures(scratch),
  perCall: figures(resuming),
  shared: figures(right),
  warned: warning !== '',
})
