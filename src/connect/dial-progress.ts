import type { PhaseTimings } from '../core/phase-timings.ts'
import type { DialTrace } from './dial-trace.ts'

export type DialPhase = 'dns' | 'connect' | 'tls'

/** ms; a phase that did not take place is 0. */
export interface DialTimings {
  readonly dns: number
  readonly connect: number
  readonly tls: number
}

/** How far a dial has come; written by the dial, for whoever waits for it to read. Times are ms of the clock. */
export class DialProgress {
  /** Who tells of the phases; null: nobody listens. */
  readonly trace: DialTrace | null
  #startedAt = 0
  #lookedUpAt: number | null = null
  #connectedAt: number | null = null

  constructor(trace: DialTrace | null = null) {
    this.trace = trace
  }

  /** An attempt begins; another one may have been made in vain. `literal`: there is nothing to look up. */
  begin(now: number, literal: boolean): void {
    this.#startedAt = now
    this.#lookedUpAt = literal ? now : null
    this.#connectedAt = null
  }

  lookedUp(now: number): void {
    this.#lookedUpAt ??= now
  }

  connected(now: number): void {
    this.#connectedAt = now
  }

  get startedAt(): number {
    return this.#startedAt
  }

  get phase(): DialPhase {
    if (this.#connectedAt !== null) return 'tls'
    return this.#lookedUpAt === null ? 'dns' : 'connect'
  }

  /** When the present phase began. */
  get phaseAt(): number {
    return this.#connectedAt ?? this.#lookedUpAt ?? this.#startedAt
  }

  /** The phases that have ended. */
  get ended(): PhaseTimings {
    const { phase } = this
    if (phase === 'dns') return {}
    const { dns, connect } = this.timings(this.phaseAt)
    return phase === 'connect' ? { dns } : { dns, connect }
  }

  /** All phases, if the last of them ended `now`. */
  timings(now: number): DialTimings {
    const lookedUpAt = this.#lookedUpAt ?? this.#startedAt
    const connectedAt = this.#connectedAt ?? now
    return { dns: lookedUpAt - this.#startedAt, connect: connectedAt - lookedUpAt, tls: now - connectedAt }
  }
}
