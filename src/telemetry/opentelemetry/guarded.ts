import { diag } from '@opentelemetry/api'

/** Runs a function of the user's. What it throws is told to the diagnostics of OpenTelemetry, and fails no request. */
export function guarded<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    threw(error)
    return undefined
  }
}

export function threw(error: unknown): void {
  diag.error('trunkline: a function given to opentelemetry() threw', error)
}
