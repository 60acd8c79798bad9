/** `npm run bench` with next to no time to measure: that its parts work together, and that nothing outlives it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'

const file = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trunkline-smoke-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(...args: readonly string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  // Its servers put their files there: they can be seen to be removed.
  const env = { ...process.env, TMPDIR: folder, NODE_NO_WARNINGS: '1' }
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text
  })
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...texts }))
  })
  return { child, outcome }
}

/** The processes that descend from one. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** A process that ended and is not yet collected does no harm. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test('the last line of --quick --json is one JSON object with the figures of each engine', async () => {
  const report = join(folder, 'report.html')
  const tiny = ['--seconds', '0.02', '--rounds', '1', '--clients', 'fetch,request,raw,undici-fetch,raw-tls']
  const { code, stdout, stderr } = await start('--quick', '--json', ...tiny, '--report', report).outcome
  expect(code, stderr).toBe(0)
  const line = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  expect(line).toEqual({
    node: process.versions.node,
    versions: expect.objectContaining({ trunkline: expect.any(String), undici: expect.any(String) }),
    engines: {
      node: {
        requestCpuVsRaw: expect.any(Number),
        fetchCpuVsRaw: expect.any(Number),
        fetchRpsVsUndiciFetch: expect.any(Number),
        http1RpsVsUndiciFetch: expect.any(Number),
        link50msUtilisation: expect.any(Number),
        unreadBytesPeak: expect.any(Number),
        bytesPerFetch: expect.any(Number),
      },
    },
  })
  expect(line.engines.node.unreadBytesPeak).toBeGreaterThan(0)
  expect(readFileSync(report, 'utf8')).toContain('id="get-1k-c100-throughput"')
  expect(readdirSync(folder).filter((name) => name.startsWith('trunkline-bench-'))).toEqual([])
})

test.skipIf(!existsSync('/proc/self/task'))('Ctrl-C leaves no process and no file behind', async () => {
  const { child, outcome } = start('--only', 'get-1k-c1', '--clients', 'raw,got', '--seconds', '30')
  const pid = child.pid as number
  let started: number[] = []
  const running = () => {
    started = descendants(pid)
    // The server, what serves in its place if that is another process, and two clients.
    return started.length >= 3
  }
  await waitFor(running, { timeout: 15_000, message: 'the clients to start' })
  child.kill('SIGINT')
  expect((await outcome).code).toBe(130)
  await waitFor(() => !started.some(lives), { timeout: 5000, message: 'its processes to end' })
  expect(readdirSync(folder).filter((name) => name.startsWith('trunkline-bench-'))).toEqual([])
})

test('a client that fails does not end the run', async () => {
  const args = [
    '--only',
    'http1-1k',
    '--clients',
    'axios,raw,undici-request',
    '--rounds',
    '1',
    '--seconds',
    '0.02',
  ]
  const { code, stdout } = await start(...args).outcome
  expect(code).toBe(0)
  expect(stdout).toMatch(/node:http2 .*speaks HTTP\/2 only/)
  expect(stdout).toMatch(/undici request +\d/)
})

test('a bad option ends it at once, and says what to write', async () => {
  const { code, stdout, stderr } = await start('--only', 'nothing').outcome
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^--only: no scenario is called "nothing"\. There are get-1k-c1, /)
})
