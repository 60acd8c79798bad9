/** An event stream whose connection is cut off again and again; not one event is missed. */
import { createClient } from '../src/index.ts'
import { eventStream } from '../src/integrations/sse/index.ts'
import { accent, bar, dim, finish, note, title } from './support/print.ts'
import { type Handler, startServer } from './support/server.ts'

const EVENTS = 200
/** The server goes away after so many events of one stream. */
const PATIENCE = 45

/** Counts on from the event that the reader saw last. */
const ticker: Handler = (request, response) => {
  let id = Number(request.headers['last-event-id'] ?? 0)
  const last = id + PATIENCE
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('retry: 20\n\n')
  const timer = setInterval(() => {
    id += 1
    response.write(`id: ${id}\nevent: tick\ndata: ${JSON.stringify({ count: id })}\n\n`)
    if (id === last) response.stream.close(2)
  }, 1)
  response.once('close', () => clearInterval(timer))
}

const server = await startServer(ticker)
const client = createClient({ tls: { ca: server.ca } })

title('Server-Sent Events', `A server that resets each stream after ${PATIENCE} events.`)
const counts: number[] = []
let reconnects = 0
const events = eventStream(client, server.origin, {
  onReconnect: ({ delay, reason }) => {
    reconnects += 1
    const why = typeof reason === 'object' && 'error' in reason ? (reason.error as Error).name : 'ended'
    console.log(`  ${accent(bar(counts.length, EVENTS))} ${dim(`${why}; again in ${Math.round(delay)} ms`)}`)
  },
})
for await (const { data } of events) {
  counts.push(JSON.parse(data).count)
  if (counts.length === EVENTS) break
}
console.log(`  ${accent(bar(counts.length, EVENTS))} ${dim('enough')}`)
const { connections } = client.stats()
await client.close()
await server.close()

const missed = counts.filter((count, index) => count !== index + 1).length
note(
  `${EVENTS} events, ${reconnects} reconnects, ${missed} missed or duplicated.`,
  'Each new stream begins with the id of the last event, all of them on one connection.',
)
finish({ events: counts.length, reconnects, missed, connections })
