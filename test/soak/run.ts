/**
 * `npm run soak`: load against a server that does what servers do at their worst, and a look at what must hold all
 * the same. Exit code 1 if something did not.
 *
 *   --seconds N       how long; default 60
 *   --seed S          of every decision, the client's and the server's; default 1. When they meet is not repeatable
 *   --engine NAME     node (default); wire when there is one, with the faults that node:http2 cannot see
 *   --concurrency N   requests at once; default 50
 *   --json            nothing but the last line
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ENGINES, type EngineName } from './faults.ts'
import { jsonLine, printReport, startProgress } from './report.ts'
import { type SoakOptions, soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'node' },
    concurrency: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
})

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  return Number.isInteger(value) && value > 0
    ? value
    : misused(`--${name} takes a whole number above 0, not ${text}`)
}

function engineOf(name: string): EngineName {
  const found = ENGINES.find((engine) => engine === name)
  return found ?? misused(`No engine is called ${name}; there are ${ENGINES.join(' and ')}`)
}

async function main(options: SoakOptions): Promise<void> {
  const progress = values.json ? null : startProgress(options.seconds, process.stdout)
  if (!values.json) console.log(`  Node ${process.versions.node}, ${options.concurrency} requests at once`)
  const result = await soak(options, (moment) => progress?.update(moment))
  progress?.end()
  if (!values.json) printReport(result)
  else for (const text of result.broken) console.error(`BROKEN ${text}`)
  console.log(jsonLine(result))
  process.exitCode = result.broken.length > 0 ? 1 : 0
}

/** The same in a process that can collect garbage when it wants to: memory is compared after a collection. */
function startAgain(): void {
  const flags = [...process.execArgv, '--expose-gc', fileURLToPath(import.meta.url)]
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A signal from the terminal reaches the child as well; it alone decides.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

const options: SoakOptions = {
  seconds: positive('seconds', values.seconds),
  seed: positive('seed', values.seed),
  engine: engineOf(values.engine),
  concurrency: positive('concurrency', values.concurrency),
}
if (globalThis.gc === undefined) startAgain()
else await main(options)
