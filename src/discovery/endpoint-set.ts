import type { Clock } from '../core/clock.ts'
import type { Balancer } from './balancers.ts'
import type { SettledDiscovery } from './discovery-options.ts'
import { type Endpoint, placeName } from './resolver.ts'
import { TrackedEndpoint } from './tracked-endpoint.ts'

/** The endpoints of one service: who is among them, who is fit, and whose turn it is. */
export class EndpointSet {
  readonly #options: SettledDiscovery
  readonly #clock: Clock
  readonly #balancer: Balancer
  readonly #drain: (originKey: string) => void
  #current = new Map<string, TrackedEndpoint>()
  /** Gone from the set, with requests still open. */
  readonly #leaving = new Map<string, TrackedEndpoint>()

  /** `drain` is told the key of each origin whose connections may go. */
  constructor(options: SettledDiscovery, clock: Clock, drain: (originKey: string) => void) {
    this.#options = options
    this.#clock = clock
    this.#balancer = options.balancer()
    this.#drain = drain
  }

  get size(): number {
    return this.#current.size
  }

  get current(): Iterable<TrackedEndpoint> {
    return this.#current.values()
  }

  get leaving(): Iterable<TrackedEndpoint> {
    return this.#leaving.values()
  }

  /** Takes the set as it is now. Who stays keeps all that is known of him; who left finishes what he has. */
  replace(endpoints: readonly Required<Endpoint>[]): void {
    const before = this.#current
    this.#current = new Map(endpoints.map((endpoint) => [placeName(endpoint), this.#tracked(endpoint)]))
    for (const [name, endpoint] of before) {
      if (this.#current.has(name)) continue
      if (endpoint.inFlight > 0) this.#leaving.set(name, endpoint)
      for (const key of endpoint.originKeys) this.#drain(key)
    }
  }

  /**
   * The endpoint for the next request; none of `avoid` while there is another. null: there is none at all.
   * One that is due for a probe gets it. Else lower priorities come first; ejected endpoints are chosen only when there is no other.
   */
  pick(avoid: ReadonlySet<TrackedEndpoint>): TrackedEndpoint | null {
    const all = [...this.#current.values()]
    if (all.length === 0) return null
    const now = this.#clock.now()
    const fit = all.filter(({ health }) => health.isFit(now))
    const fresh = fit.filter((one) => !avoid.has(one))
    // A balancer would not choose who failed last: left to it, a probe might never come.
    const due = fresh.find(({ health }) => health.state === 'ejected')
    if (due !== undefined) return due
    // When everything is out of service, the lot of them is worth as much as any.
    const others = all.filter((one) => !avoid.has(one))
    const choice = [fresh, others, fit, all].find((some) => some.length > 0) as TrackedEndpoint[]
    const candidates = weighty(foremost(choice))
    const picked = this.#balancer.pick(candidates) as TrackedEndpoint
    return candidates.includes(picked) ? picked : (candidates[0] as TrackedEndpoint)
  }

  /** Whether somebody is left who is not in `avoid`. */
  hasOther(avoid: ReadonlySet<TrackedEndpoint>): boolean {
    for (const endpoint of this.#current.values()) if (!avoid.has(endpoint)) return true
    return false
  }

  /** Whether one more endpoint may be out of service. */
  mayEject(): boolean {
    let out = 0
    for (const { health } of this.#current.values()) if (health.state !== 'up') out += 1
    return out + 1 <= Math.floor(this.#current.size * (this.#options.ejection?.maxShare ?? 0))
  }

  /** A request of it has ended. */
  forgetIfGone(endpoint: TrackedEndpoint): void {
    if (endpoint.inFlight === 0 && this.#leaving.get(endpoint.name) === endpoint)
      this.#leaving.delete(endpoint.name)
  }

  #tracked(endpoint: Required<Endpoint>): TrackedEndpoint {
    const name = placeName(endpoint)
    const known = this.#current.get(name) ?? this.#leaving.get(name)
    this.#leaving.delete(name)
    if (known === undefined)
      return new TrackedEndpoint(endpoint, this.#options.ejection, this.#options.identity, this.#clock)
    known.weight = endpoint.weight
    known.priority = endpoint.priority
    return known
  }
}

function foremost(endpoints: readonly TrackedEndpoint[]): readonly TrackedEndpoint[] {
  const least = Math.min(...endpoints.map(({ priority }) => priority))
  return endpoints.filter(({ priority }) => priority === least)
}

function weighty(endpoints: readonly TrackedEndpoint[]): readonly TrackedEndpoint[] {
  const some = endpoints.filter(({ weight }) => weight > 0)
  return some.length > 0 ? some : endpoints
}
