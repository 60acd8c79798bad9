import type { HealthState } from './endpoint-health.ts'
import type { Service } from './service.ts'
import type { TrackedEndpoint } from './tracked-endpoint.ts'

/** One service that a client has looked up, as plain data. */
export interface ServiceStats {
  readonly name: string
  readonly endpoints: readonly EndpointStats[]
}

/** An endpoint of a service at this moment. */
export interface EndpointStats {
  readonly host: string
  readonly port: number
  readonly weight: number
  readonly priority: number
  /** `draining`: it is gone from the set, and finishes what it has. */
  readonly state: HealthState | 'draining'
  readonly inFlight: number
  /** Recent time to the response head, ms; null: none is known. */
  readonly latency: number | null
  /** In a row. */
  readonly failures: number
  /** ms until an ejected endpoint is tried again. */
  readonly ejectedFor: number
}

export function serviceStats({ name, endpoints }: Service, now: number): ServiceStats {
  return {
    name,
    endpoints: [
      ...[...endpoints.current].map((one) => endpointStats(one, one.health.state, now)),
      ...[...endpoints.leaving].map((one) => endpointStats(one, 'draining', now)),
    ],
  }
}

function endpointStats(
  { host, port, weight, priority, inFlight, latency, health }: TrackedEndpoint,
  state: EndpointStats['state'],
  now: number,
): EndpointStats {
  const { failures } = health
  return {
    host,
    port,
    weight,
    priority,
    state,
    inFlight,
    latency,
    failures,
    ejectedFor: health.ejectedFor(now),
  }
}
