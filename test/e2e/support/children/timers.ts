/** Counts the timers that are set and neither fired nor cleared, unref'ed ones too. Import it before all else. */
const open = new Set<unknown>()
const { setTimeout: set, clearTimeout: clear } = globalThis

globalThis.setTimeout = ((run: (...values: unknown[]) => void, ms?: number, ...values: unknown[]) => {
  const timer = set(() => {
    open.delete(timer)
    run(...values)
  }, ms)
  open.add(timer)
  return timer
}) as typeof setTimeout

globalThis.clearTimeout = (timer) => {
  open.delete(timer)
  clear(timer)
}

export function timers(): number {
  return open.size
}
