/** What `adaptive` takes. Off unless given; `{}` takes every default. */
export interface AdaptiveOptions {
  /** Requests in flight to an origin at first. Default 8. */
  readonly initial?: number
  /** The limit never falls below this. Default 1. */
  readonly min?: number
  /** Nor rises above this. Default 1,000. */
  readonly max?: number
  /** How far latency may rise above that of the unloaded origin before it counts as queueing. Default 1.5: by half. */
  readonly tolerance?: number
  /** ms after which the unloaded latency is measured anew, at a quarter of the limit for a moment. Default 10,000. */
  readonly probeInterval?: number
}

export type AdaptivePolicy = Required<AdaptiveOptions>

export const ADAPTIVE_DEFAULTS: AdaptivePolicy = {
  initial: 8,
  min: 1,
  max: 1000,
  tolerance: 1.5,
  probeInterval: 10_000,
}

/** A window is judged when it holds so many samples, and has lasted so many ms or one latency, whichever is longer. */
const WINDOW_SAMPLES = 10
const WINDOW_TIME = 50
/** Samples of one window that are kept; more make its median no truer. */
const MOST_SAMPLES = 128
/** Of the limit, what is left in one window at most, however bad it looks. */
const STEEPEST = 0.5
/** Of the limit, what is left after a drop: a 429 or 503, or a timeout. */
const AFTER_DROP = 0.7
/** Of the limit, how much is let through while the unloaded latency is measured. */
const MEASURING = 0.25
/** Of the probe interval, the first one; each further one is twice as long, as trust grows. */
const FIRST_INTERVAL = 1 / 16
/** When the limit fell to this part of itself and latency is still raised, the origin itself may be what is slower. */
const FUTILE = 1 / 8
/** Windows of raised latency in a row, under a limit that holds nobody back, after which it is measured anew. */
const RAISED_WINDOWS = 8
/** How much of a lightly loaded window goes into the unloaded latency, and of one that was quicker than that. */
const DRIFT = 0.1
const LOWERING = 0.3
/** A latency of 0 ms, as a clock without fractions gives it, is taken for this. */
const LEAST_LATENCY = 1e-3

/** The limit that `adaptive` found for an origin. */
export interface AdaptiveStats {
  /** Requests that may be in flight now. */
  readonly limit: number
  /** ms of the unloaded origin, and of the last window; null before there are any. */
  readonly baseline: number | null
  readonly latency: number | null
}

/**
 * How many requests an origin takes at once without making them wait, found from latency alone. In each window the
 * median latency is held against that of the unloaded origin: while both are alike the limit grows by its square root,
 * or a quarter of it while it is small;
 * when requests take longer, they queue over there, and it shrinks by as much. The unloaded latency is measured at
 * a quarter of the limit, now and then. Times are ms of one clock, given with each call.
 */
export class AdaptiveLimit {
  readonly #policy: AdaptivePolicy
  #limit: number
  #baseline: number | null = null
  #latency: number | null = null
  /** When the present window began; null until its first sample. */
  #since: number | null = null
  #samples: number[] = []
  /** Most requests in flight in this window. */
  #peak = 0
  /** Windows in a row whose latency was raised, and the limit before the first of them. */
  #raised = 0
  #raisedFrom = 0
  /** When the unloaded latency is to be measured next; and how long until the time after that. */
  #probeAt: number | null = null
  #interval: number
  #probing = false
  /** When the limit was last looked at. */
  #setAt = Number.NEGATIVE_INFINITY
  #droppedAt = Number.NEGATIVE_INFINITY

  constructor(policy: AdaptivePolicy) {
    this.#policy = policy
    this.#limit = Math.max(policy.min, Math.min(policy.max, policy.initial))
    this.#interval = policy.probeInterval * FIRST_INTERVAL
  }

  /** Requests that may be in flight now, a whole number. */
  get limit(): number {
    return Math.floor(this.#probing ? this.#reduced : this.#limit)
  }

  /** A head came `latency` ms after its request was sent at `sentAt`, when `inFlight` requests were under way. */
  onSample(latency: number, inFlight: number, sentAt: number, now: number): void {
    // What was sent under the last limit tells of the queue that it made, not of the one that is made now.
    if (sentAt < this.#setAt) return
    this.#since ??= now
    this.#peak = Math.max(this.#peak, inFlight)
    if (this.#samples.length < MOST_SAMPLES) this.#samples.push(latency)
    const longEnough = now - this.#since >= Math.max(WINDOW_TIME, this.#latency ?? 0)
    if (this.#samples.length >= WINDOW_SAMPLES && longEnough) this.#judge(now)
  }

  /** The origin turned a request away, or did not answer in time. One burst of them counts once. */
  onDrop(sentAt: number, now: number): void {
    if (sentAt <= this.#droppedAt) return
    this.#droppedAt = now
    this.#set(this.#limit * AFTER_DROP)
    this.#restart(now)
  }

  stats(): AdaptiveStats {
    return { limit: this.limit, baseline: this.#baseline, latency: this.#latency }
  }

  get #reduced(): number {
    return Math.max(this.#policy.min, this.#limit * MEASURING)
  }

  #judge(now: number): void {
    const latency = median(this.#samples)
    const peak = this.#peak
    this.#latency = latency
    this.#restart(now)
    if (this.#probing) return this.#measured(latency, now)
    if (this.#baseline === null) this.#measured(latency, now)
    else if (latency < this.#baseline) this.#approach(latency, LOWERING)
    const gradient = Math.min(1, (this.#policy.tolerance * (this.#baseline ?? latency)) / latency)
    if (this.#raised === 0) this.#raisedFrom = this.#limit
    this.#raised = gradient < 1 ? this.#raised + 1 : 0
    if (peak <= this.#limit / 2) this.#rest(latency, peak, now)
    else if (gradient < 1) this.#set(this.#limit * Math.max(STEEPEST, gradient))
    else this.#set(this.#limit + Math.min(Math.sqrt(this.#limit), this.#limit / 4))
    const futile = this.#raised > 0 && this.#limit <= Math.max(this.#policy.min, this.#raisedFrom * FUTILE)
    if (futile) this.#interval = this.#policy.probeInterval * FIRST_INTERVAL
    if (futile || now >= (this.#probeAt ?? now)) this.#probing = true
  }

  /** The limit is not what held anybody back, so it stays; a window as lightly loaded as this one is a measurement. */
  #rest(latency: number, peak: number, now: number): void {
    if (this.#raised === 0) {
      this.#approach(latency, DRIFT)
      this.#probeAt = now + this.#interval
    } else if (this.#raised >= RAISED_WINDOWS) {
      // Either the origin is slower than it was, or it takes less than is sent: the measurement has to bite to tell.
      this.#set(Math.min(this.#limit, Math.max(peak, this.#policy.initial)))
      this.#probing = true
    }
  }

  #measured(latency: number, now: number): void {
    this.#baseline = latency
    this.#probeAt = now + this.#interval
    this.#interval = Math.min(this.#policy.probeInterval, this.#interval * 2)
    this.#probing = false
    this.#raised = 0
  }

  #approach(latency: number, weight: number): void {
    this.#baseline = (this.#baseline ?? latency) * (1 - weight) + latency * weight
  }

  #restart(now: number): void {
    this.#setAt = now
    this.#since = null
    this.#samples = []
    this.#peak = 0
  }

  #set(limit: number): void {
    this.#limit = Math.max(this.#policy.min, Math.min(this.#policy.max, limit))
  }
}

function median(samples: number[]): number {
  samples.sort((a, b) => a - b)
  return Math.max(LEAST_LATENCY, samples[samples.length >> 1] as number)
}
