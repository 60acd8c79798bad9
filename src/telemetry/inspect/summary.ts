/** Which hop is slow: where the time of requests went, by origin and phase. */
import { BarMaker, PHASES, type Phase } from './bars.ts'
import type { RecordedRequest, Recording } from './recording.ts'

/** The figures of a recording. */
export interface Summary {
  readonly requests: number
  readonly failed: number
  readonly retries: number
  readonly replays: number
  readonly connections: number
  /** TLS handshakes that resumed an earlier session. */
  readonly resumed: number
  readonly durations: Durations
  /** The one with most time first. */
  readonly origins: readonly OriginSummary[]
}

/** ms; null without requests that ended. */
export interface Durations {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** The figures of one origin. */
export interface OriginSummary {
  readonly origin: string
  readonly requests: number
  readonly failed: number
  readonly durations: Durations
  /** ms of all its requests together. */
  readonly total: number
  /** The same by phase. */
  readonly phases: Readonly<Record<Phase, number>>
  /** Where most of it went; null without any. */
  readonly slowest: Phase | null
  /** The shortest PING, ms; null without one. */
  readonly roundTrip: number | null
}

/**
 * Counts and durations of a recording, in all and by origin.
 * @param requests Those that count; default all of the recording.
 */
export function summarize(
  recording: Recording,
  requests: readonly RecordedRequest[] = recording.requests,
): Summary {
  const maker = new BarMaker(recording)
  const roundTrips = roundTripsOf(recording)
  const origins = [...Map.groupBy(requests, ({ origin }) => origin)].map(([origin, own]) =>
    originSummary(origin, own, maker, roundTrips.get(origin) ?? null),
  )
  const count = (of: (request: RecordedRequest) => number) => requests.reduce((sum, one) => sum + of(one), 0)
  return {
    requests: requests.length,
    failed: requests.filter(isFailed).length,
    retries: count(({ retries }) => retries.length),
    replays: count(({ attempts }) => attempts.reduce((sum, { replays }) => sum + replays.length, 0)),
    connections: recording.connections.length,
    resumed: recording.connections.filter(({ tls }) => tls?.resumed).length,
    durations: durationsOf(requests),
    origins: origins.sort((one, other) => other.total - one.total),
  }
}

/** It has no response, or one with a status of 400 or above. */
export function isFailed({ error, status }: Pick<RecordedRequest, 'error' | 'status'>): boolean {
  return error !== null || (status !== null && status >= 400)
}

function originSummary(
  origin: string,
  requests: readonly RecordedRequest[],
  maker: BarMaker,
  roundTrip: number | null,
): OriginSummary {
  const phases = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>
  for (const request of requests) {
    for (const { phase, start, end } of maker.segmentsOf(request)) phases[phase] += end - start
  }
  const total = PHASES.reduce((sum, phase) => sum + phases[phase], 0)
  const slowest = PHASES.toSorted((one, other) => phases[other] - phases[one])[0] as Phase
  return {
    origin,
    requests: requests.length,
    failed: requests.filter(isFailed).length,
    durations: durationsOf(requests),
    total,
    phases,
    slowest: total > 0 ? slowest : null,
    roundTrip,
  }
}

function durationsOf(requests: readonly RecordedRequest[]): Durations {
  const sorted = requests
    .flatMap(({ start, end }) => (end === null ? [] : [end - start]))
    .sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

function roundTripsOf({ connections, pings }: Recording): Map<string, number> {
  const origins = new Map(connections.map(({ id, origin }) => [id, origin]))
  const least = new Map<string, number>()
  for (const { connectionId, roundTrip } of pings) {
    const origin = origins.get(connectionId)
    if (origin === undefined || roundTrip === null) continue
    least.set(origin, Math.min(roundTrip, least.get(origin) ?? roundTrip))
  }
  return least
}

const SAID: Readonly<Record<Phase, string>> = {
  client: 'in the client, before and after the network',
  backoff: 'in waits before retries',
  queue: 'in the queue, for a connection with room',
  dns: 'with DNS',
  connect: 'with making TCP connections',
  proxy: 'with proxies, until their tunnels stood',
  tls: 'with TLS handshakes',
  waiting: 'waiting for the server to answer',
  receiving: 'receiving bodies',
}

/** One sentence on the origin where most time went; null when there is nothing to say. */
export function verdictOf({ origins }: Summary): string | null {
  const [worst] = origins
  if (worst?.slowest == null) return null
  const { origin, phases, slowest, total, roundTrip, requests } = worst
  const share = Math.round((100 * phases[slowest]) / total)
  const each = `${readable(phases[slowest] / requests)} for each request`
  const beside =
    slowest === 'waiting' && roundTrip !== null ? `; a round trip takes ${readable(roundTrip)}` : ''
  const host = origin.replace(/^\w+:\/\//, '')
  return `${host} spent ${share} % of its time ${SAID[slowest]}: ${each}${beside}.`
}

function readable(ms: number): string {
  return `${ms >= 100 ? Math.round(ms) : ms.toPrecision(2)} ms`
}
