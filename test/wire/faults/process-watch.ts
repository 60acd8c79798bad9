/** What must not happen in a process beside a test: unhandled rejections, uncaught exceptions, warnings. */
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface ProcessWatch {
  /** Stops watching; throws what was seen. */
  finish(): Promise<void>
}

/**
 * These suites make a client per test, and have stores that fail: the warnings about that are right. Others are of
 * Node's making.
 */
const EXPECTED_WARNINGS = new Set([
  'TRUNKLINE_CLIENT_CHURN',
  'TRUNKLINE_NODE_VERSION',
  'TRUNKLINE_TLS_STORE',
  'ExperimentalWarning',
])

export function watchProcess(): ProcessWatch {
  const seen: string[] = []
  const onRejection = (reason: unknown) => seen.push(`unhandled rejection: ${describe(reason)}`)
  const onException = (error: unknown) => seen.push(`uncaught exception: ${describe(error)}`)
  const onWarning = (warning: Error & { code?: string }) => {
    if (EXPECTED_WARNINGS.has(warning.code ?? '') || EXPECTED_WARNINGS.has(warning.name)) return
    seen.push(`warning: ${describe(warning)}`)
  }
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtExceptionMonitor', onException)
  process.on('warning', onWarning)
  return {
    async finish() {
      await nextTurn()
      await nextTurn()
      process.off('unhandledRejection', onRejection)
      process.off('uncaughtExceptionMonitor', onException)
      process.off('warning', onWarning)
      if (seen.length > 0) throw new Error(seen.join('\n'))
    },
  }
}

function describe(thing: unknown): string {
  return thing instanceof Error ? (thing.stack ?? String(thing)) : String(thing)
}
