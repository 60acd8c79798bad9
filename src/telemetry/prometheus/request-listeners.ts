import type { Failure } from '../../core/events.ts'
import type { Listeners } from '../subscriptions.ts'
import { errorLabel, methodLabel, statusLabel } from './bounded-labels.ts'
import type { Labels } from './labels.ts'
import type { Metrics } from './metrics.ts'

/** What happens to requests. A request or a wait that had begun before is left out of what is counted up and down. */
export function requestListeners(metrics: Metrics, labels: Labels): Listeners {
  const inFlight = new Set<number>()
  const queued = new Set<number>()
  return {
    'request:start': ({ requestId, origin }) => {
      inFlight.add(requestId)
      metrics.requests_in_flight.inc({ origin: labels.origin(origin) })
    },
    'request:end': (event) => {
      const origin = labels.origin(event.origin)
      const route = labels.route(event)
      const { error } = event
      if (inFlight.delete(event.requestId)) metrics.requests_in_flight.dec({ origin })
      metrics.request_duration_seconds.observe(
        {
          origin,
          method: methodLabel(event.method),
          status: error === null ? statusLabel(event.status) : 'error',
          protocol: event.protocol ?? 'none',
          ...route,
        },
        event.duration / 1000,
      )
      if (error !== null) metrics.request_errors_total.inc({ origin, code: errorLabel(error.code), ...route })
    },
    'queue:start': ({ attemptId, origin }) => {
      queued.add(attemptId)
      metrics.requests_queued.inc({ origin: labels.origin(origin) })
    },
    'queue:end': ({ attemptId, origin: key, duration, error }) => {
      const origin = labels.origin(key)
      if (queued.delete(attemptId)) metrics.requests_queued.dec({ origin })
      metrics.queue_wait_seconds.observe(
        { origin, outcome: error === null ? 'sent' : 'failed' },
        duration / 1000,
      )
    },
    retry: ({ origin, status, error }) =>
      metrics.retries_total.inc({ origin: labels.origin(origin), reason: reasonLabel(status, error) }),
    replay: ({ origin, status, error }) =>
      metrics.replays_total.inc({ origin: labels.origin(origin), reason: reasonLabel(status, error) }),
    breaker: ({ origin, to }) =>
      metrics.breaker_changes_total.inc({ origin: labels.origin(origin), state: to }),
  }
}

/** Why something is sent again. */
function reasonLabel(status: number | null, error: Failure | null): string {
  return error === null ? statusLabel(status) : errorLabel(error.code)
}
