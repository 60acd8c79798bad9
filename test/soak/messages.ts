/** What the load and the server, which are processes of their own, say to each other. */
import type { EngineName } from './faults.ts'

export interface ServerOptions {
  readonly seed: number
  readonly engine: EngineName
}

/** To the server. */
export type Question = {
  readonly type: 'report'
  /** Ids of POST requests of which the client said that the server had not processed them. */
  readonly unprocessed: readonly number[]
}

/** From the server. */
export type Answer =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'report'; readonly report: ServerReport }

export interface ServerReport {
  /** Requests seen, replays and refused ones included. */
  readonly requests: number
  /** POST requests that were processed more than once. */
  readonly duplicated: number
  /** Processed although the client said they were not. */
  readonly misjudged: number
  /** Uploads that came as complete and were not what was sent. */
  readonly corruptUploads: number
  /** What the client did against RFC 9113, limits on concurrent streams included; at most a few. */
  readonly violations: readonly string[]
  readonly violationCount: number
  readonly maxConcurrentSeen: number
  readonly tcpConnections: number
  readonly tlsHandshakes: number
  readonly resumedHandshakes: number
  readonly cpuSeconds: number
  /** How often each fault was played. */
  readonly faults: Readonly<Record<string, number>>
  /** Faults of the server itself. */
  readonly errors: readonly string[]
}
