import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { invalid, type SettledPrometheus } from './options.ts'

/** Every metric: its name without the prefix, what it tells, and its labels. Durations are in seconds. */
export const METRICS = {
  request_duration_seconds: {
    type: 'histogram',
    help: 'From the call to the last byte of its response, or to its failure; retries and redirects included.',
    labels: ['origin', 'method', 'status', 'protocol'],
    routed: true,
  },
  requests_in_flight: {
    type: 'gauge',
    help: 'Calls that have not ended.',
    labels: ['origin'],
  },
  request_errors_total: {
    type: 'counter',
    help: 'Calls that failed.',
    labels: ['origin', 'code'],
    routed: true,
  },
  queue_wait_seconds: {
    type: 'histogram',
    help: 'Waits for a connection with room, of the requests that had to wait.',
    labels: ['origin', 'outcome'],
  },
  requests_queued: {
    type: 'gauge',
    help: 'Requests that wait for a connection with room.',
    labels: ['origin'],
  },
  retries_total: {
    type: 'counter',
    help: 'Requests that were sent again by policy.',
    labels: ['origin', 'reason'],
  },
  replays_total: {
    type: 'counter',
    help: 'Requests that were sent again because the server provably had not processed them.',
    labels: ['origin', 'reason'],
  },
  connections: {
    type: 'gauge',
    help: 'Connections: open ones take requests, draining ones only finish theirs.',
    labels: ['origin', 'protocol', 'state'],
  },
  connections_closed_total: {
    type: 'counter',
    help: 'Connections that were closed; code: why, none where nothing went wrong.',
    labels: ['origin', 'protocol', 'code'],
  },
  dial_errors_total: {
    type: 'counter',
    help: 'Connections that could not be made.',
    labels: ['origin', 'code'],
  },
  dial_phase_seconds: {
    type: 'histogram',
    help: 'Phases of the connections that were made.',
    labels: ['origin', 'phase'],
  },
  tls_handshakes_total: {
    type: 'counter',
    help: 'TLS handshakes with origins that succeeded; resumed: whether they took up an earlier session.',
    labels: ['origin', 'resumed'],
  },
  goaways_total: {
    type: 'counter',
    help: 'GOAWAY frames received; code: that of RFC 9113 section 7.',
    labels: ['origin', 'code'],
  },
  ping_round_trip_seconds: {
    type: 'histogram',
    help: 'Round trips of PING frames.',
    labels: ['origin'],
  },
  breaker_changes_total: {
    type: 'counter',
    help: 'Changes of circuits, by the state they went to.',
    labels: ['origin', 'state'],
  },
  event_loop_delay_seconds: {
    type: 'gauge',
    help: 'How late the event loop was since the last scrape; stat: p50, p90, p99 or max.',
    labels: ['stat'],
  },
} as const satisfies Record<string, MetricShape>

interface MetricShape {
  readonly type: 'histogram' | 'gauge' | 'counter'
  readonly help: string
  readonly labels: readonly string[]
  /** Has the label `route` too, when there are routes. */
  readonly routed?: boolean
}

type Made = { readonly histogram: Histogram; readonly gauge: Gauge; readonly counter: Counter }

export type Metrics = {
  readonly [Name in keyof typeof METRICS]: Made[(typeof METRICS)[Name]['type']]
}

/**
 * Makes them all and puts them on the registry, or none.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` when the registry has one of these names already.
 */
export function createMetrics(registry: Registry, settled: SettledPrometheus): Metrics {
  const names = namesOf(settled)
  const taken = names.find((name) => registry.getSingleMetric(name) !== undefined)
  if (taken !== undefined)
    throw invalid(
      `the registry already has a metric ${taken}; dispose() of whatever registered it, or pass another prefix`,
    )
  const made = Object.entries<MetricShape>(METRICS).map(([name, shape]) => [
    name,
    create(registry, `${settled.prefix}${name}`, shape, settled),
  ])
  return Object.fromEntries(made) as Metrics
}

export function removeMetrics(registry: Registry, metrics: Metrics, settled: SettledPrometheus): void {
  for (const [name, metric] of Object.entries(metrics)) {
    const full = `${settled.prefix}${name}`
    // Only what is ours: the registry may have been cleared, and filled by somebody else.
    if (registry.getSingleMetric(full) === metric) registry.removeSingleMetric(full)
  }
}

function namesOf({ prefix }: SettledPrometheus): string[] {
  return Object.keys(METRICS).map((name) => `${prefix}${name}`)
}

function create(
  registry: Registry,
  name: string,
  { type, help, labels, routed }: MetricShape,
  { routes, buckets }: SettledPrometheus,
): Histogram | Gauge | Counter {
  const labelNames = routed && routes !== null ? [...labels, 'route'] : [...labels]
  const settings = { name, help, labelNames, registers: [registry] }
  if (type === 'histogram') return new Histogram({ ...settings, buckets: [...buckets] })
  return type === 'gauge' ? new Gauge(settings) : new Counter(settings)
}
