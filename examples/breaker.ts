/** A server that is down for a while, and a client that stops calling it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, LimitError } from '../src/index.ts'
import { bad, dim, finish, good, note, startTimeline, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const CALL_EVERY_MS = 20
const DOWN_FROM_MS = 400
const DOWN_UNTIL_MS = 1400
const END_MS = 2400

const startedAt = performance.now()
const now = () => performance.now() - startedAt
let askedWhileDown = 0
const server = await startServer((_request, response) => {
  const down = now() > DOWN_FROM_MS && now() < DOWN_UNTIL_MS
  if (down) askedWhileDown += 1
  response.statusCode = down ? 503 : 200
  response.end()
})

title(
  'Circuit breaker',
  `A call every ${CALL_EVERY_MS} ms. From ${DOWN_FROM_MS} to ${DOWN_UNTIL_MS} ms the server answers 503 to everything.`,
)

const say = startTimeline()
const changes: string[] = []
const client = createClient({
  tls: { ca: server.ca },
  breaker: {
    window: 10,
    minimumCalls: 5,
    openTime: 200,
    probes: 2,
    onStateChange: ({ from, to, failed, calls, retryAfter }) => {
      flush()
      changes.push(to)
      const why =
        to === 'open'
          ? `${failed} of ${calls} calls failed; the next try in ${Math.round(retryAfter)} ms`
          : ''
      say(`${from} → ${to === 'open' ? bad(to) : good(to)}  ${dim(why)}`)
    },
  },
})

const counts = { ok: 0, failed: 0, refused: 0 }
let row = ''
function flush(): void {
  if (row !== '') say(row)
  row = ''
}

while (now() < END_MS) {
  try {
    const { status, body } = await client.request(server.origin)
    await body.discard()
    if (status === 200) counts.ok += 1
    else counts.failed += 1
    row += status === 200 ? good('✓') : bad('✗')
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    counts.refused += 1
    row += dim('·')
  }
  await sleep(CALL_EVERY_MS)
}
flush()

note(
  `${good('✓')} is an answer, ${bad('✗')} a 503, ${dim('·')} refused at once without a request: ${counts.refused} calls.`,
  `While it was down the server saw ${askedWhileDown} requests: each time a probe failed, the next pause was twice`,
  'as long.',
)
const [circuit] = client.stats().circuits
await client.close()
await server.close()
finish({ ...counts, askedWhileDown, changes, state: circuit?.state })
