/** One piece of code from the documentation, as a program: written to a file, run in a process of its own. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { API_ORIGIN } from './api-server.ts'
import { type CodeBlock, root } from './markdown.ts'

export interface SnippetRun {
  readonly exitCode: number
  readonly stdout: readonly string[]
  readonly stderr: string
}

export interface SnippetPlace {
  /** A folder for its file, which is also its working directory. */
  readonly folder: string
  /** Stands for `https://api.example.com`. */
  readonly origin: string
  /** The authority that signed the server's certificate. */
  readonly caFile: string
}

/** A snippet that does not end by itself within this time fails. */
const LONGEST_RUN_MS = 20_000

/** `README.md:12`: clickable, and unique. */
export function nameOf(block: CodeBlock): string {
  return `${block.file}:${block.line}`
}

export function fileNameOf(block: CodeBlock): string {
  return `${nameOf(block).replace(/[^\w]+/g, '-')}.ts`
}

/** Runs the code as a user would, but for the name of the server and the place of the package. */
export async function runSnippet(block: CodeBlock, place: SnippetPlace): Promise<SnippetRun> {
  const file = join(place.folder, `run-${fileNameOf(block)}`)
  await writeFile(file, bound(block.code, place.origin))
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', file],
      { cwd: place.folder, timeout: LONGEST_RUN_MS, env: { ...env, NODE_EXTRA_CA_CERTS: place.caFile } },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : Number(error.code ?? -1)
        resolve({ exitCode, stdout: stdout.split('\n').filter((line) => line !== ''), stderr })
      },
    )
  })
}

/**
 * What the code says that it prints: the comments behind its calls of `console.log`, one line each, in order. A
 * call without such a comment must not be reached. `…` in a comment stands for anything.
 */
export function promisedOutput(block: CodeBlock): RegExp[] {
  return [...block.code.matchAll(/\bconsole\.log\(.*\) \/\/ (.+)$/gm)].map(([, line = '']) => {
    const pattern = line
      .trim()
      .split('…')
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${pattern.join('.*')}$`)
  })
}

function bound(code: string, origin: string): string {
  const source = (name: string) => pathToFileURL(join(root, 'src', name)).href
  return code
    .replaceAll(API_ORIGIN, origin)
    .replaceAll("'trunkline/testing'", `'${source('testing/index.ts')}'`)
    .replaceAll("'trunkline/interceptors'", `'${source('interceptors/index.ts')}'`)
    .replaceAll("'trunkline/cache'", `'${source('interceptors/cache.ts')}'`)
    .replaceAll("'trunkline/cookies'", `'${source('interceptors/cookies.ts')}'`)
    .replaceAll("'trunkline/inspect'", `'${source('telemetry/inspect/index.ts')}'`)
    .replaceAll("'trunkline/top'", `'${source('telemetry/top/index.ts')}'`)
    .replaceAll("'trunkline/register'", `'${source('register.ts')}'`)
    .replaceAll("'trunkline'", `'${source('index.ts')}'`)
}
