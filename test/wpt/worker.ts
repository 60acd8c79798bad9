/** Runs one file of the suite in the global scope of a worker, as a page's scripts run in a window. */
import { enableCompileCache } from 'node:module'
import { setDefaultCACertificates } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext, runInThisContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import type { Script } from './plan.ts'

export type FetchKind = 'ours' | 'platform'

export interface WorkerInput {
  readonly scripts: readonly Script[]
  /** Where the page is. */
  readonly location: string
  readonly ca: string
  readonly fetch: FetchKind
}

export type WorkerMessage =
  | { readonly type: 'started'; readonly name: string }
  | {
      readonly type: 'result'
      readonly name: string
      readonly status: number
      readonly message: string | null
    }
  /** An error that no test caught. */
  | { readonly type: 'uncaught'; readonly message: string }
  | { readonly type: 'done'; readonly status: number; readonly message: string | null }

/** What testharness.js defines; only what is needed of it. */
interface Harness {
  add_test_state_callback(callback: (test: HarnessTest) => void): void
  add_result_callback(callback: (test: HarnessTest) => void): void
  add_completion_callback(callback: (tests: HarnessTest[], status: HarnessTest) => void): void
}

interface HarnessTest {
  readonly name: string
  readonly phase: number
  readonly status: number
  readonly message: string | null
}

enableCompileCache()
const input = workerData as WorkerInput
const scope = globalThis as unknown as Record<string | symbol, unknown> & Harness
const location = new URL(input.location)

setFlagsFromString('--expose-gc')
setDefaultCACertificates([input.ca])
scope.gc = runInNewContext('gc')
scope.self = globalThis
scope.location = location
// As in a worker there is no document, and no XMLHttpRequest.
scope.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false }
// The platform's Request, Response and fetch resolve relative URLs against this.
scope[Symbol.for('undici.globalOrigin.1')] = location
if (input.fetch === 'ours') scope.fetch = relativeTo(location, await ourFetch())

process.on('uncaughtException', (error) => post({ type: 'uncaught', message: error?.stack ?? String(error) }))
run(input.scripts)

async function ourFetch(): Promise<typeof fetch> {
  const { createClient } = await import('../../src/index.ts')
  const client = createClient({ tls: { ca: input.ca } })
  return client.fetch as unknown as typeof fetch
}

/** Node has no base URL. Only inputs that mean nothing without one are touched. */
function relativeTo(base: URL, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (given, init) => {
    if (typeof given !== 'string' || URL.canParse(given) || !URL.canParse(given, base))
      return fetch(given, init)
    return fetch(new URL(given, base).href, init)
  }
}

function run([harness, ...scripts]: readonly Script[]): void {
  runInThisContext(harness!.code, { filename: harness!.name })
  scope.add_test_state_callback((test) => {
    if (test.phase === 1) post({ type: 'started', name: test.name })
  })
  scope.add_result_callback(({ name, status, message }) => post({ type: 'result', name, status, message }))
  scope.add_completion_callback((_, { status, message }) => {
    // Errors that are still under way get a moment to show up.
    setTimeout(() => post({ type: 'done', status, message }), 20)
  })
  for (const { name, code } of scripts) runInThisContext(code, { filename: name })
}

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}
