/** The figures that the goals are stated in, of each engine. */
import {
  allocatedPerRequest,
  type BenchResult,
  type Cell,
  cpuPerRequest,
  megabytesPerSecond,
  type Round,
  requestsPerSecond,
  series,
} from './results.ts'
import { median, pairedRatio, significant } from './statistics.ts'

/** A figure that was not measured in this run is left out. Ratios are medians over rounds. */
export interface EngineFigures {
  /** CPU of `request().text()` for a 1 KiB GET, 100 at once, over that of node:http2 with a collected body. */
  readonly requestCpuVsRaw?: number
  /** The same of `fetch().text()`. */
  readonly fetchCpuVsRaw?: number
  /** Requests per second of `fetch`, 1 KiB, 100 at once, over those of undici's fetch with HTTP/2 allowed. */
  readonly fetchRpsVsUndiciFetch?: number
  /** The same over the platform's fetch as it comes. */
  readonly fetchRpsVsPlatformFetch?: number
  /** The same over undici's fetch, from a server that has HTTP/1.1 only. */
  readonly http1RpsVsUndiciFetch?: number
  /** 50 MiB over the 50 ms link: the speed of `fetch` over that of a bare TLS socket; 1 is as fast as the link. */
  readonly link50msUtilisation?: number
  /** Bytes that the server could send of 8 bodies of 24 MiB that `fetch` was asked for and nobody read. */
  readonly unreadBytesPeak?: number
  /** Requests per second of `fetch`, 1 KiB, 100 at once, over those of h2load. */
  readonly rpsVsH2load?: number
  /** Allocated on the JavaScript heap by one `fetch().text()` of 1 KiB, 100 at once. */
  readonly bytesPerFetch?: number
}

export function enginesOf(result: BenchResult): Record<string, EngineFigures> {
  const present = new Set(result.clients.filter(({ ours }) => ours).map(({ id }) => engineOf(id)))
  return Object.fromEntries([...present].map((engine) => [engine, figuresOf(result, engine)]))
}

/** `fetch` is of the engine `node`, `wire-fetch` of `wire`. */
function engineOf(client: string): string {
  return client.includes('-') ? (client.split('-')[0] as string) : 'node'
}

function figuresOf(result: BenchResult, engine: string): EngineFigures {
  const prefix = engine === 'node' ? '' : `${engine}-`
  const cell = (scenario: string, client: string): Cell | undefined =>
    result.scenarios
      .find((one) => one.scenario.id === scenario)
      ?.cells.find((one) => one.client === client && one.state.kind === 'measured')
  const ratio = (scenario: string, own: string, other: string, figure: (round: Round) => number | null) =>
    pairedRatio(series(cell(scenario, prefix + own), figure), series(cell(scenario, other), figure))
  const middle = (scenario: string, own: string, figure: (round: Round) => number | null) =>
    median(series(cell(scenario, prefix + own), figure).filter((value) => value !== null))
  const load = 'get-1k-c100'
  return measured({
    requestCpuVsRaw: significant(ratio(load, 'request', 'raw', cpuPerRequest)),
    fetchCpuVsRaw: significant(ratio(load, 'fetch', 'raw', cpuPerRequest)),
    fetchRpsVsUndiciFetch: significant(ratio(load, 'fetch', 'undici-fetch', requestsPerSecond)),
    fetchRpsVsPlatformFetch: significant(ratio(load, 'fetch', 'platform-fetch', requestsPerSecond)),
    http1RpsVsUndiciFetch: significant(ratio('http1-1k', 'fetch', 'undici-fetch', requestsPerSecond)),
    link50msUtilisation: significant(ratio('link-50ms', 'fetch', 'raw-tls', megabytesPerSecond)),
    unreadBytesPeak: Math.max(...series(cell('unread', `${prefix}fetch`), ({ bytes }) => bytes).map(Number)),
    rpsVsH2load: significant(ratio(load, 'fetch', 'h2load', requestsPerSecond)),
    bytesPerFetch: Math.round(middle(load, 'fetch', allocatedPerRequest)),
  })
}

function measured(figures: Required<EngineFigures>): EngineFigures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)))
}
