/** Runs a script of `children/` in a process of its own, as a user's program would run. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { certificates } from './bench.ts'

export interface ChildOptions {
  readonly args?: readonly string[]
  /** For node itself. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** ms until it is killed. */
  readonly deadline?: number
}

export interface ChildResult {
  readonly code: number | null
  /** null: it ended by itself. */
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** ms from its last output to its end. */
  readonly lingered: number
}

export function childFile(name: string): string {
  return fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url))
}

export function source(name: string): string {
  return new URL(`../../../src/${name}.ts`, import.meta.url).href
}

/** Its default CA list has the test authority. */
export function runChild(name: string, options: ChildOptions = {}): Promise<ChildResult> {
  const child = spawn(
    process.execPath,
    [...(options.flags ?? []), childFile(name), ...(options.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: certificates.caFile,
        NODE_NO_WARNINGS: '1',
        ...options.env,
      },
    },
  )
  let stdout = ''
  let stderr = ''
  let lastOutput = performance.now()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    lastOutput = performance.now()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const killer = setTimeout(() => child.kill('SIGKILL'), options.deadline ?? 15_000)
  const exited = Promise.withResolvers<number>()
  child.once('exit', () => exited.resolve(performance.now()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', async (code, signal) => {
      clearTimeout(killer)
      resolve({ code, signal, stdout, stderr, lingered: (await exited.promise) - lastOutput })
    })
  })
}

/** Its last line of output, as JSON. */
export function resultOf({ stdout, stderr }: ChildResult): unknown {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`the child printed no result:\n${stdout}\n${stderr}`)
  }
}
