import type { ConnectionOpen, DialStart, Failure, StallEnd } from '../../core/events.ts'
import type { Handlers } from './handlers.ts'
import { Ledger } from './ledger.ts'
import type {
  Draft,
  ListName,
  RecordedBreaker,
  RecordedConnection,
  RecordedDial,
  RecordedError,
  RecordedFrame,
  RecordedGoAway,
  RecordedPing,
  RecordedStall,
} from './recording.ts'
import type { Redaction } from './redaction.ts'
import { recordedError } from './request-log.ts'
import { Ring } from './ring.ts'

/** Connections kept, and dials. */
const CONNECTIONS_LIMIT = 2000
/** Addresses, answers and handshakes of one dial. */
const STEPS_LIMIT = 50
/** Pings kept, and stalls, GOAWAYs, states of circuits: each this many. */
const MARKS_LIMIT = 10_000
/** Debug data of GOAWAY (RFC 9113 section 6.8) may be long. */
const LONGEST_DEBUG = 1000

/** Writes down dials, connections and what happens to them. */
export class ConnectionLog {
  readonly handlers: Handlers
  readonly #dials = new Ledger<Draft<RecordedDial>>(CONNECTIONS_LIMIT)
  readonly #connections = new Ledger<Draft<RecordedConnection>>(CONNECTIONS_LIMIT)
  readonly #pings = new Ring<RecordedPing>(MARKS_LIMIT)
  readonly #goAways = new Ring<RecordedGoAway>(MARKS_LIMIT)
  readonly #stalls = new Ring<Draft<RecordedStall>>(MARKS_LIMIT)
  readonly #breakers = new Ring<RecordedBreaker>(MARKS_LIMIT)
  readonly #frames: Ring<RecordedFrame>
  readonly #redaction: Redaction

