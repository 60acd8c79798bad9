import { CliError, ExitCode } from '../exit-codes.ts'

interface Limits {
  /** ms. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Waits for something no longer than it may take, and not when the user has enough. */
export function within<T>({ timeout, signal }: Limits, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new CliError(ExitCode.INTERRUPTED, 'interrupted'))
    const late = () => reject(new CliError(ExitCode.TIMEOUT, `${what} did not come within ${timeout} ms.`))
    const timer = setTimeout(late, timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
    if (signal.aborted) onAbort()
  })
}
