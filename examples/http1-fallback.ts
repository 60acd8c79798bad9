/** ALPN: one client, and servers with and without HTTP/2; then a server that changes its mind while we run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, createClient } from '../src/index.ts'
import { accent, bad, dim, finish, note, startTimeline, table, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { type Handler, startServer } from './support/server.ts'

let retired = false // the HTTP/1.1 server asks its clients to leave, by `connection: close`

const hello: Handler = async (_request, response) => {
  await sleep(5)
  response.end('hello')
}
const modern = await startServer(hello)
const old = await startServer(
  (request, response) => {
    if (retired) response.setHeader('connection', 'close')
    return hello(request, response)
  },
  { speaks: 'http/1.1' },
)

title(
  'Fallback to HTTP/1.1',
  'One TLS handshake decides: the client offers h2 and http/1.1, the server chooses.',
)

const client = createClient({ tls: { ca: modern.ca } })

async function callAtOnce(origin: string): Promise<string> {
  const responses = await Promise.all(Array.from({ length: 10 }, () => client.fetch(origin)))
  await Promise.all(responses.map((response) => response.text()))
  return [...new Set(responses.map((response) => response.protocol))].join(', ')
}

const spoken = { modern: await callAtOnce(modern.origin), old: await callAtOnce(old.origin) }
const connections = { modern: modern.seen.connections, old: old.seen.connections }
table(
  ['server', 'spoken', '10 calls at once took'],
  [
    ['with HTTP/2', spoken.modern, `${connections.modern} connection`],
    ['HTTP/1.1 only', spoken.old, `${connections.old} connections, kept for the next calls`],
  ],
)

// Who cannot do without HTTP/2 says so, and gets an error instead.
const strict = createClient({ tls: { ca: modern.ca }, protocols: ['h2'] })
const refusal = await strict.request(old.origin).catch((error: unknown) => error)
const refusedWith = refusal instanceof ClientError ? refusal.code : 'none'
console.log(`\n  protocols: ['h2'] and a server without it: ${bad(refusedWith)}`)
await strict.close()

// A deployment that goes wrong and is rolled back, behind one address: four callers go on all the while.
console.log('\n  Behind one address, HTTP/2 is switched off and on again:\n')
const address = await startRelay(modern)
const tell = startTimeline()
const seen: string[] = []
let failed = 0
let running = true

async function keepCalling(): Promise<void> {
  while (running) {
    try {
      const response = await client.fetch(address.origin)
      await response.text()
      if (seen.at(-1) !== response.protocol) tell(`calls go over ${accent(response.protocol)}`)
      seen.push(response.protocol)
    } catch {
      failed += 1
    }
  }
}

const callers = Array.from({ length: 4 }, keepCalling)
await sleep(300)
tell(dim('· the new servers have no HTTP/2; the old ones send GOAWAY'))
address.target = old
modern.disconnect()
await sleep(300)
tell(dim('· rolled back'))
address.target = modern
retired = true
await sleep(300)
running = false
await Promise.all(callers)

note(
  `${seen.length} calls, ${failed} failed. GOAWAY lets calls finish where they are and sends the next ones elsewhere;`,
  'the protocol of an origin is remembered only until it changes. The calling code does nothing for this.',
)

await client.close()
await address.close()
await Promise.all([modern.close(), old.close()])
finish({
  protocols: spoken,
  connections: { modern: connections.modern, old: connections.old },
  strict: refusedWith,
  downgrade: { calls: seen.length, failed, spoken: seen.filter((each, index) => each !== seen[index - 1]) },
})
