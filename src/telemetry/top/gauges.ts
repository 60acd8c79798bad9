import { basename } from 'node:path'
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks'
import type { ConnectionOpen, StreamEnd, StreamStart } from '../../core/event-payloads.ts'
import { type EventName, events, type TrunklineEvents } from '../../core/events.ts'
import type { TopConnection, TopSnapshot } from './snapshot.ts'

/** What a snapshot has room for. */
const MOST_CONNECTIONS = 50
const MOST_ERRORS = 20
/** Kinds of errors that are told apart. Names of errors are the user's, so there may be any number. */
const MOST_CODES = 200
const OTHER_CODES = 'others'

interface Seen {
  readonly id: number
  readonly origin: string
  readonly opened: ConnectionOpen | null
  state: 'open' | 'draining'
  streams: number
  requests: number
  /** In this interval. */
  recent: number
  roundTrip: number | null
  goAway: string | null
}

type Handlers = { readonly [Name in EventName]?: (event: TrunklineEvents[Name]) => void }

/**
 * Counts what the clients of this process do. Connections are followed all the time, which costs nothing to speak of;
 * requests only while somebody watches, so that nobody pays for what nobody sees.
 */
export class Gauges {
  readonly #connections = new Map<number, Seen>()
  readonly #errors = new Map<string, number>()
  readonly #active = new Set<number>()
  readonly #queued = new Set<number>()
  readonly #streams = new Map<number, number>()
  readonly #latency: RecordableHistogram = createHistogram()
  readonly #forget: () => void
  #unwatch: (() => void) | null = null
  #watchedFrom = 0
  #ended = 0
  #failed = 0
  #retries = 0
  #interval = { from: 0, ended: 0, failed: 0, received: 0, sent: 0 }
  #loop = performance.eventLoopUtilization()

  constructor() {
    this.#forget = subscribe(this.#always)
  }

  /** Counts requests from now on. */
  watch(): void {
    if (this.#unwatch !== null) return
    this.#watchedFrom = performance.now()
    this.#ended = 0
    this.#failed = 0
    this.#retries = 0
    this.#errors.clear()
    for (const seen of this.#connections.values()) {
      seen.streams = 0
      seen.requests = 0
    }
    this.#begin()
    this.#unwatch = subscribe(this.#watched)
  }

  unwatch(): void {
    this.#unwatch?.()
    this.#unwatch = null
    // Their ends will not be heard of.
    this.#active.clear()
    this.#queued.clear()
    this.#streams.clear()
  }

  stop(): void {
    this.unwatch()
    this.#forget()
  }

  /** How things stand at the end of an interval; another one begins. */
  turn(): TopSnapshot {
    const snapshot = this.snapshot()
    this.#begin()
    return snapshot
  }

  snapshot(): TopSnapshot {
    const now = performance.now()
    const { from, ended, failed, received, sent } = this.#interval
    const interval = now - from
    const perSecond = (count: number) => (interval > 0 ? (count * 1000) / interval : 0)
    const { rss, heapUsed } = process.memoryUsage()
    const { connections, errors, leftOut } = this.#lists(now, perSecond)
    return {
      kind: 'trunkline-top',
      version: 1,
      pid: process.pid,
      title: titleOf(process),
      node: process.version,
      at: new Date().toISOString(),
      uptime: process.uptime() * 1000,
      watched: now - this.#watchedFrom,
      interval,
      process: { eventLoop: performance.eventLoopUtilization(this.#loop).utilization, rss, heapUsed },
      requests: {
        active: this.#active.size,
        queued: this.#queued.size,
        ended: this.#ended,
        failed: this.#failed,
        retries: this.#retries,
        perSecond: perSecond(ended),
        failedPerSecond: perSecond(failed),
      },
      bytes: { receivedPerSecond: perSecond(received), sentPerSecond: perSecond(sent) },
      latency: this.#latencies(),
      connections,
      errors,
      leftOut,
    }
  }

  #begin(): void {
    this.#interval = { from: performance.now(), ended: 0, failed: 0, received: 0, sent: 0 }
    this.#loop = performance.eventLoopUtilization()
    this.#latency.reset()
    for (const seen of this.#connections.values()) seen.recent = 0
  }

  #latencies(): TopSnapshot['latency'] {
    const histogram = this.#latency
    if (histogram.count === 0) return null
    const at = (share: number) => histogram.percentile(share) / 1000
    return { p50: at(50), p90: at(90), p99: at(99), max: histogram.max / 1000 }
  }

  #lists(
    now: number,
    perSecond: (count: number) => number,
  ): Pick<TopSnapshot, 'connections' | 'errors' | 'leftOut'> {
    const all = [...this.#connections.values()].sort(
      (a, b) => b.recent - a.recent || b.streams - a.streams || a.id - b.id,
    )
    const codes = [...this.#errors].sort(([, a], [, b]) => b - a)
    return {
      connections: all.slice(0, MOST_CONNECTIONS).map((seen) => shown(seen, now, perSecond)),
      errors: codes.slice(0, MOST_ERRORS).map(([code, count]) => ({ code, count })),
      leftOut: {
        connections: Math.max(0, all.length - MOST_CONNECTIONS),
        errors: Math.max(0, codes.length - MOST_ERRORS),
      },
    }
  }

  readonly #always: Handlers = {
    'connection:open': (event) => {
      const { connectionId: id, origin } = event
      this.#connections.set(id, { ...fresh(id, origin), opened: event })
    },
    'connection:draining': ({ connectionId }) => {
      const seen = this.#connections.get(connectionId)
      if (seen !== undefined) seen.state = 'draining'
    },
    'connection:closed': ({ connectionId }) => {
      this.#connections.delete(connectionId)
    },
    'ping:end': ({ connectionId, roundTrip }) => {
      const seen = this.#connections.get(connectionId)
      if (seen !== undefined && roundTrip !== null) seen.roundTrip = roundTrip
    },
    goaway: ({ connectionId, http2Code, debug }) => {
      const seen = this.#connections.get(connectionId)
      if (seen !== undefined) seen.goAway = debug === '' ? String(http2Code) : `${http2Code} ${debug}`
    },
  }

  readonly #watched: Handlers = {
    'request:start': ({ requestId }) => {
      this.#active.add(requestId)
    },
    'request:end': ({ requestId, duration, error, bytesReceived, bytesSent }) => {
      this.#active.delete(requestId)
      this.#ended += 1
      this.#interval.ended += 1
      this.#interval.received += bytesReceived
      this.#interval.sent += bytesSent
      // us, and never 0, which the histogram does not take.
      if (error === null) return this.#latency.record(Math.max(1, Math.round(duration * 1000)))
      this.#failed += 1
      this.#interval.failed += 1
      this.#count(error.code)
    },
    'queue:start': ({ attemptId }) => {
      this.#queued.add(attemptId)
    },
    'queue:end': ({ attemptId }) => {
      this.#queued.delete(attemptId)
    },
    'stream:start': (event) => this.#onStream(event),
    'stream:end': (event) => this.#onStreamEnd(event),
    retry: () => {
      this.#retries += 1
    },
  }

