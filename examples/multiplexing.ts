/** 10 calls over a 50 ms link: six HTTP/1.1 connections, and one HTTP/2 session. */
import { type Client, createClient } from '../src/index.ts'
import { ms, round } from './support/format.ts'
import { accent, bar, bold, dim, finish, note, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { startServer } from './support/server.ts'

const CALLS = 10
const ONE_WAY_MS = 25

interface Call {
  /** ms until the request was put on a connection, and ms from there to its answer. */
  readonly waited: number
  readonly travelled: number
}

interface Result {
  readonly time: number
  readonly connections: number
  readonly calls: readonly Call[]
}

const server = await startServer((_request, response) => response.end('hello'))
const link = await startRelay(server, { delay: ONE_WAY_MS })

async function callAtOnce(client: Client): Promise<Result> {
  const startedAt = performance.now()
  const calls = await Promise.all(
    Array.from({ length: CALLS }, async () => {
      const response = await client.fetch(link.origin)
      await response.text()
      const { queued, firstByte } = response.timings
      return { waited: queued, travelled: firstByte }
    }),
  )
  return { time: performance.now() - startedAt, connections: client.stats().connections, calls }
}

function draw(name: string, { time, connections, calls }: Result, most: number): void {
  const scale = (value: number) => bar(value, most, 48)
  console.log(`  ${bold(name)} ${dim(`on ${connections} connection${connections === 1 ? '' : 's'}`)}`)
  for (const [index, { waited, travelled }] of calls.entries()) {
    const whole = scale(waited + travelled).length
    const waiting = scale(waited).replaceAll('█', '░')
    console.log(
      `  ${String(index + 1).padStart(2)} ${dim(waiting)}${accent('█'.repeat(whole - waiting.length))}`,
    )
  }
  console.log(`     all done after ${bold(ms(time))}\n`)
}

const tls = { ca: server.ca }
const http1 = createClient({ tls, protocols: ['http/1.1'], http1: { maxSockets: 6 } })
const http2 = createClient({ tls })

title(
  'Multiplexing',
  `${CALLS} calls at once over a link with ${2 * ONE_WAY_MS} ms of round trip; the connections are already open.`,
)
// The first round opens the connections, so that the second one shows the calls alone.
await Promise.all([callAtOnce(http1), callAtOnce(http2)])
const slow = await callAtOnce(http1)
const fast = await callAtOnce(http2)

const most = Math.max(slow.time, fast.time)
draw('HTTP/1.1', slow, most)
draw('HTTP/2', fast, most)
console.log(`     ${dim('░ waits for a connection   █ under way')}`)
note(
  'An HTTP/1.1 connection carries one call at a time: with 6 of them, the last 4 calls wait a round trip.',
  'On one HTTP/2 session all calls run together, with one handshake instead of six.',
)

await Promise.all([http1.close(), http2.close()])
await link.close()
await server.close()

finish({
  calls: CALLS,
  roundTripMs: 2 * ONE_WAY_MS,
  http1: { connections: slow.connections, timeMs: round(slow.time) },
  http2: { connections: fast.connections, timeMs: round(fast.time) },
})
