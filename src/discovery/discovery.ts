import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError } from '../core/errors.ts'
import { noOptions } from '../core/no-options.ts'
import type { Origin, Target } from '../core/origin.ts'
import { canSend } from '../core/request-body.ts'
import type { SettledDiscovery } from './discovery-options.ts'
import { isEndpointFault, mayGoElsewhere } from './endpoint-faults.ts'
import { noEndpoint, Service, type ServiceContext } from './service.ts'
import { type ServiceStats, serviceStats } from './service-stats.ts'
import type { TrackedEndpoint } from './tracked-endpoint.ts'

/** Services known at once; those used least recently are looked up anew. */
const SERVICES_LIMIT = 1000

const NONE: ReadonlySet<TrackedEndpoint> = new Set()

/** Leads requests to services to their endpoints. It stands between everything else and the pools. */
export class Discovery {
  readonly interceptor: Interceptor
  readonly #rules: readonly SettledDiscovery[]
  readonly #context: ServiceContext
  readonly #services: LRUCache<string, Service>
  /**
   * Endpoints that failed a request, by its target: a retry is the same target once more, and shall go elsewhere.
   */
  readonly #failed = new WeakMap<Target, Set<TrackedEndpoint>>()

  constructor(rules: readonly SettledDiscovery[], context: ServiceContext) {
    this.#rules = rules
    this.#context = context
    this.#services = new LRUCache({ max: SERVICES_LIMIT, dispose: (service) => service.close() })
    this.interceptor = (next) => (request) => {
      const service = this.#serviceOf(request.target.origin)
      return service === null ? next(request) : this.#lead(service, request, next)
    }
  }

  /** Where a connection to `origin` goes: to an endpoint if it is a service, else where it would anyway. */
  async place(origin: Origin, signal: AbortSignal | null): Promise<Origin> {
    const service = this.#serviceOf(origin)
    if (service === null) return origin
    await service.ready(signal)
    return this.#pick(service, NONE).originFor(origin)
  }

  stats(): readonly ServiceStats[] {
    const now = this.#context.clock.now()
    return [...this.#services.values()].map((service) => serviceStats(service, now))
  }

  /** Watches nothing any more. */
  close(): void {
    this.#services.clear()
  }

  #serviceOf({ hostname }: Origin): Service | null {
    const known = this.#services.get(hostname, noOptions())
    if (known !== undefined) return known
    const rule = this.#rules.find(({ matches }) => matches(hostname))
    if (rule === undefined) return null
    const service = new Service(hostname, rule, this.#context)
    this.#services.set(hostname, service, noOptions())
    return service
  }

  #pick(service: Service, avoid: ReadonlySet<TrackedEndpoint>): TrackedEndpoint {
    const picked = service.endpoints.pick(avoid)
    if (picked === null) throw noEndpoint(service.name)
    return picked
  }

  /** Another endpoint each time, while it is certain that none of them did anything with the request. */
  async #lead(service: Service, request: ClientRequest, next: Dispatch): Promise<ClientResponse> {
    let attempts = 0
    for (let tries = 1; ; tries += 1) {
      const waited = service.ready(request.signal)
      if (waited !== null) await waited
      const endpoint = this.#pick(service, this.#failed.get(request.target) ?? NONE)
      try {
        return await this.#send(service, endpoint, request, next)
      } catch (error) {
        const failed = this.#noteFailure(request.target, endpoint)
        if (!(error instanceof ClientError)) throw error
        attempts += error.attempts
        error.attempts = attempts
        const elsewhere = tries < service.options.attempts && service.endpoints.hasOther(failed)
        if (!elsewhere || !mayGoElsewhere(error) || !canSend(request.body)) throw error
      }
    }
  }

  #noteFailure(target: Target, endpoint: TrackedEndpoint): ReadonlySet<TrackedEndpoint> {
    const failed = this.#failed.get(target) ?? new Set()
    this.#failed.set(target, failed.add(endpoint))
    return failed
  }

  async #send(
    service: Service,
    endpoint: TrackedEndpoint,
    request: ClientRequest,
    next: Dispatch,
  ): Promise<ClientResponse> {
    const visit = new Visit(service, endpoint, this.#context.clock)
    const { target } = request
    try {
      const origin = endpoint.originFor(target.origin)
      const response = await next({ ...request, target: { ...target, origin } })
      if (visit.answered(response)) this.#noteFailure(target, endpoint)
      response.body.whenSettled((error) => visit.ended(error ?? null))
      return response
    } catch (error) {
      visit.ended(error)
      throw error
    }
  }
}

/** One request at one endpoint: what its outcome says of the endpoint. */
class Visit {
  readonly #service: Service
  readonly #endpoint: TrackedEndpoint
  readonly #clock: Clock
  readonly #beganAt: number
  #isProbe: boolean

  constructor(service: Service, endpoint: TrackedEndpoint, clock: Clock) {
    this.#service = service
    this.#endpoint = endpoint
    this.#clock = clock
    this.#beganAt = clock.now()
    this.#isProbe = endpoint.health.begin(this.#beganAt)
    endpoint.inFlight += 1
  }

  /** Returns whether the status is one that speaks against the endpoint. */
  answered({ status, timings }: ClientResponse): boolean {
    const faulty = this.#service.options.ejection?.statuses.includes(status) ?? false
    if (faulty) this.#failed()
    else {
      this.#endpoint.answered(timings.firstByte, this.#isProbe)
      this.#endpoint.health.succeed(this.#clock.now(), this.#isProbe)
    }
    this.#isProbe = false
    return faulty
  }

  /** The last byte came, or the request failed. */
  ended(error: unknown): void {
    if (error !== null && isEndpointFault(error)) this.#failed()
    else if (this.#isProbe) this.#endpoint.health.releaseProbe()
    this.#endpoint.inFlight -= 1
    this.#service.endpoints.forgetIfGone(this.#endpoint)
  }

  #failed(): void {
    const now = this.#clock.now()
    this.#endpoint.failedAfter(now - this.#beganAt)
    this.#endpoint.health.fail(now, this.#isProbe, () => this.#service.endpoints.mayEject())
  }
}
