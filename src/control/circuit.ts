import { events } from '../core/events.ts'
import type { HeaderList } from '../core/headers.ts'
import { type CallTotals, type CallWindow, CountWindow, TimeWindow } from './call-window.ts'

/** `ignored`: it says nothing about the origin, as when the caller changed their mind. */
export type CallVerdict = 'success' | 'failure' | 'ignored'

/** How a call ended, as far as the breaker waits for it: at the response head, or with an error. */
export type CallOutcome =
  | { readonly status: number; readonly headers: HeaderList }
  | { readonly error: unknown }

/** What `breaker` takes. Off unless given; `{}` takes every default. */
export interface BreakerOptions {
  /** Share of failed calls at which a circuit opens, above 0 and up to 1. Default 0.5. */
  readonly failureRate?: number
  /** Share of slow calls at which it opens. Default 1: when all of them are. */
  readonly slowRate?: number
  /** ms from the request on the wire to the response head from which a call is slow. Default `Infinity`: none is. */
  readonly slowAfter?: number
  /** Calls that are looked back upon. Default 100. */
  readonly window?: number
  /** ms that are looked back upon, in place of a number of calls. */
  readonly windowTime?: number
  /** Calls the window must hold before the circuit may open. Default 20. */
  readonly minimumCalls?: number
  /** ms for which the circuit is open the first time. Default 5,000. */
  readonly openTime?: number
  /** The next time without a good end in between is so many times as long. Default 2. */
  readonly openTimeFactor?: number
  /** ms at which it grows no further. Default 60,000. */
  readonly maxOpenTime?: number
  /** Calls that are let through after that, to see how it stands. Default 3. */
  readonly probes?: number
  /** Judges a call. Default: connection errors, timeouts, and 500, 502, 503 and 504 are failures; aborts are ignored. */
  readonly classify?: (outcome: CallOutcome) => CallVerdict
  /** Told of each change of a circuit. */
  readonly onStateChange?: (change: CircuitChange) => void
}

export type BreakerPolicy = Required<Omit<BreakerOptions, 'windowTime' | 'onStateChange' | 'classify'>> & {
  readonly windowTime: number | null
  readonly classify: ((outcome: CallOutcome) => CallVerdict) | null
  readonly onStateChange: ((change: CircuitChange) => void) | null
}

export const BREAKER_DEFAULTS: BreakerPolicy = {
  failureRate: 0.5,
  slowRate: 1,
  slowAfter: Number.POSITIVE_INFINITY,
  window: 100,
  windowTime: null,
  minimumCalls: 20,
  openTime: 5_000,
  openTimeFactor: 2,
  maxOpenTime: 60_000,
  probes: 3,
  classify: null,
  onStateChange: null,
}

/** `closed`: calls go through. `open`: they fail at once. `half-open`: a few go through, as a trial. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** A change of an origin's circuit breaker. */
export interface CircuitChange extends CallTotals {
  readonly origin: string
  readonly from: CircuitState
  readonly to: CircuitState
  /** ms until calls are let through again; 0 unless it opened. */
  readonly retryAfter: number
}

/** The circuit breaker of an origin at this moment. */
export interface CircuitStats extends CallTotals {
  readonly origin: string
  readonly state: CircuitState
  /** ms until the next call is let through; 0 when it is now. */
  readonly retryAfter: number
}

interface Closed {
  readonly state: 'closed'
  readonly window: CallWindow
}

interface Open {
  readonly state: 'open'
  readonly until: number
  /** How often it has opened since it was last closed. */
  readonly openings: number
  readonly totals: CallTotals
}

interface HalfOpen {
  readonly state: 'half-open'
  /** If the probes have not decided by then, they are given up and others go out. */
  readonly until: number
  readonly openings: number
  running: number
  calls: number
  failed: number
  slow: number
}

type Stage = Closed | Open | HalfOpen

/** The right to make one call; what became of it counts only in the state in which it was given. */
export type CallPermit = Closed | HalfOpen

/**
 * The circuit of one origin, as a state machine over the times it is given (ms of one clock). It starts closed; opens
 * when too many calls of its window failed or were slow; after its time it lets a few probes through, which close it
 * or open it again, for longer.
 */
export class Circuit {
  readonly #origin: string
  readonly #policy: BreakerPolicy
  #stage: Stage

  constructor(origin: string, policy: BreakerPolicy) {
    this.#origin = origin
    this.#policy = policy
    this.#stage = this.#closed()
  }

