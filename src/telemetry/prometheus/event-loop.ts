import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Gauge } from 'prom-client'

/** How often the delay is measured, ms. */
const RESOLUTION = 10
const QUANTILES = [0.5, 0.9, 0.99]

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
      for (const quantile of QUANTILES)
        gauge.set({ quantile: String(quantile) }, seconds(delays.percentile(quantile * 100)))
      gauge.set({ quantile: '1' }, seconds(delays.max))
      delays.reset()
    },
  })
  return () => {
    delays.disable()
  }
}
