/** What the bench and its child processes say to each other. Times in the units that the names give, sizes in bytes. */
import type { Work } from './scenarios.ts'

/** To a client process: one round of a scenario, or what goes with it. */
export type ClientOrder =
  | { readonly kind: 'round'; readonly work: Work; readonly url: string; readonly seconds: number }
  /** Which HTTP version the client speaks with a server that offers both, h2 first. */
  | { readonly kind: 'probe'; readonly url: string }
  /** Take the resident set again, now that a server could send no more. */
  | { readonly kind: 'memory' }

/** What one round of one client measured. null: this client, or this kind of round, cannot tell. */
export interface Figures {
  readonly requests: number
  readonly seconds: number
  /** Of all responses and request bodies, without heads. */
  readonly bytes: number
  /** User and system time of the client's process. */
  readonly cpuMicros: number | null
  /** On the JavaScript heap. Buffers outside of it are not counted. */
  readonly allocatedBytes: number | null
  readonly gcMicros: number | null
  readonly p50: number | null
  readonly p99: number | null
  /** At the end of the round. */
  readonly rss: number | null
  readonly errors: number
  readonly firstError: string | null
}

export type ClientReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: Figures }
  | { readonly kind: 'protocol'; readonly protocol: string }
  /** The resident set before the bodies were asked for, and now. */
  | { readonly kind: 'memory'; readonly before: number; readonly now: number }
  | { readonly kind: 'failed'; readonly message: string }

/** From a server process, once, when it listens. */
export interface ServerReady {
  readonly kind: 'ready'
  /** One for each thing it was asked to listen for. */
  readonly ports: readonly number[]
  /** The process that does the work, when it is not the one that says so. */
  readonly worker?: number
}

export type ServerOrder = { readonly kind: 'accepted' }
export type ServerReply =
  | ServerReady
  | { readonly kind: 'accepted'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly message: string }
