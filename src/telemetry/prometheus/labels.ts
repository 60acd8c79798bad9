import { type RoutedRequest, type RouteOf, routesOf } from '../route-templates.ts'
import { BoundedLabels } from './bounded-labels.ts'
import type { SettledPrometheus } from './options.ts'

/** The labels whose values come from outside, held to a number of them. */
export class Labels {
  readonly #origins: BoundedLabels
  readonly #routes: BoundedLabels
  readonly #routeOf: RouteOf | null
  #warned = false

  constructor({ maxOrigins, maxRoutes, routes }: SettledPrometheus) {
    this.#origins = new BoundedLabels(maxOrigins)
    this.#routes = new BoundedLabels(maxRoutes)
    this.#routeOf = routes === null ? null : routesOf(routes, (error) => this.#warn(error))
  }

  /** Endpoints of a service (`origin#host:port`) come and go; their origin stays. */
  origin(key: string): string {
    const endpoint = key.indexOf('#')
    return this.#origins.of(endpoint === -1 ? key : key.slice(0, endpoint))
  }

  /** To be spread into other labels: nothing at all without routes, `none` for a request that has no template. */
  route(request: RoutedRequest): { readonly route?: string } {
    if (this.#routeOf === null) return {}
    const route = this.#routeOf(request)
    return { route: route === null ? 'none' : this.#routes.of(route) }
  }

  /** Thrown further it would end the process, since nobody is there to catch it. */
  #warn(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(`The routes function of trunkline/prometheus threw: ${String(error)}`, {
      type: 'TrunklineWarning',
      code: 'TRUNKLINE_ROUTE_FAILED',
    })
  }
}
