/** When an endpoint is taken out of service. Times are in ms. */
export interface EjectionOptions {
  /** Failures in a row that take an endpoint out. Default 5. */
  readonly failures?: number
  /** Statuses that count as failures. Default 502, 503 and 504. */
  readonly statuses?: readonly number[]
  /** How long it stays out the first time; each further time twice as long. Default 10,000. */
  readonly duration?: number
  /** Where the doubling ends. Default 300,000. */
  readonly maxDuration?: number
  /** Share of a service's endpoints that may be out at once. Default 0.5. */
  readonly maxShare?: number
}

export const EJECTION_DEFAULTS: Required<EjectionOptions> = {
  failures: 5,
  statuses: [502, 503, 504],
  duration: 10_000,
  maxDuration: 300_000,
  maxShare: 0.5,
}

/** `probing`: its time out is over, and one request is trying it. */
export type HealthState = 'up' | 'ejected' | 'probing'

/**
 * Whether one endpoint is fit for service. Failures in a row eject it; when its time is over one request is let through
 * as a probe, which brings it back or sends it out for twice as long.
 */
export class EndpointHealth {
  readonly #policy: Required<EjectionOptions> | null
  #failures = 0
  #ejections = 0
  /** When its time out ends; null: it is in service. */
  #until: number | null = null
  #backSince = Number.NEGATIVE_INFINITY
  #probing = false

  /** null: nothing is ever ejected. */
  constructor(policy: Required<EjectionOptions> | null) {
    this.#policy = policy
  }

  get failures(): number {
    return this.#failures
  }

  get state(): HealthState {
    if (this.#until === null) return 'up'
    return this.#probing ? 'probing' : 'ejected'
  }

  /** ms until a probe is let through; 0 when it is in service, or could be probed now. */
  ejectedFor(now: number): number {
    return this.#until === null ? 0 : Math.max(0, this.#until - now)
  }

  /** Whether a request may go there. */
  isFit(now: number): boolean {
    return this.#until === null || (now >= this.#until && !this.#probing)
  }

  /** A request goes there. Returns whether it is the probe. */
  begin(now: number): boolean {
    const isProbe = this.#until !== null && now >= this.#until && !this.#probing
    if (isProbe) this.#probing = true
    return isProbe
  }

  /** The probe ended and told nothing: its caller went away. */
  releaseProbe(): void {
    this.#probing = false
  }

  succeed(now: number, wasProbe: boolean): void {
    this.#failures = 0
    // A request from before the ejection is no sign of recovery.
    if (this.#until === null || !wasProbe) return
    this.#until = null
    this.#probing = false
    this.#backSince = now
  }

  /** `mayEject`: whether one more endpoint of the set may be out. */
  fail(now: number, wasProbe: boolean, mayEject: () => boolean): void {
    this.#failures += 1
    if (wasProbe) return this.#eject(now)
    if (this.#policy === null || this.#until !== null || this.#failures < this.#policy.failures) return
    if (mayEject()) this.#eject(now)
  }

  #eject(now: number): void {
    const policy = this.#policy ?? EJECTION_DEFAULTS
    // In service for as long as it was last out: the past is forgotten.
    if (this.#until === null && now - this.#backSince >= this.#lasts(policy)) this.#ejections = 0
    this.#ejections += 1
    this.#until = now + this.#lasts(policy)
    this.#probing = false
  }

  #lasts({ duration, maxDuration }: Required<EjectionOptions>): number {
    return Math.min(maxDuration, duration * 2 ** Math.max(0, this.#ejections - 1))
  }
}
