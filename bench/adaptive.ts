/**
 * Adaptive limits against none and fixed ones, at a server whose capacity changes. The server is a process of its
 * own. `node bench/adaptive.ts [seconds per phase]`; prints a table, and its figures as one line of JSON.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bold, finish, table, title } from '../examples/support/print.ts'
import { startServer } from '../examples/support/server.ts'
import { Workers } from '../examples/support/workers.ts'
import { type ClientOptions, createClient } from '../src/index.ts'

const SERVICE_MS = 10
const CALLERS = 300
/** Requests that the server works on at once, one phase after the other. */
const PHASES = [20, 5, 60, 20]

const CLIENTS: Readonly<Record<string, ClientOptions>> = {
  'no limit': {},
  'inFlightPerOrigin: 20': { limits: { inFlightPerOrigin: 20 } },
  adaptive: { adaptive: {} },
}

interface Figures {
  readonly client: string
  readonly workers: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly limit: number | null
}

if (process.argv[2] === 'server') await serve()
else await compare(Number(process.argv[2] ?? 5) * 1000)

/** Told by messages how many requests it takes at once. */
async function serve(): Promise<void> {
  const workers = new Workers(PHASES[0] as number, SERVICE_MS)
  const server = await startServer(workers.handler)
  process.on('message', (count: number) => {
    workers.workers = count
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ origin: server.origin, ca: server.ca })
}

async function compare(phaseMs: number): Promise<void> {
  title(
    'Adaptive limits',
    `${CALLERS} callers, ${SERVICE_MS} ms for each request; the server takes ${PHASES.join(', ')} at once, ${phaseMs / 1000} s each.`,
    'The first 1.5 s after a change are left out. Latency: from the request on the wire to its head.',
  )
  const results: Figures[] = []
  for (const [name, options] of Object.entries(CLIENTS))
    results.push(...(await measure(name, options, phaseMs)))
  table(
    ['server takes', 'client', 'req/s', 'of capacity', 'p50 ms', 'p99 ms', 'limit'],
    PHASES.flatMap((_, phase) =>
      Object.keys(CLIENTS).map((_name, client) => {
        const {
          client: name,
          workers,
          perSecond,
          p50,
          p99,
          limit,
        } = results[client * PHASES.length + phase] as Figures
        const share = Math.round((perSecond / ((workers * 1000) / SERVICE_MS)) * 100)
        const shown = name === 'adaptive' ? bold(name) : name
        return [
          workers,
          shown,
          Math.round(perSecond),
          `${share} %`,
          p50.toFixed(1),
          p99.toFixed(1),
          limit ?? '-',
        ]
      }),
    ),
  )
  finish({ results })
}

async function measure(name: string, options: ClientOptions, phaseMs: number): Promise<Figures[]> {
  const child = fork(fileURLToPath(import.meta.url), ['server'])
  const [{ origin, ca }] = (await once(child, 'message')) as [{ origin: string; ca: string }]
  const client = createClient({ ...options, tls: { ca } })
  let running = true
  let latencies: number[] = []
  const call = async () => {
    while (running) {
      const { body, timings } = await client.request(origin)
      await body.discard()
      latencies.push(timings.firstByte)
    }
  }
  const callers = Array.from({ length: CALLERS }, call)
  const results: Figures[] = []
  for (const workers of PHASES) {
    child.send(workers)
    await sleep(1500)
    latencies = []
    const from = performance.now()
    await sleep(phaseMs - 1500)
    const seconds = (performance.now() - from) / 1000
    const sorted = latencies.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
    const limit = client.stats().inFlight[0]?.limit ?? Number.POSITIVE_INFINITY
    results.push({
      client: name,
      workers,
      perSecond: sorted.length / seconds,
      p50: at(0.5),
      p99: at(0.99),
      limit: Number.isFinite(limit) ? limit : null,
    })
    latencies = []
  }
  running = false
  await Promise.all(callers)
  await client.close()
  child.disconnect()
  return results
}
