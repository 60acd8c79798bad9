/** nghttp2's load generator, in C: what a client can reach on this machine. It runs anew for each round. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { requestHeaders } from './headers.ts'
import type { Figures } from './messages.ts'
import { findProgram, pinned } from './pinning.ts'
import type { Load, Transfer } from './scenarios.ts'

/** Its default windows of 1 GiB, and the time of bash, which counts what a child used. */
const TIMED = "TIMEFORMAT='cpu %U %S'; time h2load"
const running = new Set<ReturnType<typeof spawn>>()

export function hasH2load(): boolean {
  return findProgram('h2load') !== null && findProgram('bash') !== null
}

export function killH2load(): void {
  for (const child of running) if (child.pid !== undefined) killGroup(child.pid)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has gone already.
  }
}

export interface H2loadRound {
  readonly work: Load | Transfer
  readonly url: string
  readonly seconds: number
  readonly http1: boolean
  /** The folder of files.ts: bodies to send are taken from there. */
  readonly folder: string
  readonly core: number | null
}

export async function runH2load(round: H2loadRound): Promise<Figures> {
  const args = h2loadArguments(round)
  const shell = ['-c', `${TIMED} "$@"`, 'h2load', ...args]
  const [command, argv] = pinned(round.core, 'bash', shell)
  return parseH2load(await output(command, argv, round.seconds), round.work)
}

export function h2loadArguments({ work, url, seconds, http1, folder }: H2loadRound): string[] {
  const parallel = work.kind === 'load' ? work.concurrency : work.parallel
  return [
    ...['-t', '1'],
    ...(http1 ? ['--h1', '-c', String(parallel)] : ['-c', '1', '-m', String(parallel)]),
    ...(work.kind === 'load' ? ['-D', `${Math.ceil(seconds * 1000)}ms`] : ['-n', String(parallel)]),
    ...(work.upload === undefined ? [] : ['-d', uploadFile(folder, work.upload)]),
    ...(work.kind === 'load' && work.headers ? headerArguments() : []),
    url.replace('//localhost:', '//127.0.0.1:'),
  ]
}

function uploadFile(folder: string, bytes: number): string {
  return join(folder, bytes === 1024 ? '1k.txt' : '100m.bin')
}

function headerArguments(): string[] {
  return Object.entries(requestHeaders).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
}

const UNITS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 }

/** Its summary, and the line of bash. It tells no percentiles. */
export function parseH2load(text: string, work: Load | Transfer): Figures {
  const [, time, unit = ''] = /finished in ([\d.]+)(us|ms|s|m)/.exec(text) ?? []
  const [, done, failed, errored] = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(text) ?? []
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(text) ?? []
  const [, data] = /\((\d+)\) data/.exec(text) ?? []
  if (time === undefined || done === undefined || user === undefined)
    throw new Error(`h2load said: ${text.trim().split('\n').at(-1) ?? 'nothing'}`)
  const errors = Number(failed) + Number(errored)
  return {
    requests: Number(done),
    seconds: Number(time) * (UNITS[unit] ?? 1),
    bytes: Number(data ?? 0) + Number(done) * (work.upload ?? 0),
    cpuMicros: (Number(user) + Number(system)) * 1e6,
    allocatedBytes: null,
    gcMicros: null,
    p50: null,
    p99: null,
    rss: null,
    errors,
    firstError: errors > 0 ? 'h2load does not say' : null,
  }
}

function output(command: string, args: readonly string[], seconds: number): Promise<string> {
  // A group of its own, so that bash and h2load end together.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  running.add(child)
  const timer = setTimeout(killH2load, seconds * 1000 + 30_000)
  let text = ''
  const add = (chunk: string) => {
    text += chunk
  }
  child.stdout.setEncoding('utf8').on('data', add)
  child.stderr.setEncoding('utf8').on('data', add)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(timer)
      running.delete(child)
      resolve(text)
    })
  })
}
