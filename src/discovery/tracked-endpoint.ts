import type { Clock } from '../core/clock.ts'
import { type Origin, originAt, originOf } from '../core/origin.ts'
import type { Candidate } from './balancers.ts'
import { type EjectionOptions, EndpointHealth } from './endpoint-health.ts'
import { Latency } from './latency.ts'
import { type Endpoint, placeName } from './resolver.ts'

/** Whose name a request carries in its authority, SNI and the check of the certificate. */
export type Identity = 'service' | 'endpoint'

/** What the first failure counts as in the average, ms at least. */
const FAILURE_LATENCY = 10

/** One endpoint, and what this client knows of it. */
export class TrackedEndpoint implements Candidate {
  readonly host: string
  readonly port: number
  readonly name: string
  readonly health: EndpointHealth
  weight: number
  priority: number
  inFlight = 0
  readonly #clock: Clock
  readonly #identity: Identity
  #latency = new Latency()
  /** By the origin of the request: scheme and port of the URL make different connections. */
  readonly #origins = new Map<string, Origin>()

  constructor(
    endpoint: Required<Endpoint>,
    ejection: Required<EjectionOptions> | null,
    identity: Identity,
    clock: Clock,
  ) {
    this.host = endpoint.host
    this.port = endpoint.port
    this.name = placeName(endpoint)
    this.weight = endpoint.weight
    this.priority = endpoint.priority
    this.health = new EndpointHealth(ejection)
    this.#identity = identity
    this.#clock = clock
  }

  /** Keys of the pools that its requests went through. */
  get originKeys(): string[] {
    return [...this.#origins.values()].map(({ key }) => key)
  }

  /** `origin` as it is reached here. */
  originFor(origin: Origin): Origin {
    const known = this.#origins.get(origin.key)
    if (known !== undefined) return known
    const made =
      this.#identity === 'service'
        ? originAt(origin, this)
        : originOf(new URL(`${origin.scheme}://${this.name}`))
    this.#origins.set(origin.key, made)
    return made
  }

  get latency(): number | null {
    return this.#latency.at(this.#clock.now())
  }

  /** `afresh`: it is another endpoint than it was when it failed, so what was known of it is void. */
  answered(ms: number, afresh = false): void {
    if (afresh) this.#latency = new Latency()
    this.#latency.observe(ms, this.#clock.now())
  }

  /**
   * Failing fast must not look like being fast: a failure doubles the average at least. One costs little, many in a row
   * take the endpoint out of favour, if nothing else does.
   */
  failedAfter(ms: number): void {
    const least = this.latency === null ? FAILURE_LATENCY : this.latency * 2
    this.#latency.observe(Math.max(ms, least), this.#clock.now())
  }
}
