import { clearTimeout, setTimeout } from 'node:timers'

const PATIENCE = 1000

/** Waits until all of them have come to an end, whichever, or until the time is over, ms. */
export async function settledWithin(
  promises: readonly (Promise<unknown> | null)[],
  timeout = PATIENCE,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout)
  })
  await Promise.race([Promise.allSettled(promises), late])
  clearTimeout(timer)
}
