import type { SettledOptions } from './client-options.ts'
import type { Clock } from './core/clock.ts'
import type { Lifetime } from './core/lifetime.ts'
import { Discovery } from './discovery/discovery.ts'
import type { OriginPool } from './pool/origin-pool.ts'

interface Surroundings {
  readonly clock: Clock
  readonly lifetime: Lifetime
  /** Resolves at the end of the client: nothing is watched any more. */
  readonly closed: Promise<void>
  readonly pools: () => Iterable<OriginPool>
}

/** The discovery of a client; null if no service is configured. */
export function createDiscovery(
  { discovery, timeouts }: SettledOptions,
  { clock, lifetime, closed, pools }: Surroundings,
): Discovery | null {
  if (discovery.length === 0) return null
  const made = new Discovery(discovery, {
    clock,
    lifetime,
    timeout: Math.min(timeouts.dns, timeouts.connect),
    drain: (key) => drain(pools(), key),
  })
  closed.then(() => made.close())
  return made
}

/** The connections of one pool finish what they have, and close; the pool may be used again. */
function drain(pools: Iterable<OriginPool>, key: string): void {
  for (const { origin, connections } of pools) {
    if (origin.key === key) for (const connection of [...connections]) connection.retire('replaced')
  }
}
