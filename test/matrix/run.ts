/**
 * `npm run test:matrix`: the whole suite on every supported line of Node.
 *
 *   --node 22,24     only these lines
 *   --project NAME   only this project of vitest.config.ts; may be repeated. All but interop unless told
 *   --oldest         the oldest supported release of each line, in place of the newest
 *
 * The binaries come from the npm registry the first time. What a run prints is kept beside them, a file for each
 * project and line. Progress goes to stderr; stdout has a line for each Node and the total.
 */
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import config from '../../vitest.config.ts'
import { cache, chosenLines, NEWEST, type NodeLine, oldest, provide, root } from './node-lines.ts'
import { type ProjectResult, runProject, sum } from './project-run.ts'

const { values: options } = parseArgs({
  options: {
    node: { type: 'string' },
    project: { type: 'string', multiple: true },
    oldest: { type: 'boolean', default: false },
  },
})

const stop = new AbortController()

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

function chosenProjects(names: readonly string[] | undefined): readonly string[] {
  const all = config.test?.projects?.flatMap((one) =>
    typeof one === 'object' && 'test' in one ? [String(one.test?.name)] : [],
  )
  const known = all ?? []
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) misused(`There is no project ${unknown}; there are ${known.join(', ')}`)
  return known.filter((name) => (names === undefined ? name !== 'interop' : names.includes(name)))
}

function lines(): readonly NodeLine[] {
  try {
    return chosenLines(options.oldest ? oldest() : NEWEST, options.node)
  } catch (error) {
    return misused((error as Error).message)
  }
}

function countsText({ passed, failed, skipped }: Omit<ProjectResult, 'failures'>): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function seconds(since: number): string {
  return `${Math.round((performance.now() - since) / 1000)} s`
}

async function runLine(line: NodeLine, projects: readonly string[]): Promise<ProjectResult> {
  const began = performance.now()
  const results: ProjectResult[] = []
  try {
    console.error(`Node ${line.version}`)
    const binary = await provide(line)
    for (const [index, project] of projects.entries()) {
      if (stop.signal.aborted) break
      results.push(await runOne(binary, line, project, `${index + 1}/${projects.length}`))
    }
  } catch (error) {
    results.push({ passed: 0, failed: 1, skipped: 0, failures: [(error as Error).message] })
  }
  const total = { ...sum(results), failures: results.flatMap(({ failures }) => failures) }
  console.log(`Node ${line.version.padEnd(8)} ${countsText(total)}, ${seconds(began)}`)
  for (const failure of total.failures) console.log(`  ${failure}`)
  return total
}

async function runOne(
  binary: string,
  { version }: NodeLine,
  project: string,
  place: string,
): Promise<ProjectResult> {
  const began = performance.now()
  const log = join(cache, 'logs', `${version}-${project}.log`)
  process.stderr.write(`  ${place} ${project} ... `)
  const result = await runProject(binary, project, log, stop.signal)
  const where = result.failed > 0 ? `, see ${relative(root, log)}` : ''
  process.stderr.write(`${countsText(result)}, ${seconds(began)}${where}\n`)
  return result
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const projects = chosenProjects(options.project)
const totals: ProjectResult[] = []
for (const line of lines()) {
  if (!stop.signal.aborted) totals.push(await runLine(line, projects))
}
const { passed, failed } = sum(totals)
const short = stop.signal.aborted ? 1 : 0
if (short === 1) console.log('\nThe run was interrupted.')
console.log(`\n${passed} passed, ${failed + short} failed`)
process.exitCode = failed + short > 0 ? 1 : 0
