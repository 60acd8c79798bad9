/**
 * What telemetry costs: CPU time of the client per request, by who listens, on both engines. Clients and the server
 * are processes of their own. `node bench/telemetry.ts [rounds] [requests per round] [another checkout]`; the checkout
 * is one from before telemetry, to compare with. Prints a table, and its figures as one line of JSON.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bold, finish, table, title } from '../examples/support/print.ts'
import { startServer } from '../examples/support/server.ts'
import type { ClientOptions, EventName } from '../src/index.ts'
import { median } from './statistics.ts'

const CONCURRENCY = 100
const ENGINES = ['node', 'wire'] as const
const HERE = fileURLToPath(new URL('..', import.meta.url))

/** Who listens to what, or what is switched on. The first one is what the others are held against. */
const SETUPS: Readonly<Record<string, Setup>> = {
  nobody: {},
  'nobody, once more': {},
  'request:end': { listens: ['request:end'] },
  'all channels but frame': { listens: 'all but frame' },
  'all channels': { listens: 'all' },
  correlation: { options: { correlation: true } },
  'measure.latency': { options: { measure: { latency: true } } },
}

interface Setup {
  readonly listens?: 'all' | 'all but frame' | readonly EventName[]
  readonly options?: ClientOptions
}

interface Task {
  readonly root: string
  readonly engine: (typeof ENGINES)[number]
  readonly setup: Setup
  readonly origin: string
  readonly ca: string
  readonly requests: number
}

interface Figures {
  readonly engine: string
  readonly setup: string
  /** µs of CPU time for a request. */
  readonly cpu: number
  /** Median of the ratios to `nobody` of the same round. */
  readonly ratio: number
}

if (process.argv[2] === 'client') serveTask()
else if (process.argv[2] === 'server') await serve()
else await compare(Number(process.argv[2] ?? 15), Number(process.argv[3] ?? 5000), process.argv[4])

async function serve(): Promise<void> {
  const body = Buffer.alloc(1024, 'a')
  const server = await startServer((_request, response) => response.end(body))
  process.on('disconnect', () => process.exit())
  process.send?.({ origin: server.origin, ca: server.ca })
}

function serveTask(): void {
  let round: (() => Promise<number>) | null = null
  process.on('disconnect', () => process.exit())
  process.on('message', async (task: Task | 'round') => {
    if (task !== 'round') round = await prepared(task)
    process.send?.(await round?.())
  })
}

/** A round of requests; gives µs of CPU time for each. */
async function prepared({ root, engine, setup, origin, ca, requests }: Task): Promise<() => Promise<number>> {
  const library = await import(new URL('src/index.ts', pathToFileURL(`${root}/`)).href)
  const { listens = [] } = setup
  const names: readonly EventName[] =
    listens === 'all' || listens === 'all but frame' ? library.EVENT_NAMES : listens
  for (const name of names) {
    if (name === 'frame' && listens === 'all but frame') continue
    library.events[name].subscribe(() => {})
  }
  const client = library.createClient({ ...setup.options, engine, tls: { ca } })
  return async () => {
    let left = requests
    const before = process.cpuUsage()
    const lane = async () => {
      while (left-- > 0) await (await client.request(origin)).body.bytes()
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, lane))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / requests
  }
}

async function compare(rounds: number, requests: number, before: string | undefined): Promise<void> {
  title(
    'Telemetry',
    `CPU time of the client for a GET of 1 KiB over HTTP/2, ${CONCURRENCY} at a time, ${rounds} rounds of ${requests}.`,
    'The ratio is the median of those to a round where nobody listened.',
  )
  const server = child('server')
  const [{ origin, ca }] = (await once(server, 'message')) as [{ origin: string; ca: string }]
  const setups = Object.entries(SETUPS).map(([name, setup]) => ({ name, setup, root: HERE }))
  if (before !== undefined) setups.push({ name: 'before telemetry', setup: {}, root: before })
  const figures: Figures[] = []
  for (const engine of ENGINES) {
    const clients = setups.map(({ name, setup, root }) => {
      const process = child('client')
      process.send({ root, engine, setup, origin, ca, requests } satisfies Task)
      return { name, process, cpu: [] as number[] }
    })
    // The first answer is that of the warm-up.
    await Promise.all(clients.map(({ process }) => once(process, 'message')))
    for (let round = 0; round < rounds; round += 1) {
      // Each of them is first, second and so on as often as the others.
      for (let turn = 0; turn < clients.length; turn += 1) {
        const one = clients[(round + turn) % clients.length] as (typeof clients)[number]
        one.process.send('round')
        const [cpu] = (await once(one.process, 'message')) as [number]
        one.cpu.push(cpu)
      }
    }
    const base = clients[0]?.cpu ?? []
    for (const { name, process, cpu } of clients) {
      process.disconnect()
      const ratio = median(cpu.map((value, index) => value / (base[index] ?? Number.NaN)))
      figures.push({ engine, setup: name, cpu: median(cpu), ratio })
    }
  }
  server.disconnect()
  print(figures)
}

function child(role: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [role], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

function print(figures: readonly Figures[]): void {
  table(
    ['engine', 'who listens', 'µs CPU / request', 'ratio'],
    figures.map(({ engine, setup, cpu, ratio }) => [
      engine,
      bold(setup),
      cpu.toFixed(1),
      `${ratio.toFixed(3)} ×`,
    ]),
  )
  finish({ figures })
}
