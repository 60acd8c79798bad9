/** Two origins share a client's limit: a slow one does not starve the other, and what is urgent goes first. */
import { createClient } from '../src/index.ts'
import { round } from './support/format.ts'
import { accent, bar, dim, finish, note, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const IN_FLIGHT = 8
const SLOW_MS = 400
const QUICK_MS = 10
const REQUESTS = 60

const after = (time: number) =>
  startServer((_request, response) => void setTimeout(() => response.end('done'), time))
const [slow, quick] = await Promise.all([after(SLOW_MS), after(QUICK_MS)])
const client = createClient({ tls: { ca: slow.ca }, limits: { inFlight: IN_FLIGHT } })

title(
  'Limits and fairness',
  `limits.inFlight is ${IN_FLIGHT}. ${REQUESTS} requests go to an origin that takes ${SLOW_MS} ms, and then ${REQUESTS} to one that`,
  `takes ${QUICK_MS} ms; the last of these is urgent. What each has in flight:`,
)

const startedAt = performance.now()
const now = () => performance.now() - startedAt
const finished: string[] = []

async function send(origin: string, name: string, urgency = 3): Promise<number> {
  const { body } = await client.request(origin, { priority: { urgency } })
  await body.discard()
  finished.push(name)
  return now()
}

const inFlight = (origin: string) =>
  client.stats().inFlight.find((lane) => lane.origin === origin)?.inFlight ?? 0
const show = () => {
  const [there, here] = [inFlight(slow.origin), inFlight(quick.origin)]
  console.log(
    `  ${dim(`${Math.round(now())} ms`.padStart(8))}  ${dim('slow')} ${bar(there, IN_FLIGHT, IN_FLIGHT).padEnd(IN_FLIGHT)}  ${dim('quick')} ${accent(bar(here, IN_FLIGHT, IN_FLIGHT))}`,
  )
}

const watch = setInterval(show, 150)
const slowOnes = Array.from({ length: REQUESTS }, () => send(slow.origin, 'slow'))
const quickOnes = Array.from({ length: REQUESTS }, (_, index) =>
  index === REQUESTS - 1 ? send(quick.origin, 'urgent', 0) : send(quick.origin, 'quick'),
)
const quickDone = Math.max(...(await Promise.all(quickOnes)))
const slowLeft = REQUESTS - finished.filter((name) => name === 'slow').length
client.update({ limits: { inFlight: 100 } })
show()
await Promise.all(slowOnes)
clearInterval(watch)

const place = finished.filter((name) => name !== 'slow').indexOf('urgent') + 1
note(
  `The fast origin was done after ${Math.round(quickDone)} ms, when ${slowLeft} requests to the slow one were still open: a free`,
  'place goes to the origin with fewer in flight. The urgent request came last and was answered as number',
  `${place} of ${REQUESTS}. Then client.update() raised the limit, and the rest went out at once.`,
)
await client.close()
await Promise.all([slow.close(), quick.close()])
finish({ quickMs: round(quickDone), slowLeft, urgentPlace: place })
