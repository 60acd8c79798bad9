import type { PhaseTimings } from '../core/phase-timings.ts'
import type { DialTrace } from './dial-trace.ts'

export type DialPhase = 'dns' | 'connect' | 'proxy' | 'tls'

/** ms; a phase that did not take place is 0. */
export interface DialTimings {
  readonly dns: number
  readonly connect: number
  /** Until the tunnel stood, TLS with the proxy included; there only if there was a proxy. */
  readonly proxy?: number
  readonly tls: number
}

/** How far a dial has come; written by the dial, for whoever waits for it to read. Times are ms of the clock. */
export class DialProgress {
  /** Who tells of the phases; null: nobody listens. */
  readonly trace: DialTrace | null
  /** It is the dial of a proxy, on behalf of the one that `trace` tells of. */
  readonly toProxy: boolean
  #startedAt = 0
  #lookedUpAt: number | null = null
  #connectedAt: number | null = null
  /** Of the connection to the proxy, whose look-up and TCP connection are those of this dial. */
  #hop: DialProgress | null = null
  #askedAt: number | null = null
  #tunnelledAt: number | null = null

  constructor(trace: DialTrace | null = null, toProxy = false) {
    this.trace = trace
    this.toProxy = toProxy
  }

  /** An attempt begins; another one may have been made in vain. `literal`: there is nothing to look up. */
  begin(now: number, literal: boolean): void {
    this.#startedAt = now
    this.#lookedUpAt = literal ? now : null
    this.#connectedAt = null
    this.#hop = null
    this.#askedAt = null
    this.#tunnelledAt = null
  }

  lookedUp(now: number): void {
    this.#lookedUpAt ??= now
  }

  connected(now: number): void {
    this.#connectedAt = now
  }

  /** The attempt at hand goes through a proxy, `hop` being the dial of that. Another one may take its place. */
  follow(hop: DialProgress): void {
    this.#hop = hop
    this.#askedAt = null
  }

  /** The proxy is asked for the tunnel; without a dial of its own when the connection to it was there. */
  asked(now: number): void {
    this.#hop ??= arrived(now)
    this.#askedAt = now
  }

  /** The proxy says that the tunnel stands. */
  tunnelled(now: number): void {
    this.#tunnelledAt = now
  }

  get startedAt(): number {
    return this.#startedAt
  }

  get phase(): DialPhase {
    if (this.#hop !== null) {
      if (this.#tunnelledAt !== null) return 'tls'
      return this.#hop.phase === 'tls' ? 'proxy' : this.#hop.phase
    }
    if (this.#connectedAt !== null) return 'tls'
    return this.#lookedUpAt === null ? 'dns' : 'connect'
  }

  /** When the present phase began. */
  get phaseAt(): number {
    // A dial that was joined may have come far before.
    if (this.#hop !== null)
      return this.#tunnelledAt ?? this.#askedAt ?? Math.max(this.#startedAt, this.#hop.phaseAt)
    return this.#connectedAt ?? this.#lookedUpAt ?? this.#startedAt
  }

  /** The phases that have ended. */
  get ended(): PhaseTimings {
    const { phase } = this
    if (phase === 'dns') return {}
    const { dns, connect, proxy } = this.timings(this.phaseAt)
    if (phase === 'connect') return { dns }
    return phase === 'proxy' || proxy === undefined ? { dns, connect } : { dns, connect, proxy }
  }

  /** All phases, if the last of them ended `now`. */
  timings(now: number): DialTimings {
    if (this.#hop !== null) return this.#timingsThrough(this.#hop, now)
    const lookedUpAt = this.#lookedUpAt ?? this.#startedAt
    const connectedAt = this.#connectedAt ?? now
    return { dns: lookedUpAt - this.#startedAt, connect: connectedAt - lookedUpAt, tls: now - connectedAt }
  }

  #timingsThrough(hop: DialProgress, now: number): DialTimings {
    const tunnelledAt = this.#tunnelledAt ?? now
    const { dns, connect } = hop.timings(tunnelledAt)
    const before = hop.startedAt >= this.#startedAt ? dns + connect : 0
    return {
      ...(before === 0 ? { dns: 0, connect: 0 } : { dns, connect }),
      proxy: tunnelledAt - this.#startedAt - before,
      tls: now - tunnelledAt,
    }
  }
}

/** The progress of a dial that was over when it was needed. */
export function arrived(now: number): DialProgress {
  const progress = new DialProgress()
  progress.begin(now, true)
  progress.connected(now)
  return progress
}
