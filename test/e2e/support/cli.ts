/** The command line as a user runs it: a process of its own, from the sources. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { vi } from 'vitest'
import { type LocalServer, startServer } from '../../../examples/support/server.ts'

// Each of these tests starts processes, which on a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000 })

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
  /** ms until it is killed. */
  readonly deadline?: number
}

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly bytes: Buffer
  readonly stderr: string
}

export type CliProcess = ChildProcessByStdio<Writable, Readable, Readable>

export function startCli(args: readonly string[], env: CliOptions['env'] = {}): CliProcess {
  const inherited = { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: undefined, NO_COLOR: undefined }
  return spawn(process.execPath, [main, ...args], { stdio: 'pipe', env: { ...inherited, ...env } })
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return resultOf(startCli(args, options.env), options)
}

/** Until it ends; what it said until then. */
export function resultOf(
  child: CliProcess,
  { input, deadline = 60_000 }: CliOptions = {},
): Promise<CliResult> {
  const out: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const killer = setTimeout(() => child.kill('SIGKILL'), deadline)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(killer)
      const bytes = Buffer.concat(out)
      resolve({ code, stdout: bytes.toString(), bytes, stderr })
    })
  })
}

export const BINARY = Buffer.from([0, 1, 2, 0xff, 0xfe])

/** A server with something of every kind. */
export function startSite(options: Parameters<typeof startServer>[1] = {}): Promise<LocalServer> {
  return startServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'https://localhost')
    if (pathname === '/gzip') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
      response.end(gzipSync('hello'))
    } else if (pathname === '/binary') {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end(BINARY)
    } else if (pathname === '/moved') {
      response.writeHead(302, { location: '/echo' })
      response.end()
    } else if (pathname === '/missing') {
      response.writeHead(404)
      response.end('nothing here')
    } else if (pathname === '/big') {
      response.end('x'.repeat(8 * 1024 * 1024))
    } else if (pathname === '/never') {
      // The client will have to go.
    } else {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { method, headers, httpVersion } = request
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ method, headers, httpVersion, body: Buffer.concat(chunks).toString() }))
    }
  }, options)
}

export interface Echoed {
  readonly method: string
  readonly headers: Record<string, string>
  readonly httpVersion: string
  readonly body: string
}
