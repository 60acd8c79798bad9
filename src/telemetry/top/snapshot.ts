/** What a process shows of itself, once a second; `trunkline schema top` has its JSON schema. Times are in ms, sizes in bytes. */
export interface TopSnapshot {
  readonly kind: 'trunkline-top'
  readonly version: 1
  readonly pid: number
  /** What the process is called. */
  readonly title: string
  readonly node: string
  /** ISO 8601. */
  readonly at: string
  /** Of the process. */
  readonly uptime: number
  /** How long somebody has been watching: requests are counted from then. */
  readonly watched: number
  /** What the rates, the latencies and the load of the event loop are of. */
  readonly interval: number
  readonly process: {
    /** 0 to 1. */
    readonly eventLoop: number
    readonly rss: number
    readonly heapUsed: number
  }
  readonly requests: {
    /** Under way now, and waiting for a connection. Of those that began since somebody watches. */
    readonly active: number
    readonly queued: number
    /** Since somebody watches. */
    readonly ended: number
    readonly failed: number
    readonly retries: number
    readonly perSecond: number
    readonly failedPerSecond: number
  }
  readonly bytes: { readonly receivedPerSecond: number; readonly sentPerSecond: number }
  /** Of the requests that ended well in the interval; null: there were none. */
  readonly latency: {
    readonly p50: number
    readonly p90: number
    readonly p99: number
    readonly max: number
  } | null
  /** Busiest first. */
  readonly connections: readonly TopConnection[]
  /** Since somebody watches, most frequent first. */
  readonly errors: readonly { readonly code: string; readonly count: number }[]
  /** What there was too much of. */
  readonly leftOut: { readonly connections: number; readonly errors: number }
}

/** A connection as `trunkline top` shows it. */
export interface TopConnection {
  readonly id: number
  readonly origin: string
  /** Null: it was there before anybody listened. */
  readonly protocol: 'h2' | 'http/1.1' | null
  readonly state: 'open' | 'draining'
  readonly address: string | null
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  /** Open now, and begun since somebody watches. */
  readonly streams: number
  readonly requests: number
  readonly perSecond: number
  readonly age: number | null
  /** Of the last PING. */
  readonly roundTrip: number | null
  readonly goAway: string | null
}
