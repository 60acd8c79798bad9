/**
 * `npm run try:runtimes`: what the built package does in Bun and Deno, beside Node, on both engines, as a table. The
 * servers run in Node. Bun and Deno come from the npm registry the first time, into a cache below node_modules.
 *
 *   --runtime NAME   only this one, node, bun or deno; may be repeated
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureCertificates } from '../../certs/generate.ts'
import { startH1Server, startH2Server } from '../support/servers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules/.cache/trunkline-runtimes')
const probe = fileURLToPath(new URL('probe.mjs', import.meta.url))
const TIMEOUT = 150_000

interface Runtime {
  readonly name: string
  readonly version: string
  command(): Promise<readonly string[]>
}

interface Answer {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

const runtimes: readonly Runtime[] = [
  { name: 'node', version: process.versions.node, command: async () => [process.execPath] },
  {
    name: 'bun',
    version: '1.4.5',
    command: async () => [await installed('bun', '1.4.5', '@oven/bun-*/bin/bun*'), 'run'],
  },
  {
    name: 'deno',
    version: '2.9.6',
    command: async () => [
      await installed('deno', '2.9.6', '@deno/*/deno*'),
      'run',
      '--allow-all',
      '--no-prompt',
    ],
  },
]

/** The binary in the package of this platform, which the package brings along; no script of theirs is run. */
async function installed(name: string, version: string, pattern: string): Promise<string> {
  const folder = join(cache, `${name}-${version}`)
  if (!existsSync(join(folder, 'node_modules', name))) {
    await mkdir(folder, { recursive: true })
    await output('npm', [
      'install',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `${name}@${version}`,
    ])
  }
  for await (const file of glob(join(folder, 'node_modules', pattern))) return file
  throw new Error(`${name}@${version} has no binary for this platform`)
}

function output(command: string, args: readonly string[], env = process.env): Promise<string> {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT })
  let out = ''
  let err = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (out === '' && code !== 0)
        reject(new Error(`${command} ended with ${code ?? signal}\n${err.slice(-2000)}`))
      // A probe that died tells how far it got.
      else
        resolve(
          code === 0
            ? out
            : `${out}${JSON.stringify({ name: 'the process', ok: false, detail: `ended with ${code ?? signal}: ${err.trim().split('\n').at(-1)}` })}\n`,
        )
    })
  })
}

async function tryOne(runtime: Runtime, engine: string, site: object): Promise<readonly Answer[]> {
  try {
    const [command = '', ...args] = await runtime.command()
    const env = { ...process.env, TRUNKLINE_PROBE: JSON.stringify({ ...site, engine }) }
    const lines = await output(command, [...args, probe], env)
    return lines
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  } catch (error) {
    return [{ name: 'start', ok: false, detail: (error as Error).message }]
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runtime: { type: 'string', multiple: true } } })
  const { ca } = await ensureCertificates()
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-runtimes-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, ca)
  await using h2 = await startH2Server({ allowHTTP1: true })
  await using h1 = await startH1Server()
  const entry = new URL('../../dist/index.js', import.meta.url).href
  const site = { entry, h2: h2.origin, h1: h1.origin, caFile }
  try {
    for (const runtime of runtimes) {
      if (values.runtime !== undefined && !values.runtime.includes(runtime.name)) continue
      for (const engine of ['node', 'wire']) {
        const answers = await tryOne(runtime, engine, site)
        console.log(
          `\n${runtime.name} ${runtime.version}, engine ${engine}: ${answers.filter(({ ok }) => ok).length} of ${answers.length}`,
        )
        for (const { name, ok, detail } of answers)
          console.log(`  ${ok ? 'works' : 'FAILS'}  ${name}${ok ? '' : `: ${detail}`}`)
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
