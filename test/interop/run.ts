/**
 * `npm run interop`: the client against the servers of Debian, each over HTTP/2 and HTTP/1.1, TLS 1.2 and 1.3.
 *
 *   --server NAME   only this one; may be repeated
 *   --client node   the reference client on bare node:http2 and node:https instead of ours
 *   --engine NAME   HTTP/2 on this engine of ours only, node or wire; both unless told
 *   --huge          bodies of 1 GiB, and nothing else; takes minutes
 *   --strict        a skipped server fails the run, as it should in CI
 *   --packages      only print the Debian packages that hold the servers
 */
import { parseArgs } from 'node:util'
import { ensureCertificates } from '../../certs/generate.ts'
import { createEnvironment, type Environment } from './environment.ts'
import type { ClientUnderTest } from './interop-client.ts'
import { type Case, type Combination, casesFor, combinations, engineNames, hugeCasesFor } from './matrix.ts'
import { failureText, heading, noteLine, type Row, resultLine, totalLine } from './report.ts'
import { runCases } from './run-cases.ts'
import { servers } from './servers/index.ts'
import type { ServerDefinition } from './servers/server.ts'
import { availability, type RunningServer, startServer } from './servers/start.ts'

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', multiple: true },
    client: { type: 'string', default: 'trunkline' },
    engine: { type: 'string', multiple: true },
    huge: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    packages: { type: 'boolean', default: false },
  },
})

interface Totals {
  passed: number
  failed: number
  skipped: number
  readonly failures: string[]
}

interface Run {
  readonly environment: Environment
  readonly ca: string
  readonly client: ClientUnderTest
  readonly combinations: readonly Combination[]
  readonly totals: Totals
}

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

function chosenServers(names: readonly string[] | undefined): readonly ServerDefinition[] {
  for (const name of names ?? []) {
    if (servers.some((server) => server.name === name)) continue
    misused(`No server is called ${name}; there are ${servers.map((server) => server.name).join(', ')}`)
  }
  return servers.filter((server) => names === undefined || names.includes(server.name))
}

async function runServer(definition: ServerDefinition, run: Run): Promise<void> {
  const found = await availability(definition)
  const version = found.available ? found.version : '-'
  const rows = run.combinations.map((each): Row => ({ ...each, server: definition.name, version }))
  if (!found.available) return skip(definition, rows, found.reason, run.totals)
  const server = await startServer(definition, found.binary, run.environment.site).catch((error) => {
    for (const row of rows) console.log(noteLine(row, 'FAILED to start'))
    run.totals.failed += rows.length
    run.totals.failures.push(failureText(rows[0]!, [{ name: 'start', error }], ''))
  })
  if (!server) return
  try {
    for (const row of rows) await runRow(server, row, run)
  } finally {
    await server.stop()
  }
}

function skip(definition: ServerDefinition, rows: readonly Row[], reason: string, totals: Totals): void {
  for (const row of rows) {
    totals.skipped += chosenCases(definition, row).length
    console.log(noteLine(row, `skipped: ${reason}`))
  }
}

async function runRow(server: RunningServer, row: Row, { ca, client, totals }: Run): Promise<void> {
  const { name, protocols } = server.definition
  if (!protocols.includes(row.protocol)) {
    console.log(noteLine(row, `n/a: ${name} speaks ${protocols.join(', ')} only`))
    return
  }
  const cases = chosenCases(server.definition, row)
  if (cases.length === 0) return
  const result = await runCases(server, row, ca, client, cases)
  totals.passed += result.passed
  totals.failed += result.failures.length
  console.log(resultLine(row, result))
  if (result.failures.length > 0)
    totals.failures.push(failureText(row, result.failures, await server.logTail()))
}

const chosenCases: (definition: ServerDefinition, combination: Combination) => readonly Case[] = options.huge
  ? hugeCasesFor
  : casesFor

/** Over HTTP/1.1 there is but one engine. */
function chosenCombinations(names: readonly string[] = engineNames): readonly Combination[] {
  const engines = names.map(
    (name) =>
      engineNames.find((engine) => engine === name) ??
      misused(`No engine is called ${name}; there are node and wire`),
  )
  return combinations.flatMap((each) =>
    each.protocol === 'h2' ? engines.map((engine) => ({ ...each, engine })) : [each],
  )
}

async function loadClient(name: string): Promise<ClientUnderTest> {
  if (name === 'trunkline') return (await import('./trunkline-client.ts')).trunkline
  if (name === 'node') return (await import('./reference-client.ts')).reference
  return misused(`No client is called ${name}; there are trunkline and node`)
}

async function main(): Promise<void> {
  const chosen = chosenServers(options.server)
  if (options.packages) return console.log(chosen.map((server) => server.debianPackage).join(' '))
  const client = await loadClient(options.client)
  const asked = options.client === 'trunkline' ? chosenCombinations(options.engine) : combinations
  const { ca, localhost } = await ensureCertificates()
  const environment = await createEnvironment(localhost, options.huge)
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] }
  failOnWarning(totals)
  try {
    console.log(heading())
    for (const definition of chosen) {
      await runServer(definition, { environment, ca, client, combinations: asked, totals })
    }
  } finally {
    await environment.dispose()
  }
  if (totals.failures.length > 0) console.log(`\n${totals.failures.join('\n\n')}`)
  console.log(`\n${totalLine(totals.passed, totals.failed, totals.skipped)}`)
  process.exitCode = totals.failed > 0 || (options.strict && totals.skipped > 0) ? 1 : 0
}

/** Here many short-lived clients are the point; any other warning is a fault of somebody's. */
function failOnWarning(totals: Totals): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (warning.code === 'TRUNKLINE_CLIENT_CHURN') return
    totals.failed++
    totals.failures.push(warning.stack ?? String(warning))
  })
}

// An interrupted run takes its servers along: see the exit hook of child.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
await main()
