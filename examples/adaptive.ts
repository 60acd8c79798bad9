/** A server whose capacity changes, and a client that finds out how much it takes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../src/index.ts'
import { median, ms, round } from './support/format.ts'
import { accent, bar, dim, finish, note, table, title } from './support/print.ts'
import { startServer } from './support/server.ts'
import { Workers } from './support/workers.ts'

const SERVICE_MS = 20
const CALLERS = 150
const PHASES = [20, 5, 40] as const
const PHASE_MS = 2_500
const SAMPLE_MS = 125

interface Phase {
  readonly workers: number
  /** ms from a request on the wire to its head. */
  readonly latencies: number[]
  readonly queued: number[]
  readonly limits: number[]
  done: number
}

async function perform(
  adaptive: boolean,
  watch: (workers: number, limit: number, queued: number) => void,
): Promise<Phase[]> {
  const workers = new Workers(PHASES[0], SERVICE_MS)
  const server = await startServer(workers.handler)
  const client = createClient({ tls: { ca: server.ca }, ...(adaptive ? { adaptive: {} } : {}) })
  const controller = new AbortController()
  const phases: Phase[] = []
  let current: Phase | undefined

  async function call(): Promise<void> {
    while (!controller.signal.aborted) {
      const { body, timings } = await client.request(server.origin)
      await body.discard()
      if (current === undefined) continue
      current.done += 1
      current.latencies.push(timings.firstByte)
    }
  }

  const callers = Array.from({ length: CALLERS }, call)
  for (const count of PHASES) {
    workers.workers = count
    const phase: Phase = { workers: count, latencies: [], queued: [], limits: [], done: 0 }
    for (let passed = 0; passed < PHASE_MS; passed += SAMPLE_MS) {
      await sleep(SAMPLE_MS)
      const limit = client.stats().inFlight[0]?.limit ?? CALLERS
      watch(count, limit, workers.queued)
      // The first half of a phase is for finding out.
      if (passed < PHASE_MS / 2) continue
      current = phase
      phase.queued.push(workers.queued)
      phase.limits.push(limit)
    }
    current = undefined
    phases.push(phase)
  }
  controller.abort()
  await Promise.all(callers)
  await client.close()
  await server.close()
  return phases
}

title(
  'Adaptive limits',
  `${CALLERS} callers send as much as they can to a server that works on ${PHASES.join(', then ')} requests at once,`,
  `each for ${SERVICE_MS} ms. The bar is what the client lets through; │ is what the server takes.`,
)

const adaptive = await perform(true, (workers, limit, queued) => {
  const cells = bar(limit, 64, 64).padEnd(64)
  console.log(
    `  ${accent(cells.slice(0, workers))}${dim('│')}${accent(cells.slice(workers))} ${dim(`${queued} queued there`)}`,
  )
})
const unlimited = await perform(false, () => {})

console.log()
table(
  [
    'server takes',
    'limit',
    'answered',
    'latency there',
    'queued there',
    'without: answered',
    'latency',
    'queued',
  ],
  adaptive.map((phase, index) => {
    const other = unlimited[index] as Phase
    return [
      phase.workers,
      median(phase.limits),
      phase.done,
      ms(median(phase.latencies)),
      median(phase.queued),
      other.done,
      ms(median(other.latencies)),
      median(other.queued),
    ]
  }),
)
note(
  "Without a limit, all callers wait in the server's queue, out of our control, and the server is no faster.",
  'With a limit they wait in the client, where they can be ordered, timed out and observed. The difference in',
  'requests answered is the cost of finding the limit.',
)
finish({
  phases: adaptive.map(({ workers, limits, latencies, queued }, index) => ({
    workers,
    limit: median(limits),
    latencyMs: round(median(latencies)),
    queued: median(queued),
    queuedWithout: median((unlimited[index] as Phase).queued),
  })),
})