  /** A permit for a call, or null when it must not be made. */
  enter(now: number): CallPermit | null {
    const stage = this.#stage
    if (stage.state === 'closed') return stage
    if (stage.state === 'half-open' && stage.running + stage.calls < this.#policy.probes) {
      stage.running += 1
      return stage
    }
    if (now < stage.until) return null
    const probing: HalfOpen = {
      state: 'half-open',
      until: now + this.#openTime(stage.openings - 1),
      openings: stage.openings,
      running: 1,
      calls: 0,
      failed: 0,
      slow: 0,
    }
    this.#become(probing, now)
    return probing
  }

  /** What `enter` would say, without taking a permit. */
  refuses(now: number): boolean {
    const stage = this.#stage
    if (stage.state === 'closed' || now >= stage.until) return false
    return stage.state === 'open' || stage.running + stage.calls >= this.#policy.probes
  }

  /** How the call of a permit went; `duration` ms until its head, 0 if there was none. */
  record(permit: CallPermit, verdict: CallVerdict, duration: number, now: number): void {
    if (permit.state === 'half-open') permit.running -= 1
    // Calls that began in an earlier state tell nothing about this one.
    if (permit !== this.#stage || verdict === 'ignored') return
    const failed = verdict === 'failure'
    const slow = duration >= this.#policy.slowAfter
    if (permit.state === 'closed') this.#recordCall(permit, failed, slow, now)
    else this.#recordProbe(permit, failed, slow, now)
  }

  /** ms until a call may be let through; 0 when it is now. */
  retryAfter(now: number): number {
    return this.refuses(now) ? (this.#stage as Open | HalfOpen).until - now : 0
  }

  stats(now: number): CircuitStats {
    const { state } = this.#stage
    return { origin: this.#origin, state, ...this.#totals(now), retryAfter: this.retryAfter(now) }
  }

  #recordCall({ window }: Closed, failed: boolean, slow: boolean, now: number): void {
    window.record(failed, slow, now)
    if (!failed && !slow) return
    const totals = window.totals(now)
    const { failureRate, slowRate, minimumCalls, windowTime, window: size } = this.#policy
    const enough = windowTime === null ? Math.min(minimumCalls, size) : minimumCalls
    if (totals.calls < enough) return
    const bad = totals.failed >= failureRate * totals.calls || totals.slow >= slowRate * totals.calls
    if (bad) this.#open(1, totals, now)
  }

  #recordProbe(stage: HalfOpen, failed: boolean, slow: boolean, now: number): void {
    const { failureRate, slowRate, probes } = this.#policy
    stage.calls += 1
    if (failed) stage.failed += 1
    if (slow) stage.slow += 1
    if (stage.failed >= failureRate * probes || stage.slow >= slowRate * probes) {
      const { calls, failed: failures, slow: slows, openings } = stage
      this.#open(openings + 1, { calls, failed: failures, slow: slows }, now)
    } else if (stage.calls === probes) this.#become(this.#closed(), now)
  }

  #open(openings: number, totals: CallTotals, now: number): void {
    this.#become({ state: 'open', until: now + this.#openTime(openings - 1), openings, totals }, now)
  }

  #openTime(before: number): number {
    const { openTime, openTimeFactor, maxOpenTime } = this.#policy
    return Math.min(Math.max(openTime, maxOpenTime), openTime * openTimeFactor ** before)
  }

  #closed(): Closed {
    const { window, windowTime } = this.#policy
    return {
      state: 'closed',
      window: windowTime === null ? new CountWindow(window) : new TimeWindow(windowTime),
    }
  }

  #totals(now: number): CallTotals {
    const stage = this.#stage
    if (stage.state === 'closed') return stage.window.totals(now)
    const { calls, failed, slow } = stage.state === 'open' ? stage.totals : stage
    return { calls, failed, slow }
  }

  #become(stage: Stage, now: number): void {
    const from = this.#stage.state
    const totals = this.#totals(now)
    this.#stage = stage
    // Probes that were given up make place for others: nothing that anybody could see has changed.
    if (from === stage.state) return
    const told = stage.state === 'open' ? stage.totals : totals
    const retryAfter = stage.state === 'open' ? stage.until - now : 0
    if (events.breaker.hasSubscribers)
      events.breaker.publish({
        ...{ at: now, origin: this.#origin, from, to: stage.state },
        reason: reasonFor(stage.state, told),
      })
    this.#policy.onStateChange?.({ origin: this.#origin, from, to: stage.state, ...told, retryAfter })
  }
}

function reasonFor(to: CircuitState, { calls, failed, slow }: CallTotals): string {
  if (to === 'half-open') return 'its time is over; probes are let through'
  const told = `${failed} of ${calls} calls failed and ${slow} were slow`
  return to === 'open' ? told : `its probes went well: ${told}`
}
