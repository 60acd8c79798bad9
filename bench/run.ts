/** `npm run bench`: see `--help`, and docs/performance.md for what is measured and how. */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ensureCertificates } from '../certs/generate.ts'
import { runBench } from './bench.ts'
import { killChildren } from './child-process.ts'
import { killH2load } from './h2load.ts'
import { enginesOf } from './headline.ts'
import { type BenchOptions, HELP, parseOptions, UsageError } from './options.ts'
import { chooseCores } from './pinning.ts'
import { startProgress } from './progress.ts'
import { page } from './report/page.ts'
import type { BenchResult } from './results.ts'
import { Servers } from './servers.ts'
import { tableOf } from './tables.ts'

async function main(options: BenchOptions): Promise<void> {
  // Not after a quarter of an hour.
  if (options.report !== null) checkFolder(options.report)
  const certificates = await ensureCertificates()
  const servers = new Servers(certificates, chooseCores())
  // However the process ends, but for SIGKILL, nothing of it stays behind; and at that the children end themselves.
  process.on('exit', () => {
    killChildren()
    killH2load()
    servers.removeFiles()
  })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.on(signal, () => process.exit(code))
  const progress = startProgress(process.stderr)
  const result = await runBench(options, certificates, servers, progress)
  progress.end()
  print(result)
  if (options.report !== null) {
    writeFileSync(options.report, page(result))
    console.log(`Plots: ${options.report}`)
  }
  if (options.json) console.log(jsonOf(result))
  process.exit()
}

function checkFolder(file: string): void {
  const folder = dirname(resolve(file))
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    throw new UsageError(`--report: nothing can be written into ${folder}. Make that folder, or name another`)
  }
}

function print(result: BenchResult): void {
  for (const scenario of result.scenarios) console.log(tableOf(result, scenario))
}

function jsonOf(result: BenchResult): string {
  const { node, versions } = result
  return JSON.stringify({ node, versions, engines: enginesOf(result) })
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === null) console.log(HELP)
  else await main(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exit(2)
}
