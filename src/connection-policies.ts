import type { SettledOptions } from './client-options.ts'
import type { ConnectionPolicy } from './pool/connection-policy.ts'

/**
 * Silence on a draining session with open streams until it is asked by a PING, ms. One that has got a GOAWAY may die
 * without Node telling anybody, whatever keepAlive says.
 */
const DRAIN_INTERVAL = 1000

/** How connections of either protocol are kept and ended. */
export function policiesOf({
  http2,
  http1,
  keepAlive,
}: SettledOptions): Record<'h2' | 'http/1.1', ConnectionPolicy> {
  const { idleTimeout, maxLifetime, settingsTimeout, drainTimeout } = http2
  return {
    h2: {
      keepAlive: {
        ...keepAlive,
        drainInterval: Math.min(DRAIN_INTERVAL, keepAlive.interval || DRAIN_INTERVAL),
      },
      idleTimeout,
      maxLifetime,
      settingsTimeout,
      drainTimeout,
    },
    'http/1.1': {
      keepAlive: { ...keepAlive, interval: 0, drainInterval: 0 },
      idleTimeout: http1.idleTimeout,
      maxLifetime: http1.maxLifetime,
      settingsTimeout,
      drainTimeout,
    },
  }
}
