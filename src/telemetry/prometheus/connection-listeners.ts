import type { ConnectionOpen } from '../../core/events.ts'
import { ERROR_CODE_NAMES } from '../../core/http2-error-names.ts'
import type { Listeners } from '../subscriptions.ts'
import { errorLabel } from './bounded-labels.ts'
import type { Labels } from './labels.ts'
import type { Metrics } from './metrics.ts'

interface OpenConnection {
  readonly origin: string
  readonly protocol: 'h2' | 'http/1.1'
  state: 'open' | 'draining'
}

/** What happens to connections. One that was open before is counted when it closes, and not as open. */
export function connectionListeners(metrics: Metrics, labels: Labels): Listeners {
  const open = new Map<number, OpenConnection>()
  const count = ({ origin, protocol, state }: OpenConnection, change: 1 | -1) =>
    metrics.connections.inc({ origin, protocol, state }, change)
  const phases = (origin: string, { dns, connect, tunnel, handshake }: ConnectionOpen) => {
    for (const [phase, time] of Object.entries({ dns, connect, proxy: tunnel, tls: handshake }))
      if (time !== null) metrics.dial_phase_seconds.observe({ origin, phase }, time / 1000)
  }
  return {
    'connection:open': (event) => {
      const origin = labels.origin(event.origin)
      const connection: OpenConnection = { origin, protocol: event.protocol, state: 'open' }
      open.set(event.connectionId, connection)
      count(connection, 1)
      phases(origin, event)
    },
    'connection:draining': ({ connectionId }) => {
      const connection = open.get(connectionId)
      if (connection === undefined || connection.state === 'draining') return
      count(connection, -1)
      connection.state = 'draining'
      count(connection, 1)
    },
    'connection:closed': ({ connectionId, origin, protocol, error }) => {
      const connection = open.get(connectionId)
      if (connection !== undefined) count(connection, -1)
      open.delete(connectionId)
      const code = error === null ? 'none' : errorLabel(error.code)
      metrics.connections_closed_total.inc({ origin: labels.origin(origin), protocol, code })
    },
    'dial:end': ({ origin, error }) => {
      if (error !== null)
        metrics.dial_errors_total.inc({ origin: labels.origin(origin), code: errorLabel(error.code) })
    },
    'tls:end': ({ origin, resumed, withProxy, error }) => {
      if (error === null && !withProxy)
        metrics.tls_handshakes_total.inc({ origin: labels.origin(origin), resumed: String(resumed) })
    },
    'ping:end': ({ origin, roundTrip }) => {
      if (roundTrip !== null)
        metrics.ping_round_trip_seconds.observe({ origin: labels.origin(origin) }, roundTrip / 1000)
    },
    goaway: ({ origin, http2Code }) =>
      metrics.goaways_total.inc({
        origin: labels.origin(origin),
        code: ERROR_CODE_NAMES[http2Code] ?? 'other',
      }),
  }
}