  constructor(frames: number, redaction: Redaction) {
    this.#frames = new Ring(frames)
    this.#redaction = redaction
    this.handlers = {
      ...this.#ofDials(),
      ...this.#ofConnections(),
      ...this.#ofMarks(),
      ...(frames > 0 && this.#ofFrames()),
    }
  }

  lists() {
    return {
      dials: this.#dials.items(),
      connections: this.#connections.items(),
      pings: this.#pings.items(),
      goAways: this.#goAways.items(),
      stalls: this.#stalls.items(),
      breakers: this.#breakers.items(),
      frames: this.#frames.items(),
    }
  }

  dropped(): Record<Exclude<ListName, 'requests'>, number> {
    return {
      dials: this.#dials.dropped,
      connections: this.#connections.dropped,
      pings: this.#pings.dropped,
      goAways: this.#goAways.dropped,
      stalls: this.#stalls.dropped,
      breakers: this.#breakers.dropped,
      frames: this.#frames.dropped,
    }
  }

  #ofDials(): Handlers {
    return {
      'dial:start': (event) => this.#dials.add(event.dialId, this.#dialOf(event)),
      'dial:end': ({ dialId, at, connectionId, error }) => {
        const dial = this.#dials.get(dialId)
        if (dial === undefined) return
        Object.assign(dial, { end: at, connectionId, error: this.#errorOf(error) })
        this.#dials.end(dialId)
      },
      'dns:start': ({ dialId, at: start, host }) =>
        this.#step(dialId, 'dns', { host, start, end: null, cached: false, addresses: [], error: null }),
      'dns:end': ({ dialId, at, host, cached, addresses, error }) => {
        const step = this.#dials.get(dialId)?.dns.findLast((one) => one.host === host && one.end === null)
        const rest = { end: at, cached, addresses: addresses.slice(0, STEPS_LIMIT) }
        if (step !== undefined) Object.assign(step, { ...rest, error: this.#errorOf(error) })
      },
      ...this.#ofTunnels(),
      ...this.#ofHandshakes(),
    }
  }

  #ofTunnels(): Handlers {
    return {
      'tunnel:start': ({ dialId, at: start, proxy }) => {
        const ending = { end: null, proxyDialId: null, error: null }
        this.#step(dialId, 'tunnels', { proxy: this.#redaction.text(proxy), start, ...ending })
      },
      'tunnel:end': ({ dialId, at, proxyDialId, error }) => {
        const step = this.#dials.get(dialId)?.tunnels?.findLast(({ end }) => end === null)
        if (step !== undefined) Object.assign(step, { end: at, proxyDialId, error: this.#errorOf(error) })
      },
    }
  }

  #ofHandshakes(): Handlers {
    return {
      'connect:start': ({ dialId, at: start, address, port }) =>
        this.#step(dialId, 'connects', { address, port, start, end: null, error: null }),
      'connect:end': ({ dialId, at, address, error }) => {
        const steps = this.#dials.get(dialId)?.connects
        const step = steps?.findLast((one) => one.address === address && one.end === null)
        if (step !== undefined) Object.assign(step, { end: at, error: this.#errorOf(error) })
      },
      'tls:start': ({ dialId, at: start, servername, withProxy }) => {
        const ending = { end: null, tlsVersion: null, alpn: null, resumed: false, error: null }
        this.#step(dialId, 'tls', { servername, withProxy, start, ...ending })
      },
      'tls:end': ({ dialId, at, withProxy, version, alpn, resumed, error }) => {
        const steps = this.#dials.get(dialId)?.tls
        const step = steps?.findLast((one) => one.withProxy === withProxy && one.end === null)
        if (step === undefined) return
        Object.assign(step, { end: at, tlsVersion: version, alpn, resumed, error: this.#errorOf(error) })
      },
    }
  }

  #ofConnections(): Handlers {
    return {
      'connection:open': (event) => this.#connections.add(event.connectionId, connectionOf(event)),
      'connection:draining': ({ connectionId, at, reason, openStreams }) => {
        const connection = this.#connections.get(connectionId)
        if (connection !== undefined) connection.draining ??= { at, reason, openStreams }
      },
      'connection:closed': ({ connectionId, at, requests, bytesReceived, bytesSent, error }) => {
        const connection = this.#connections.get(connectionId)
        if (connection === undefined) return
        const counts = { requests, bytesReceived, bytesSent }
        Object.assign(connection, { end: at, ...counts, error: this.#errorOf(error) })
        this.#connections.end(connectionId)
      },
    }
  }

  #ofMarks(): Handlers {
    return {
      'ping:end': ({ connectionId, at, roundTrip, error }) =>
        this.#pings.add({ connectionId, at, roundTrip, error: this.#errorOf(error) }),
      goaway: ({ connectionId, at, lastStreamId, http2Code, debug }) =>
        this.#goAways.add({
          connectionId,
          at,
          lastStreamId,
          http2Code,
          debug: debug.slice(0, LONGEST_DEBUG),
        }),
      'stall:start': ({ connectionId, at: start, streamId = null, direction }) =>
        this.#stalls.add({ connectionId, streamId, direction, start, end: null }),
      'stall:end': (event) => {
        const stall = this.#stalls.findLast((one) => isStart(one, event), SEARCH_DEPTH)
        if (stall !== undefined) stall.end = event.at
      },
      breaker: ({ at, origin, from, to, reason }) => this.#breakers.add({ at, origin, from, to, reason }),
    }
  }

  #ofFrames(): Handlers {
    return {
      frame: ({ connectionId, at, direction, type, flags, streamId, length }) =>
        this.#frames.add({ connectionId, at, direction, type, flags, streamId, length }),
    }
  }

  #step<Kind extends 'dns' | 'connects' | 'tls' | 'tunnels'>(
    dialId: number,
    kind: Kind,
    step: NonNullable<Draft<RecordedDial>[Kind]>[number],
  ): void {
    // One list of four kinds: that the step is of this one is said in the signature.
    const steps = this.#dials.get(dialId)?.[kind] as (typeof step)[] | undefined
    if (steps !== undefined && steps.length < STEPS_LIMIT) steps.push(step)
  }

  #dialOf({ dialId: id, at: start, origin, host, port, proxy }: DialStart): Draft<RecordedDial> {
    return {
      id,
      source: 0,
      origin,
      host,
      port,
      proxy: proxy === null ? null : this.#redaction.text(proxy),
      start,
      end: null,
      connectionId: null,
      error: null,
      dns: [],
      connects: [],
      tls: [],
      tunnels: [],
    }
  }

  #errorOf(failure: Failure | null): RecordedError | null {
    return recordedError(failure, this.#redaction)
  }
}

/** A stall that began longer ago than this many others is not looked for. */
const SEARCH_DEPTH = 1000

function isStart(stall: RecordedStall, event: StallEnd): boolean {
  return (
    stall.end === null &&
    stall.connectionId === event.connectionId &&
    stall.streamId === (event.streamId ?? null) &&
    stall.direction === event.direction
  )
}

function connectionOf(event: ConnectionOpen): Draft<RecordedConnection> {
  const { connectionId: id, clientId, dialId, origin, protocol, remoteAddress, tls, at } = event
  return {
    id,
    source: 0,
    clientId,
    dialId,
    origin,
    protocol,
    remoteAddress,
    tls: tls === null ? null : { version: tls.version, resumed: tls.resumed },
    start: at,
    end: null,
    draining: null,
    requests: 0,
    bytesReceived: 0,
    bytesSent: 0,
    error: null,
  }
}
