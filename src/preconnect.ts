import { DEFAULT_URGENCY } from './core/priority.ts'
import type { OriginPool } from './pool/origin-pool.ts'
import type { Waiter } from './pool/pool-context.ts'

/** What `client.connect()` resolves to. */
export interface Preconnected {
  readonly protocol: 'h2' | 'http/1.1'
  readonly connectionId: number
  /** Whether the TLS handshake resumed an earlier TLS session. */
  readonly resumed: boolean
}

/** Waits for any usable connection of a pool; rejects with the dial's error, or with the signal's reason. */
export function preconnect(pool: OriginPool, signal: AbortSignal | null): Promise<Preconnected> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      pool.leavePreconnect(entry)
      reject(signal?.reason)
    }
    const waiter: Waiter = {
      urgency: DEFAULT_URGENCY,
      start: ({ protocol, id, dialled }) => {
        signal?.removeEventListener('abort', onAbort)
        resolve({ protocol, connectionId: id, resumed: dialled.tls?.resumed ?? false })
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
