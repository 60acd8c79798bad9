/** `trunkline/prometheus`: metrics for a Registry of prom-client, which is to be installed beside us. */
import type { Registry } from 'prom-client'
import { listen } from '../subscriptions.ts'
import { connectionListeners } from './connection-listeners.ts'
import { watchEventLoop } from './event-loop.ts'
import { Labels } from './labels.ts'
import { createMetrics, removeMetrics } from './metrics.ts'
import { type PrometheusOptions, settlePrometheus } from './options.ts'
import { requestListeners } from './request-listeners.ts'

export type { RoutedRequest, Routes } from '../route-templates.ts'
export type { PrometheusOptions } from './options.ts'

/** What `prometheus` gives back. */
export interface PrometheusMetrics {
  /** Stops counting, and takes the metrics off the registry. Calling it again does nothing. */
  dispose(): void
  /** The same as `dispose()`, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Puts metrics of every Trunkline client of this process on a registry, and keeps them up to date until `dispose()`.
 * Call it before the first request: what is open already is not counted as open.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for a wrong option, and when the registry has metrics of
 * these names already.
 */
export function prometheus(registry: Registry, options: PrometheusOptions = {}): PrometheusMetrics {
  const settled = settlePrometheus(registry, options)
  const metrics = createMetrics(registry, settled)
  const labels = new Labels(settled)
  const endings = [
    listen({ ...requestListeners(metrics, labels), ...connectionListeners(metrics, labels) }),
    settled.eventLoop ? watchEventLoop(metrics.event_loop_delay_seconds) : () => {},
    () => removeMetrics(registry, metrics, settled),
  ]
  const dispose = () => {
    for (const end of endings.splice(0)) end()
  }
  return { dispose, [Symbol.dispose]: dispose }
}
