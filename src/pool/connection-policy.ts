import type { KeepalivePolicy } from './keepalive.ts'

/** ms. */
export interface ConnectionPolicy {
  readonly keepAlive: KeepalivePolicy
  /** No open exchange for so long: the connection is closed. */
  readonly idleTimeout: number
  /** Age at which a connection is handed over to a new one; Infinity: never. */
  readonly maxLifetime: number
  /** Wait for the peer's first SETTINGS. */
  readonly settingsTimeout: number
  /** How long a draining connection may take to finish what it has. */
  readonly drainTimeout: number
}
