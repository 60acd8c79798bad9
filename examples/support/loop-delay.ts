export interface LoopDelay {
  /** ms: of a hundred events at any moment, 99 wait less than this for the event loop. */
  readonly p99: number
  /** ms: what an event waits at the worst moment. */
  readonly worst: number
  /** ms in all. */
  readonly total: number
}

/** ms of work of this thread, where Node tells it: what other programs take from the processor is not our doing. */
const workedFor: () => number =
  typeof process.threadCpuUsage === 'function'
    ? () => {
        const { user, system } = process.threadCpuUsage()
        return (user + system) / 1000
      }
    : () => performance.now()

/** How long the event loop keeps others waiting while `run` is at work. */
export async function loopDelayOf(run: () => Promise<unknown>): Promise<LoopDelay> {
  const gaps: number[] = []
  const startedAt = performance.now()
  let last = workedFor()
  const beat = () => {
    const now = workedFor()
    gaps.push(now - last)
    last = now
    timer.refresh()
  }
  const timer = setTimeout(beat, 1)
  await run()
  const total = performance.now() - startedAt
  await new Promise((resolve) => setTimeout(resolve, 2))
  clearTimeout(timer)
  return { p99: waitAt(0.99, gaps), worst: longest(gaps), total }
}

/**
 * An event in a round of the loop that takes `gap` ms waits for what is left of it. So the longer a round, the more
 * events meet it: a quantile over rounds would hide the one that takes a second behind a thousand short ones.
 */
function waitAt(share: number, gaps: readonly number[]): number {
  const sum = gaps.reduce((all, gap) => all + gap, 0)
  let [low, high] = [0, longest(gaps)]
  while (high - low > 0.01) {
    const wait = (low + high) / 2
    const longer = gaps.reduce((all, gap) => all + Math.max(0, gap - wait), 0)
    if (longer / sum > 1 - share) low = wait
    else high = wait
  }
  return high
}

function longest(gaps: readonly number[]): number {
  return gaps.reduce((most, gap) => Math.max(most, gap), 0)
}
