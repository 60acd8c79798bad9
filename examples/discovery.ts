/** One service, several endpoints: a slow one, one that fails for a while, one that leaves and one that comes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Endpoint } from '../src/index.ts'
import { bad, bar, bold, dim, finish, good, note, table, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const REQUESTS = 300
const AT_ONCE = 6

/** How each server behaves now; the phases change it. */
const behaviour = [
  { name: 'one', delay: 2, failing: false },
  { name: 'two', delay: 2, failing: false },
  { name: 'slow', delay: 25, failing: false },
  { name: 'new', delay: 2, failing: false },
]
const servers = await Promise.all(
  behaviour.map((state) =>
    startServer(async (_request, response) => {
      const { failing } = state
      if (!failing) await sleep(state.delay)
      response.statusCode = failing ? 503 : 200
      response.end(state.name)
    }),
  ),
)
const endpointOf = (index: number): Endpoint => ({ host: '127.0.0.1', port: servers[index]?.port ?? 0 })
let registered = [0, 1, 2]

title(
  'Service discovery',
  `${REQUESTS} requests per phase to https://trunkline.test, ${AT_ONCE} at a time; no DNS knows that name.`,
)

const client = createClient({
  tls: { ca: servers[0]?.ca as string },
  retry: { limit: 2, statuses: [503], baseDelay: 1 },
  discovery: {
    match: ['trunkline.test'],
    resolver: { resolve: async () => registered.map(endpointOf) },
    refresh: 20,
    ejection: { failures: 3, duration: 200 },
  },
})

interface Phase {
  readonly what: string
  readonly shares: readonly number[]
  readonly failed: number
  readonly states: Readonly<Record<string, string>>
}

async function phase(what: string): Promise<Phase> {
  const before = servers.map(({ seen }) => seen.requests)
  let left = REQUESTS
  let failed = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const response = await client.fetch('https://trunkline.test/').catch(() => null)
        if (response?.ok !== true) failed += 1
        await response?.text()
      }
    }),
  )
  const shares = servers.map(({ seen }, index) => seen.requests - (before[index] ?? 0))
  const endpoints = client.stats().services[0]?.endpoints ?? []
  const states = endpoints.map(({ port, state }) => {
    const index = servers.findIndex((server) => server.port === port)
    return [behaviour[index]?.name ?? '?', state] as const
  })
  return { what, shares, failed, states: Object.fromEntries(states) }
}

const phases = [await phase('all is well')]
;(behaviour[0] as { failing: boolean }).failing = true
phases.push(await phase('one fails'))
;(behaviour[0] as { failing: boolean }).failing = false
await sleep(800)
phases.push(await phase('one is back'))
registered = [0, 2, 3]
await sleep(50)
await client.fetch('https://trunkline.test/').then((response) => response.text())
phases.push(await phase('two left, new came'))

table(
  ['phase', ...behaviour.map(({ name }) => name), 'failed', 'states'],
  phases.map(({ what, shares, failed, states }) => [
    bold(what),
    ...shares.map((share) => `${bar(share, REQUESTS, 12).padEnd(12)} ${String(share).padStart(3)}`),
    failed === 0 ? good('0') : bad(String(failed)),
    dim(
      Object.entries(states)
        .map(([name, state]) => `${name} ${state}`)
        .join(', '),
    ),
  ]),
)
note(
  `The slow endpoint gets few requests: of two random endpoints, the faster one is chosen.`,
  `The failing one is out after 3 failures in a row, each hidden by a retry; single requests test whether it is back.`,
  `An endpoint that leaves the registry finishes its requests and gets no new ones.`,
)

await client.close()
await Promise.all(servers.map((server) => server.close()))

const [well, failing, back, moved] = phases
finish({
  failed: phases.reduce((sum, { failed }) => sum + failed, 0),
  slowShare: well?.shares[2] ?? 0,
  quickShare: well?.shares[0] ?? 0,
  whileFailing: failing?.shares[0] ?? 0,
  stateWhileFailing: failing?.states.one,
  whenBack: back?.shares[0] ?? 0,
  left: moved?.shares[1] ?? 0,
  came: moved?.shares[3] ?? 0,
})
process.exitCode = phases.every(({ failed }) => failed === 0) ? 0 : 1
