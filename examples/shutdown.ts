/** Graceful shutdown: close() under load. Running requests are finished, new ones refused, slow ones cut off. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, createClient } from '../src/index.ts'
import { round } from './support/format.ts'
import { accent, bad, dim, finish, good, note, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const JOBS_MS = [100, 200, 300, 400, 500, 600, 700, 5000, 60_000]
const CLOSE_AFTER_MS = 250
const CLOSE_TIMEOUT_MS = 1000

// GET /600 is answered after 600 ms.
const server = await startServer((request, response) => {
  const job = setTimeout(() => response.end('done'), Number(request.url.slice(1)))
  response.on('close', () => clearTimeout(job))
})
const client = createClient({ tls: { ca: server.ca } })
await client.connect(server.origin)

const startedAt = performance.now()
const now = () => performance.now() - startedAt

interface Outcome {
  readonly name: string
  readonly from: number
  readonly to: number
  /** The code of the error, or null. */
  readonly code: string | null
}

async function run(job: number): Promise<Outcome> {
  const from = now()
  const outcome = (code: string | null) => ({ name: `${job} ms`, from, to: now(), code })
  try {
    const response = await client.request(`${server.origin}/${job}`)
    await response.body.discard()
    return outcome(null)
  } catch (error) {
    return outcome(error instanceof ClientError ? error.code : String(error))
  }
}

title(
  'Graceful shutdown',
  `${JOBS_MS.length} requests are in progress when close({ timeout: ${CLOSE_TIMEOUT_MS} }) is called, as in:`,
  "process.once('SIGTERM', () => client.close({ timeout: 5000 }))",
)

const running = JOBS_MS.map(run)
await sleep(CLOSE_AFTER_MS)
const closedAt = now()
const closed = client.close({ timeout: CLOSE_TIMEOUT_MS })
const late = await run(50)
await closed
const endedAt = now()
const outcomes = [...(await Promise.all(running)), late]

// A row for each request: time goes from left to right.
const WIDTH = 50
const column = (time: number) => Math.round((time / endedAt) * WIDTH)
const closing = column(closedAt)
const ruler = `┌ close()${'timeout ┐'.padStart(WIDTH - closing - 8)}`
console.log(`  ${''.padStart(9)} ${' '.repeat(closing)}${dim(ruler)}`)
for (const { name, from, to, code } of outcomes) {
  const cells = Array.from({ length: WIDTH + 1 }, (_, at) => {
    if (at === column(to) && code !== null) return bad('×')
    if (at >= column(from) && at <= column(to)) return accent('█')
    return at === closing || at === WIDTH ? dim('│') : ' '
  })
  const result = code === null ? good('✓ finished') : bad(`✗ ${code.replace('ERR_TRUNKLINE_', '')}`)
  console.log(`  ${name.padStart(9)} ${cells.join('')} ${result}`)
}

const count = (wanted: string | null) => outcomes.filter(({ code }) => code === wanted).length
const figures = {
  finished: count(null),
  refused: count('ERR_TRUNKLINE_CLIENT_CLOSED'),
  cut: count('ERR_TRUNKLINE_CLIENT_DESTROYED'),
}
note(
  `${figures.finished} requests were finished, some of them long after close(). ${figures.refused} came too late and was refused at once:`,
  'it was not sent, so it is safe to send elsewhere (its error says `processed: "no"`).',
  `${figures.cut} were not done after ${CLOSE_TIMEOUT_MS} ms and were cut off, so that the program ends on time.`,
)

await server.close()
finish({ ...figures, closeMs: round(endedAt - closedAt), connectionsLeft: client.stats().connections })
