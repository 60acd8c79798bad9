/** Runs one case in a worker of its own, and says how each of its subtests ended. */
import { Worker } from 'node:worker_threads'
import { type Case, locationOf, scriptsOf } from './plan.ts'
import { SUITE_ROOT, type WptServer } from './server/server.ts'
import { readScript } from './server/static-files.ts'
import type { FetchKind, WorkerInput, WorkerMessage } from './worker.ts'

export type Outcome = 'pass' | 'fail' | 'timeout' | 'not run' | 'not applicable'

export interface Subtest {
  readonly name: string
  readonly outcome: Outcome
  readonly message: string | null
}

export interface Surroundings {
  readonly server: WptServer
  readonly ca: string
  readonly fetch: FetchKind
}

/** As testharness.js numbers them. */
const OUTCOMES: readonly Outcome[] = ['pass', 'fail', 'timeout', 'not run', 'not applicable']
/** For the whole file, ms: as long as browsers give their slowest. What is not done by then never will be. */
const LIMIT = 60_000
const AFTER_UNCAUGHT = 5_000
/** Stands for the file itself, when it failed beside its subtests. */
export const FILE = '(the file itself)'

export async function performCase(one: Case, { server, ca, fetch }: Surroundings): Promise<Subtest[]> {
  const location = locationOf(one, server)
  const harnessPath = '/resources/testharness.js'
  const harness = {
    name: harnessPath,
    code: await readScript(SUITE_ROOT, harnessPath, location, server.place),
  }
  const scripts = [harness, ...(await scriptsOf(one, location, server.place))]
  const workerData: WorkerInput = { scripts, location: location.href, ca, fetch }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    execArgv: ['--no-warnings'],
    stdout: true,
    stderr: true,
  })
  try {
    const subtests = await collect(worker)
    return subtests.map((subtest) => ({ ...subtest, name: withoutPorts(subtest.name, server) }))
  } finally {
    await worker.terminate()
  }
}

/** Some names hold URLs of the server, whose ports are others in each run. */
function withoutPorts(name: string, { place }: WptServer): string {
  const ports = Object.entries(place.ports).flatMap(([kind, numbers]) =>
    numbers.map((port, index) => [String(port), `{${kind}${index}}`] as const),
  )
  return ports.reduce((text, [port, label]) => text.replaceAll(`:${port}`, `:${label}`), name)
}

function collect(worker: Worker): Promise<Subtest[]> {
  const open = new Set<string>()
  const subtests: Subtest[] = []
  let uncaught: string | null = null
  const { promise, resolve } = Promise.withResolvers<Subtest[]>()
  /** `trouble` is what the tests that have no result yet get as theirs; without such tests it is the file's own. */
  const finish = (trouble: string | null): void => {
    clearTimeout(timer)
    const message = trouble ?? 'never ended'
    const pending = [...open].map((name): Subtest => ({ name, outcome: 'timeout', message }))
    const own = uncaught ?? (pending.length === 0 ? trouble : null)
    resolve([
      ...subtests,
      ...pending,
      ...(own === null ? [] : [{ name: FILE, outcome: 'fail' as const, message: own }]),
    ])
  }
  const timer = setTimeout(() => finish(`not done after ${LIMIT} ms`), LIMIT)
  worker.on('message', (message: WorkerMessage) => {
    if (message.type === 'started') open.add(message.name)
    else if (message.type === 'uncaught') {
      uncaught ??= `uncaught: ${message.message}`
      // What waits for the thing that just failed would wait for the whole limit.
      setTimeout(() => finish('still waiting some seconds after an uncaught error'), AFTER_UNCAUGHT)
    } else if (message.type === 'result') {
      open.delete(message.name)
      subtests.push({
        name: message.name,
        outcome: OUTCOMES[message.status] ?? 'fail',
        message: message.message,
      })
    } else finish(message.status === 0 ? null : `harness: ${message.message}`)
  })
  worker.on('error', (error) => finish(`uncaught: ${error}`))
  worker.on('exit', () => finish('still waiting when the worker had nothing left to do'))
  return promise
}