  #onStream({ connectionId, attemptId, url }: StreamStart): void {
    let seen = this.#connections.get(connectionId)
    if (seen === undefined) {
      // It was there before us.
      seen = fresh(connectionId, URL.parse(url)?.origin ?? url)
      this.#connections.set(connectionId, seen)
    }
    seen.streams += 1
    seen.requests += 1
    seen.recent += 1
    this.#streams.set(attemptId, connectionId)
  }

  #onStreamEnd({ attemptId, connectionId }: StreamEnd): void {
    // Those that began before somebody watched were not counted in.
    if (!this.#streams.delete(attemptId)) return
    const seen = this.#connections.get(connectionId)
    if (seen !== undefined) seen.streams -= 1
  }

  #count(code: string): void {
    const known = this.#errors.has(code) || this.#errors.size < MOST_CODES
    const name = known ? code : OTHER_CODES
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1)
  }
}

/** What runs, where nobody gave the process a name. */
function titleOf({ title, argv }: NodeJS.Process): string {
  return /^node(?:\.exe)?$/.test(basename(title)) && argv[1] !== undefined
    ? `node ${basename(argv[1])}`
    : title
}

function fresh(id: number, origin: string): Seen {
  return {
    id,
    origin,
    opened: null,
    state: 'open',
    streams: 0,
    requests: 0,
    recent: 0,
    roundTrip: null,
    goAway: null,
  }
}

function shown(seen: Seen, now: number, perSecond: (count: number) => number): TopConnection {
  const { id, origin, opened, state, streams, requests, recent, roundTrip, goAway } = seen
  return {
    id,
    origin,
    protocol: opened?.protocol ?? null,
    state,
    address: opened?.remoteAddress ?? null,
    tls: opened?.tls ?? null,
    streams,
    requests,
    perSecond: perSecond(recent),
    age: opened === null ? null : now - opened.at,
    roundTrip,
    goAway,
  }
}

/** What goes wrong in here must not reach the client that tells; a channel gives it to the process as uncaught. */
function subscribe(handlers: Handlers): () => void {
  const stops = Object.entries(handlers).map(([name, handle]) => {
    const channel = events[name as EventName]
    const listener = (event: unknown) => (handle as (event: unknown) => void)(event)
    channel.subscribe(listener)
    return () => channel.unsubscribe(listener)
  })
  return () => {
    for (const stop of stops) stop()
  }
}
