import { clearTimeout, setTimeout } from 'node:timers'

/** Time as everything in Trunkline sees it: injected, so that tests can move it. Nothing else reads a clock. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number
  /** Runs `run` once after `ms`. The timer keeps the process alive only when `ref` is true. */
  setTimeout(run: () => void, ms: number, ref?: boolean): Timer
}

export interface Timer {
  /** It does not run any more; nothing happens when it already has. */
  cancel(): void
}

/** The longest delay that Node's timers take; longer ones would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(run, ms, ref = false) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_DELAY))
    if (!ref) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
