import type { Clock } from './clock.ts'
import type { Lifetime } from './lifetime.ts'

/** Resolves after `ms`; rejects with the signal's reason, or with that of the client's end, if one comes first. */
export function pause(
  clock: Clock,
  lifetime: Lifetime,
  ms: number,
  signal: AbortSignal | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    if (lifetime.ended !== null) return reject(lifetime.ended.reason)
    const leave = () => {
      timer.cancel()
      lifetime.unwatch(onEnd)
      signal?.removeEventListener('abort', onAbort)
    }
    const onEnd = (reason: unknown) => {
      leave()
      reject(reason)
    }
    const onAbort = () => onEnd(signal?.reason)
    const onTime = () => {
      leave()
      resolve()
    }
    const timer = clock.setTimeout(onTime, ms, true)
    lifetime.watch(onEnd)
    signal?.addEventListener('abort', onAbort)
  })
}
