import { monitorEventLoopDelay } from 'node:perf_hooks'
import { LRUCache } from 'lru-cache'
import type { Connected } from './connect/connector.ts'
import type { ClientRequest } from './core/dispatch.ts'
import { failureOf } from './core/events.ts'
import { errorCodeName } from './core/http2-error-names.ts'
import { noOptions } from './core/no-options.ts'
import type { Origin } from './core/origin.ts'
import { distribution, Latency, type LatencyStats } from './latency.ts'
import type { GoAway } from './wire/contract.ts'

/** What costs something to measure, and is off unless asked for. */
export interface MeasureOptions {
  /** How long answered requests take, of the client and of each origin: some 100 ns for each. Default false. */
  readonly latency?: boolean
  /** How late the event loop is, sampled every 20 ms while the client is open. Default false. */
  readonly eventLoopDelay?: boolean
}

export const MEASURE_DEFAULTS: Required<MeasureOptions> = { latency: false, eventLoopDelay: false }

/** What became of the dials to an origin and of what was sent there, since the client was made. */
export interface OriginHistory {
  readonly origin: string
  /** Connections made, and dials that came to nothing. */
  readonly dials: number
  readonly dialsFailed: number
  /** TLS handshakes that resumed no session, and that did. */
  readonly fullHandshakes: number
  readonly resumedHandshakes: number
  /** Requests that failed, by code. */
  readonly errors: Readonly<Record<string, number>>
  /** Connections that the peer ended by GOAWAY, by the name of its code (RFC 9113 section 7). */
  readonly goAways: Readonly<Record<string, number>>
  /** Of requests that were answered, to the last byte; null unless `measure.latency` is on. */
  readonly latency: LatencyStats | null
}

/** How late the event loop was; ms. */
export type EventLoopDelay = Omit<LatencyStats, 'count'>

/** Origins that are remembered; the one that nothing was heard of for longest goes first. */
const ORIGINS_LIMIT = 1000
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

class Tally {
  dials = 0
  dialsFailed = 0
  fullHandshakes = 0
  resumedHandshakes = 0
  readonly errors = new Map<string, number>()
  readonly goAways = new Map<string, number>()
  latency: Latency | null = null

  stats(origin: string): OriginHistory {
    const { dials, dialsFailed, fullHandshakes, resumedHandshakes, errors, goAways, latency } = this
    return {
      ...{ origin, dials, dialsFailed, fullHandshakes, resumedHandshakes },
      errors: Object.fromEntries(errors),
      goAways: Object.fromEntries(goAways),
      latency: latency?.stats() ?? null,
    }
  }
}

/** Counts what happens to a client, as a whole and for each origin. */
export class Figures {
  requests = 0
  failed = 0
  dials = 0
  dialsFailed = 0
  handshakes = 0
  resumed = 0
  readonly #errors = new Map<string, number>()
  readonly #origins = new LRUCache<string, Tally>({ max: ORIGINS_LIMIT })
  readonly #latency: Latency | null
  readonly #loop: ReturnType<typeof monitorEventLoopDelay> | null

  constructor({ latency, eventLoopDelay }: Required<MeasureOptions>) {
    this.#latency = latency ? new Latency() : null
    this.#loop = eventLoopDelay ? monitorEventLoopDelay({ resolution: RESOLUTION_MS }) : null
    this.#loop?.enable()
  }

  /** A request is off the books; `duration`: ms it took. */
  settled(error: unknown, { target }: ClientRequest, duration: number): void {
    this.requests += 1
    if (error === null && this.#latency === null) return
    if (error !== null) return this.#failed(failureOf(error).code, target.origin)
    this.#latency?.record(duration)
    const tally = this.#of(target.origin)
    tally.latency ??= new Latency()
    tally.latency.record(duration)
  }

  dialled({ tls }: Connected, origin: Origin): void {
    const tally = this.#of(origin)
    this.dials += 1
    tally.dials += 1
    if (tls === null) return
    this.handshakes += 1
    if (tls.resumed) this.resumed += 1
    if (tls.resumed) tally.resumedHandshakes += 1
    else tally.fullHandshakes += 1
  }

  dialFailed(origin: Origin): void {
    this.dialsFailed += 1
    this.#of(origin).dialsFailed += 1
  }

  sentAway({ http2Code }: GoAway, origin: Origin): void {
    count(this.#of(origin).goAways, errorCodeName(http2Code))
  }

  /** Requests that failed, by code. */
  get errors(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#errors)
  }

  get latency(): LatencyStats | null {
    return this.#latency?.stats() ?? null
  }

  get eventLoopDelay(): EventLoopDelay | null {
    return this.#loop === null || this.#loop.count === 0 ? null : distribution(this.#loop, NS_PER_MS)
  }

  get origins(): OriginHistory[] {
    return [...this.#origins.entries()].map(([origin, tally]) => tally.stats(origin))
  }

  /** The client is closed: nothing is measured any more. */
  end(): void {
    this.#loop?.disable()
  }

  #failed(code: string, origin: Origin): void {
    this.failed += 1
    count(this.#errors, code)
    count(this.#of(origin).errors, code)
  }

  #of({ key }: Origin): Tally {
    const known = this.#origins.get(key, noOptions())
    if (known !== undefined) return known
    const tally = new Tally()
    this.#origins.set(key, tally, noOptions())
    return tally
  }
}

/** Names of errors that are not ours are anybody's: so many different ones are told apart. */
const CODES_LIMIT = 100

function count(counts: Map<string, number>, code: string): void {
  const key = counts.has(code) || counts.size < CODES_LIMIT ? code : 'other'
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
