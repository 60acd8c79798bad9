/** A connection that dies silently, as behind a firewall that dropped it. Which client notices, and when? */
import { setDefaultCACertificates } from 'node:tls'
import { createClient } from '../src/index.ts'
import { bad, bold, dim, finish, good, note, startTimeline, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { startServer } from './support/server.ts'

/** What our `fetch` and the platform's have in common, as far as this example goes. */
type Fetch = (url: string, init: { signal: AbortSignal }) => Promise<Response>

const server = await startServer((request, response) => response.end(`HTTP/${request.httpVersion}`))

/** One request before its connection dies and `more` after it, each with a time limit of one second. */
async function useDyingConnection(fetch: Fetch, more: number): Promise<string[]> {
  const link = await startRelay(server)
  const tell = startTimeline()

  async function get(): Promise<string> {
    const connections = server.seen.connections
    try {
      const response = await fetch(link.origin, { signal: AbortSignal.timeout(1000) })
      const protocol = await response.text()
      const where = server.seen.connections > connections ? ', on a new connection' : ''
      tell(`${good('✓')} ${response.status} ${dim(`${protocol}${where}`)}`)
      return String(response.status)
    } catch (error) {
      tell(`${bad('✗')} ${(error as Error).name}`)
      return (error as Error).name
    }
  }

  const outcomes = [await get()]
  link.blackHole()
  tell(dim('· the connection dies: nothing gets through any more, without any notice'))
  for (let request = 0; request < more; request += 1) outcomes.push(await get())
  await link.close()
  return outcomes
}

title('Keepalive', 'A connection dies silently. Requests have a time limit: AbortSignal.timeout(1000).')

console.log(`  ${bold('Trunkline')}`)
const client = createClient({ tls: { ca: server.ca } })
const ours = await useDyingConnection(client.fetch, 4)
const { dials, resumed } = client.stats()
await client.close()

console.log(`\n  ${bold("The platform's fetch")} ${dim(`of Node ${process.versions.node}`)}`)
setDefaultCACertificates([server.ca])
const theirs = await useDyingConnection(fetch, 4)

note(
  'When a request times out and nothing was received, Trunkline tests the connection with a PING, and sends no new',
  'request on it until the answer comes. None came, so the next request used a new connection and a resumed session.',
)
if (theirs.slice(2).every((outcome) => outcome === 'TimeoutError')) {
  note(
    "The platform's fetch cancels the request and keeps the connection, so every further request waits there too.",
  )
}

await server.close()
finish({
  outcomes: ours,
  connections: dials,
  resumed,
  platform: { node: process.versions.node, outcomes: theirs },
})
