import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Gauge } from 'prom-client'

/** How often the delay is measured, ms. */
const RESOLUTION = 10
const PERCENTILES = [50, 90, 99]

/** Measures until the function that it returns is called, and gives the gauge what it found at each scrape. */
export function watchEventLoop(gauge: Gauge): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
  delays.enable()
  // Node measures from tick to tick of its timer, the time between two ticks included.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000)
  Object.assign(gauge, {
    collect: () => {
      // With nothing measured since the last scrape, what was said then stays.
      if (delays.count === 0) return
      for (const percentile of PERCENTILES)
        gauge.set({ stat: `p${percentile}` }, seconds(delays.percentile(percentile)))
      gauge.set({ stat: 'max' }, seconds(delays.max))
      delays.reset()
    },
  })
  return () => {
    delays.disable()
  }
}
