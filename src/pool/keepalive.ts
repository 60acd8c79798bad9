import type { Clock, Timer } from '../core/clock.ts'
import { PingProbe, type PingTarget } from './ping-probe.ts'

/** ms. */
export interface KeepalivePolicy {
  /** Silence after which a PING goes out; 0 turns that off. */
  readonly interval: number
  /** How long its answer may take. */
  readonly timeout: number
  /** PING also when no stream is open. */
  readonly whenIdle: boolean
  /** The same as `interval` for a connection that is draining; 0: as any other. */
  readonly drainInterval: number
}

/** What keepalive sees of a connection, and how it acts on it. */
export interface KeepaliveTarget extends PingTarget {
  isBusy(): boolean
  isDraining(): boolean
  /** The transport is gone, although nobody said so. */
  isSevered(): boolean
  /** The peer is dead: `silentMs` without an answer, or `cause` when there was no asking it. */
  onDead(silentMs: number, cause: unknown): void
}

/** Round-trip times of PINGs, ms; null before the first answer. */
export interface RoundTripTimes {
  readonly smoothed: number | null
  readonly min: number | null
}

/** How often a connection is looked at while it is watched, ms: what the clock of silence is exact to. */
const LONGEST_SAMPLE = 500

/** RFC 6298 section 2.3, the weight of a new sample. */
const SMOOTHING = 1 / 8

/**
 * Decides when to PING a connection and when it is dead. Receiving is noticed by comparing byte counts now and
 * then, so that a request costs nothing here; one timer runs per connection, and only while there is something to
 * watch.
 */
export class Keepalive {
  readonly #clock: Clock
  readonly #policy: KeepalivePolicy
  readonly #target: KeepaliveTarget
  #roundTrip: RoundTripTimes = { smoothed: null, min: null }
  #timer: Timer | null = null
  #probe: PingProbe | null = null
  #bytesSeen = -1
  #heardAt = 0
  #stopped = false

  constructor(clock: Clock, policy: KeepalivePolicy, target: KeepaliveTarget) {
    this.#clock = clock
    this.#policy = policy
    this.#target = target
  }

  get roundTrip(): RoundTripTimes {
    return this.#roundTrip
  }

  /** Time to wait for an answer when a connection is in doubt: max(1 s, 4 x RTT). */
  get probeDeadline(): number {
    return Math.max(1000, 4 * (this.#roundTrip.smoothed ?? 0))
  }

  /** Time after which an answer is late enough to prepare for its not coming. */
  get lateAfter(): number {
    return Math.max(100, 4 * (this.#roundTrip.smoothed ?? 0))
  }

  /** ms since something is known to have come from the peer; 0 when something came since the last look. */
  get silence(): number {
    if (this.#timer === null || this.#target.bytesReceived() !== this.#bytesSeen) return 0
    return this.#clock.now() - this.#heardAt
  }

  /** The connection got its first stream, or may be idle now: watch it if there is reason to. */
  wake(): void {
    if (this.#timer !== null || this.#stopped || !this.#worthWatching()) return
    this.#hear()
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = null
    this.#probe?.giveUp(null)
  }

  /**
   * One PING; resolves to whether the peer answered before it was silent for `deadline` ms. If it did not, the
   * target is told. A PING under way is shared, and the shorter deadline holds.
   */
  async probe(deadline: number): Promise<boolean> {
    if (this.#target.isSevered()) {
      this.#target.onDead(0, null)
      return false
    }
    this.#probe ??= this.#send()
    this.#probe.within(deadline)
    return (await this.#probe.outcome).alive
  }

  #send(): PingProbe {
    const probe = new PingProbe(this.#clock, this.#target)
    probe.outcome.then((outcome) => {
      this.#probe = null
      if (outcome.alive) this.#learn(outcome.roundTrip)
      else if (!this.#stopped) this.#target.onDead(outcome.silentMs, outcome.cause)
    })
    return probe
  }

  get #interval(): number {
    const { interval, drainInterval } = this.#policy
    return drainInterval > 0 && this.#target.isDraining() ? drainInterval : interval
  }

  #worthWatching(): boolean {
    return this.#target.isBusy() || (this.#policy.whenIdle && this.#policy.interval > 0)
  }

  #hear(): void {
    this.#bytesSeen = this.#target.bytesReceived()
    this.#heardAt = this.#clock.now()
  }

  #arm(): void {
    const { interval } = this.#policy
    const period = interval > 0 ? Math.min(LONGEST_SAMPLE, interval / 4) : LONGEST_SAMPLE
    this.#timer = this.#clock.setTimeout(() => this.#sample(), period)
  }

  #sample(): void {
    this.#timer = null
    if (!this.#worthWatching()) return
    if (this.#target.bytesReceived() !== this.#bytesSeen) this.#hear()
    else if (this.#target.isSevered()) return this.#target.onDead(this.#clock.now() - this.#heardAt, null)
    const { timeout } = this.#policy
    const interval = this.#interval
    this.#arm()
    if (interval > 0 && this.#clock.now() - this.#heardAt >= interval) this.probe(timeout)
  }

  #learn(roundTrip: number): void {
    const { smoothed, min } = this.#roundTrip
    this.#roundTrip = {
      min: Math.min(roundTrip, min ?? roundTrip),
      smoothed: smoothed === null ? roundTrip : smoothed + SMOOTHING * (roundTrip - smoothed),
    }
  }
}
