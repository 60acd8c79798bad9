/** 100 requests at once, to a server we have not connected to before. How many connections do they need? */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../src/index.ts'
import { ms, round } from './support/format.ts'
import { bold, finish, note, table, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const REQUESTS = 100

const server = await startServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ youAskedFor: request.url }))
})

title('Quickstart', `${REQUESTS} requests at once, to a server we have not connected to before.`)

// One client for the whole program. `keepAlive` is set only so that a run this short shows a round trip without load:
// by default a connection is asked by a PING when it was silent for 15 seconds with requests open.
const client = createClient({ tls: { ca: server.ca }, keepAlive: { interval: 20, whenIdle: true } })

const startedAt = performance.now()
const answers = await Promise.allSettled(
  Array.from({ length: REQUESTS }, async (_, index) => {
    const response = await client.fetch(`${server.origin}/items/${index}`)
    const item = (await response.json()) as { youAskedFor: string }
    if (item.youAskedFor !== `/items/${index}`) throw new Error(`the wrong item: ${item.youAskedFor}`)
    return response.protocol
  }),
)
const time = performance.now() - startedAt

const roundTrip = () => client.stats().origins[0]?.connections[0]?.roundTrip.min ?? null
do
  await sleep(100) // time for a few PINGs
while (roundTrip() === null && performance.now() - startedAt < 5000)
const rtt = roundTrip()
const stats = client.stats()
const failed = answers.filter((answer) => answer.status === 'rejected').length
const protocols = new Set(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed')))

table(
  ['requests', 'connections', 'handshakes', 'resumed', 'RTT', 'protocol', 'time'],
  [
    [
      stats.requests,
      stats.dials,
      stats.handshakes,
      stats.resumed,
      rtt === null ? '-' : ms(rtt),
      [...protocols].join(', '),
      ms(time),
    ],
  ],
)
note(
  `All ${REQUESTS} shared ${bold('one connection and one TLS handshake')}: HTTP/2 carries them side by side.`,
  `The server counted the same: ${server.seen.requests} requests, ${server.seen.connections} connection.`,
)

for (const answer of answers) if (answer.status === 'rejected') console.error(answer.reason)

await client.close()
await server.close()

finish({
  requests: stats.requests,
  failed,
  connections: stats.dials,
  handshakes: stats.handshakes,
  protocol: [...protocols].join(', '),
  resumed: stats.resumed,
  rttMs: rtt === null ? null : Math.round(rtt * 1000) / 1000,
  timeMs: round(time),
})
process.exitCode = failed === 0 ? 0 : 1
