/** A whole run: scenario after scenario, and in each of them round after round, every client once in each. */
import type { Certificates } from '../certs/generate.ts'
import type { ClientDefinition } from './clients/client.ts'
import { clients as all } from './clients/index.ts'
import { contend } from './contest.ts'
import { machine, versionOf, versions } from './machine.ts'
import type { ClientReply } from './messages.ts'
import type { BenchOptions } from './options.ts'
import { chooseCores } from './pinning.ts'
import type { Progress } from './progress.ts'
import { QUICK_CONTENDERS } from './quick.ts'
import type { BenchResult, ClientInfo } from './results.ts'
import { startClient } from './runner.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import type { Servers } from './servers.ts'

export async function runBench(
  options: BenchOptions,
  certificates: Certificates,
  servers: Servers,
  progress: Progress,
): Promise<BenchResult> {
  const started = performance.now()
  const cores = chooseCores()
  const where = machine(cores)
  const scenarios = SCENARIOS.filter(({ id }) => options.scenarios?.includes(id) ?? inRun(options, id))
  const clients = await presentOf(
    all.filter((client) => takesPart(options, scenarios, client)),
    progress,
  )
  const protocols = await probeProtocols(clients, servers, certificates.caFile)
  const results = []
  for (const [index, scenario] of scenarios.entries()) {
    progress.scenario(scenario.title, index + 1, scenarios.length)
    const present = clients.filter((client) => isContender(options, scenario, client))
    const context = { options, servers, caFile: certificates.caFile, cores, protocols, started, progress }
    results.push(await contend(scenario, present, context))
  }
  return {
    date: new Date().toISOString(),
    node: process.versions.node,
    versions: versions(clients),
    machine: where,
    rounds: options.rounds,
    roundSeconds: options.seconds,
    totalSeconds: (performance.now() - started) / 1000,
    quick: options.quick,
    clients: clients.map((client) => infoOf(client, protocols)),
    scenarios: results,
  }
}

function inRun({ quick }: BenchOptions, scenario: string): boolean {
  return !quick || QUICK_CONTENDERS[scenario] !== undefined
}

function takesPart(options: BenchOptions, scenarios: readonly Scenario[], client: ClientDefinition): boolean {
  if (options.clients !== null && !options.clients.includes(client.id)) return false
  return scenarios.some((scenario) => isContender(options, scenario, client))
}

/** Who is not there is left out, and the output says so. */
async function presentOf(
  clients: readonly ClientDefinition[],
  progress: Progress,
): Promise<ClientDefinition[]> {
  const present = []
  for (const client of clients) {
    const why = (await client.missing?.()) ?? null
    if (why === null) present.push(client)
    else progress.note(`Without ${client.name}: ${why}.`)
  }
  return present
}

function isContender({ quick }: BenchOptions, { id }: Scenario, client: ClientDefinition): boolean {
  if (client.only !== undefined && !client.only.includes(id)) return false
  return !quick || (QUICK_CONTENDERS[id]?.(client.id) ?? false)
}

/** Which HTTP version each client speaks where it may choose; it depends on the version of Node. */
async function probeProtocols(
  clients: readonly ClientDefinition[],
  servers: Servers,
  caFile: string,
): Promise<Map<string, string>> {
  const protocols = new Map(clients.map(({ id }) => [id, 'h2']))
  for (const client of clients.filter(({ mayChooseHttp1 }) => mayChooseHttp1)) {
    const url = `${await servers.originOf('node')}/protocol`
    try {
      const child = await startClient({ client: client.id, caFile, core: null })
      const reply = await child.ask<ClientReply>({ kind: 'probe', url }, 10_000)
      child.kill()
      if (reply.kind === 'protocol') protocols.set(client.id, reply.protocol)
    } catch {
      // It will fail in the scenarios too, and there the table says how.
    }
  }
  return protocols
}

function infoOf(client: ClientDefinition, protocols: Map<string, string>): ClientInfo {
  const { id, name, ours = false } = client
  return { id, name, ours, version: versionOf(client), protocol: protocols.get(id) ?? 'h2' }
}
