import { UrgencyQueue } from '../core/urgency-queue.ts'
import type { AdaptiveLimit, AdaptiveStats } from './adaptive-limit.ts'

/** The requests of one origin: how many are in flight, and who waits for a turn. */
export class Lane<T> {
  readonly origin: string
  readonly adaptive: AdaptiveLimit | null
  readonly queue = new UrgencyQueue<T>()
  inFlight = 0

  constructor(origin: string, adaptive: AdaptiveLimit | null) {
    this.origin = origin
    this.adaptive = adaptive
  }

  /** Requests that may be in flight at once, if the option allows `most`. */
  limit(most: number): number {
    return this.adaptive === null ? most : Math.min(most, this.adaptive.limit)
  }

  get idle(): boolean {
    return this.inFlight === 0 && this.queue.size === 0
  }

  stats(most: number): LaneStats {
    const { origin, inFlight, queue, adaptive } = this
    return {
      origin,
      inFlight,
      waiting: queue.size,
      limit: this.limit(most),
      adaptive: adaptive?.stats() ?? null,
    }
  }
}

/** The requests of one origin, as far as in-flight limits govern them. */
export interface LaneStats {
  readonly origin: string
  /** Requests whose response has not ended. */
  readonly inFlight: number
  /** Requests that wait for their turn. */
  readonly waiting: number
  /** How many may be in flight at once now. */
  readonly limit: number
  /** What the adaptive limit goes by; null without `adaptive`. */
  readonly adaptive: AdaptiveStats | null
}
