/** One scenario: all clients are started and warmed up, then take turns. */
import { busyDuring } from './busy.ts'
import type { ClientDefinition } from './clients/client.ts'
import { messageOf } from './measure.ts'
import type { BenchOptions } from './options.ts'
import type { Cores } from './pinning.ts'
import type { Progress } from './progress.ts'
import { QUICK_ROUNDS_AT_MOST } from './quick.ts'
import { type Cell, type CellState, type Round, requestsPerSecond, type ScenarioResult } from './results.ts'
import { h2loadRunner, holdRunner, processRunner, type Runner } from './runner.ts'
import type { Scenario, Site } from './scenarios.ts'
import type { Running, Servers } from './servers.ts'

export interface Context {
  readonly options: BenchOptions
  readonly servers: Servers
  readonly caFile: string
  readonly cores: Cores | null
  /** By client, where it may choose. */
  readonly protocols: ReadonlyMap<string, string>
  /** When the run began. */
  readonly started: number
  readonly progress: Progress
}

/** `--quick` begins no round after so many ms. */
const QUICK_BUDGET = 50_000

/** ms; `--quick` gives up sooner, for it has promised to be. */
const GRACE = { quick: 8000, full: 30_000 }

interface Contender {
  readonly client: ClientDefinition
  readonly server: Running
  readonly remark: string | null
  readonly rounds: (Round | null)[]
  runner: Runner | null
  state: CellState
}

export async function contend(
  scenario: Scenario,
  clients: readonly ClientDefinition[],
  context: Context,
): Promise<ScenarioResult> {
  const contenders = await Promise.all(clients.map((client) => enter(scenario, client, context)))
  try {
    if (scenario.work.kind !== 'hold') await warmUp(scenario, contenders, context)
    const rounds = roundsOf(scenario, context.options)
    for (let round = 0; round < rounds && !(round > 0 && isOverdue(context)); round++) {
      // Each round begins with another one: nobody always follows the same neighbour.
      const order = contenders.map((_, index) => contenders[(index + round) % contenders.length] as Contender)
      for (const contender of order) {
        await runRound(scenario, contender, context, context.options.seconds, `round ${round + 1}/${rounds}`)
      }
    }
  } finally {
    for (const { runner } of contenders) runner?.stop()
  }
  const server = (await context.servers.forSite(scenario.site)).name
  return { scenario, server, cells: contenders.map(cellOf) }
}

function roundsOf({ id, work }: Scenario, { quick, rounds }: BenchOptions): number {
  if (quick) return Math.min(rounds, QUICK_ROUNDS_AT_MOST[id] ?? rounds)
  return work.kind === 'hold' ? Math.min(rounds, 3) : rounds
}

function isOverdue({ options, started }: Context): boolean {
  return options.quick && performance.now() - started > QUICK_BUDGET
}

async function enter(scenario: Scenario, client: ClientDefinition, context: Context): Promise<Contender> {
  const { site, remark } = siteFor(scenario.site, client, context)
  const server = await context.servers.forSite(site)
  const contender: Contender = {
    client,
    server,
    remark,
    rounds: [],
    runner: null,
    state: { kind: 'measured' },
  }
  const inability = client.cannot?.[scenario.id]
  if (inability !== undefined) contender.state = { kind: 'unable', why: inability }
  else await start(contender, scenario, site, context)
  return contender
}

/** nghttpd and the relay before it speak HTTP/2 only; who does not is sent to the Node server. */
function siteFor(
  site: Site,
  { id }: ClientDefinition,
  { protocols, servers }: Context,
): { site: Site; remark: string | null } {
  if (protocols.get(id) !== 'http/1.1' || site === 'http1') return { site, remark: null }
  if (site === 'c' && servers.fastest === 'nghttpd')
    return { site: 'node', remark: 'over HTTP/1.1, from the Node server' }
  return { site, remark: 'over HTTP/1.1' }
}

async function start(contender: Contender, { work }: Scenario, site: Site, context: Context): Promise<void> {
  const { client, server } = contender
  const { servers, caFile, cores, options } = context
  try {
    const raw = client.id === 'raw-tls'
    const origin = await servers.originOf(site, raw ? 'raw' : 'http')
    const url = `${origin}${raw ? `/${50 * 1024 * 1024}` : work.path}`
    const runner = {
      client: client.id,
      caFile,
      core: cores?.client ?? null,
      url,
      grace: GRACE[options.quick ? 'quick' : 'full'],
    }
    if (work.kind === 'hold') contender.runner = holdRunner(runner, work, server.child)
    else if (client.open !== null) contender.runner = await processRunner(runner, work)
    else contender.runner = h2loadRunner({ ...runner, folder: servers.folder, http1: site === 'http1' }, work)
  } catch (error) {
    contender.state = { kind: 'failed', why: messageOf(error) }
  }
}

/** A round that does not count: connections are made, code is compiled, windows grow. */
async function warmUp(scenario: Scenario, contenders: readonly Contender[], context: Context): Promise<void> {
  for (const contender of contenders) {
    if (contender.client.open === null) continue
    await runRound(scenario, contender, context, context.options.warmUp, 'warming up')
    contender.rounds.pop()
  }
}

async function runRound(
  { work }: Scenario,
  contender: Contender,
  { progress }: Context,
  seconds: number,
  step: string,
): Promise<void> {
  const { client, runner, server } = contender
  if (runner === null || contender.state.kind !== 'measured') {
    contender.rounds.push(null)
    return
  }
  try {
    const [figures, serverBusy] = await busyDuring(server.child.pid, () => runner.round(seconds))
    // A few small requests may fail and the rest still be rated; of a large body half is nothing.
    if (figures.errors > 0 && work.kind === 'transfer') throw new Error(figures.firstError ?? 'failed')
    contender.rounds.push({ ...figures, serverBusy })
    const done =
      figures.p50 !== null
        ? `${Math.round(requestsPerSecond({ ...figures, serverBusy })).toLocaleString('en')} req/s`
        : ''
    progress.step(`${step}, ${client.name} ${done}`)
  } catch (error) {
    runner.stop()
    contender.rounds.push(null)
    contender.state = { kind: 'failed', why: messageOf(error) }
    progress.step(`${step}, ${client.name} failed: ${messageOf(error)}`)
  }
}

function cellOf({ client, state, rounds, remark }: Contender): Cell {
  // Whoever failed in every request measured nothing but failures.
  const first = rounds.find((round) => round !== null)
  const useless = state.kind === 'measured' && rounds.every((round) => round === null || round.requests === 0)
  const why = first?.firstError ?? 'no request succeeded'
  return { client: client.id, state: useless ? { kind: 'failed', why } : state, rounds, remark }
}
