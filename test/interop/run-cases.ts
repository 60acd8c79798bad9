import type { ClientSettings, ClientUnderTest, InteropClient } from './interop-client.ts'
import type { Case, CaseContext, Combination } from './matrix.ts'
import type { RunningServer } from './servers/start.ts'

export interface Failure {
  readonly name: string
  readonly error: unknown
}

export interface CombinationResult {
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly bytes: number
  readonly seconds: number
}

/** Runs the cases of one combination in turn, on one shared client that a failure replaces. */
export async function runCases(
  server: RunningServer,
  combination: Combination,
  ca: string,
  { create, replays }: ClientUnderTest,
  cases: readonly Case[],
): Promise<CombinationResult> {
  const settings: ClientSettings = { ca, ...combination }
  const failures: Failure[] = []
  const started = performance.now()
  let client = create(settings)
  let passed = 0
  let bytes = 0
  for (const entry of cases) {
    if (entry.needsReplay && !replays) continue
    const created: InteropClient[] = []
    const context: CaseContext = {
      url: server.url,
      client,
      protocol: combination.protocol,
      moved: (size) => (bytes += size),
      createClient: () => created[created.push(create(settings)) - 1]!,
    }
    try {
      await withTimeout(entry.run(context), entry.timeout)
      passed++
    } catch (error) {
      failures.push({ name: entry.name, error })
      for (const each of [client, ...created]) each.destroy()
      client = create(settings)
    }
  }
  await withTimeout(client.close(), 10_000).catch((error) => failures.push({ name: 'close', error }))
  return { passed, failures, bytes, seconds: (performance.now() - started) / 1000 }
}

async function withTimeout(done: Promise<unknown>, milliseconds: number): Promise<void> {
  const timeout = Promise.withResolvers<never>()
  const message = `not done in ${milliseconds / 1000} s`
  const timer = setTimeout(() => timeout.reject(new Error(message)), milliseconds)
  try {
    await Promise.race([done, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
