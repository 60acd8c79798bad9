/** One project of the suite on one Node: a vitest of its own, whose output is kept in a file. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { stripVTControlCharacters } from 'node:util'
import { root } from './node-lines.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface ProjectResult extends Counts {
  /** `FAIL` lines of vitest, each once; or why there is no result at all. */
  readonly failures: readonly string[]
}

/** Tests start programs with process.execPath or by the name `node`: both must be the Node under test. */
export function environmentFor(binary: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const path = [dirname(binary), env.PATH].filter(Boolean).join(delimiter)
  // Node 22 and 24 warn that running TypeScript is an experiment.
  const options = [env.NODE_OPTIONS, '--disable-warning=ExperimentalWarning'].filter(Boolean).join(' ')
  return { ...env, PATH: path, NODE_OPTIONS: options, FORCE_COLOR: '0' }
}

/** Runs it to its end; `log` has the whole output. */
export async function runProject(
  binary: string,
  project: string,
  log: string,
  signal: AbortSignal,
): Promise<ProjectResult> {
  await mkdir(dirname(log), { recursive: true })
  const file = createWriteStream(log)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(binary, [vitest, 'run', '--project', project], {
    cwd: root,
    env: environmentFor(binary),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      file.write(text)
      lines.push(text)
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => lines.push(`\n${error.message}\n`))
    child.once('close', resolve)
  })
  file.end()
  await finished(file)
  return resultOf(stripVTControlCharacters(lines.join('')), code)
}

/** What the output of a run says; a run without a last line of counts has failed. */
export function resultOf(output: string, code: number | null): ProjectResult {
  const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1)
  const named = output.match(/(?<=^\s*)FAIL\s.+$/gm) ?? []
  const failures = [...new Set(named.map((line) => line.replace(/\s+/g, ' ').trim()))]
  if (counts === undefined)
    return { passed: 0, failed: 1, skipped: 0, failures: [`no result, exit code ${code}`, ...failures] }
  const [passed = 0, failed = 0, skipped = 0] = counts.slice(1).map(Number)
  // A run may end badly though every test passed: a worker that died, or coverage of another kind.
  const hidden = code !== 0 && failed === 0
  return {
    passed,
    failed: hidden ? 1 : failed,
    skipped,
    failures: hidden ? [`every test passed, but the exit code is ${code}`] : failures,
  }
}

export function sum(all: readonly Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const { passed, failed, skipped } of all) {
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  return total
}
