import type { DialStart, Failure } from '../../core/events.ts'
import type { Listeners } from '../subscriptions.ts'

/** A part of a dial that has ended; times are ms on the clock of `performance.now()`. */
export type DialPhase = {
  readonly startedAt: number
  readonly endedAt: number
  readonly error: Failure | null
} & (
  | {
      readonly kind: 'dns'
      readonly host: string
      readonly addresses: readonly string[]
      readonly cached: boolean
    }
  | { readonly kind: 'connect'; readonly address: string; readonly port: number }
  | {
      readonly kind: 'tls'
      readonly servername: string
      readonly version: string | null
      readonly alpn: string | null
      readonly resumed: boolean
      readonly withProxy: boolean
    }
  | { readonly kind: 'tunnel'; readonly proxy: string; readonly proxyDialId: number | null }
)

export interface Dial {
  readonly id: number
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly proxy: string | null
  readonly startedAt: number
  readonly endedAt: number
  readonly error: Failure | null
  readonly phases: readonly DialPhase[]
}

interface Entry {
  readonly start: DialStart
  readonly phases: DialPhase[]
}

/** Dials that failed are asked about at once; those that made a connection as long as somebody waited for it. */
const DIALS_KEPT = 256

/** The last dials of this process, for the spans of those who waited for them. */
export class DialBook {
  readonly #underWay = new Map<number, Entry>()
  /** In the order of their ends. */
  readonly #ended = new Map<number, Dial>()

  /** To be listened to as long as the book is kept. */
  readonly listeners: Listeners = {
    'dial:start': (start) => this.#underWay.set(start.dialId, { start, phases: [] }),
    'dns:end': ({ at, dialId, duration, error, host, addresses, cached }) =>
      this.#add(dialId, { ...span(at, duration, error), kind: 'dns', host, addresses, cached }),
    'connect:end': ({ at, dialId, duration, error, address, port }) =>
      this.#add(dialId, { ...span(at, duration, error), kind: 'connect', address, port }),
    'tls:end': ({ at, dialId, duration, error, servername, version, alpn, resumed, withProxy }) =>
      this.#add(dialId, {
        ...{ ...span(at, duration, error), kind: 'tls', servername, version, alpn, resumed, withProxy },
      }),
    'tunnel:end': ({ at, dialId, duration, error, proxy, proxyDialId }) =>
      this.#add(dialId, { ...span(at, duration, error), kind: 'tunnel', proxy, proxyDialId }),
    'dial:end': ({ at, dialId, error }) => {
      const entry = this.#underWay.get(dialId)
      if (entry === undefined) return
      this.#underWay.delete(dialId)
      const { start, phases } = entry
      const { origin, host, port, proxy } = start
      this.#keep({ id: dialId, origin, host, port, proxy, startedAt: start.at, endedAt: at, error, phases })
    },
  }

  get(dialId: number): Dial | undefined {
    return this.#ended.get(dialId)
  }

  /** Dials to the origin that failed since. */
  failedSince(origin: string, at: number): Dial[] {
    return [...this.#ended.values()].filter(
      (dial) => dial.error !== null && dial.origin === origin && dial.endedAt >= at,
    )
  }

  #add(dialId: number, phase: DialPhase): void {
    this.#underWay.get(dialId)?.phases.push(phase)
  }

  #keep(dial: Dial): void {
    this.#ended.set(dial.id, dial)
    if (this.#ended.size <= DIALS_KEPT) return
    const [oldest] = this.#ended.keys()
    this.#ended.delete(oldest as number)
  }
}

function span(at: number, duration: number, error: Failure | null) {
  return { startedAt: at - duration, endedAt: at, error }
}
