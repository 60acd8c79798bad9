import { DEFAULT_URGENCY } from './core/priority.ts'
import type { OriginPool } from './pool/origin-pool.ts'
import type { Waiter } from './pool/pool-context.ts'
import type { PooledConnection } from './pool/pooled-connection.ts'

/** What `client.connect()` resolves to. */
export interface Preconnected {
  readonly protocol: 'h2' | 'http/1.1'
  readonly connectionId: number
  /** Whether the TLS handshake resumed an earlier TLS session. */
  readonly resumed: boolean
}

/** Waits for any usable connection of a pool; rejects with the dial's error, or with the signal's reason. */
export async function preconnect(pool: OriginPool, signal: AbortSignal | null): Promise<Preconnected> {
  const { protocol, id, dialled } = await readyConnection(pool, signal)
  return { protocol, connectionId: id, resumed: dialled.tls?.resumed ?? false }
}

/** The same, for the connection itself. */
export function readyConnection(pool: OriginPool, signal: AbortSignal | null): Promise<PooledConnection> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      pool.leavePreconnect(entry)
      reject(signal?.reason)
    }
    const waiter: Waiter = {
      urgency: DEFAULT_URGENCY,
      start: (connection) => {
        signal?.removeEventListener('abort', onAbort)
        resolve(connection)
      },
      fail: (error) => {
        signal?.removeEventListener('abort', onAbort)
        reject(error)
      },
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const entry = pool.preconnect(waiter)
  })
}
