import type { Clock } from '../core/clock.ts'
import type { ClientRequest } from '../core/dispatch.ts'
import type { Lifetime } from '../core/lifetime.ts'
import type { Sweeper } from '../core/sweeper.ts'
import type { OriginPool } from './origin-pool.ts'
import type { PhaseTimeouts } from './phase-timeouts.ts'

/** What all round trips of a client share. */
export interface RoundTripContext {
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly sweeper: Sweeper
  readonly timeouts: PhaseTimeouts
  /** Bytes. */
  readonly responseBodyLimit: number
  pool(request: ClientRequest): OriginPool
  /** The last byte came, or the request failed: it is off the books. `duration`: ms since it was given to the network. */
  onSettled(error: unknown, request: ClientRequest, duration: number): void
}
