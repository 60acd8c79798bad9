import type { Clock, Timer } from '../../core/clock.ts'
import type { ClientError } from '../../core/errors.ts'
import type { DrainReason } from '../../core/events.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { Origin } from '../../core/origin.ts'
import type {
  AlpnProtocol,
  Connection,
  ConnectionListener,
  ConnectionStats,
  Engine,
  GoAway,
} from '../../wire/contract.ts'
import type { Connected } from '../connector.ts'
import { createExchangeStream, type TunnelStream } from './exchange-stream.ts'
import type { HopDial } from './hop-dial.ts'

export interface ProxySessionContext {
  readonly clock: Clock
  readonly engine: Engine
  /** Without tunnels it is closed after so long, ms. */
  readonly idleTimeout: number
  readonly nextConnectionId: () => number
  /** Gives each of them someone who looks after it. */
  readonly careFor: (session: ProxySession, connection: Connection, dialId: number) => SessionCare
}

/** Who looks after a connection to a proxy, from a floor above: tells of it, and finds out when it is dead. */
export interface SessionCare {
  /** Of PINGs, ms. */
  readonly roundTrip: { readonly smoothed: number | null; readonly min: number | null }
  onReady(): void
  /** It has a tunnel. */
  onBusy(): void
  onGoAway(goAway: GoAway): void
  onDraining(reason: DrainReason): void
  onClosed(error: ClientError | null): void
}

export interface ProxySessionEvents {
  /** It may have room for tunnels that it had not before. */
  onRoom(): void
  /** It takes no more tunnels; those it has go on. */
  onLeaving(): void
  onClosed(): void
}

/** What became of the wish for a tunnel. */
export interface TunnelOutcome {
  onAnswer(status: number, headers: HeaderList, stream: TunnelStream): void
  onFailure(error: ClientError): void
}

/** An HTTP/2 connection to a proxy, each of its streams a tunnel (RFC 9113 section 8.5). */
export class ProxySession {
  readonly id: number
  readonly dialId: number
  /** The proxy's. */
  readonly origin: Origin
  readonly dialled: Connected
  readonly connectedAt: number
  readonly care: SessionCare
  readonly #context: ProxySessionContext
  readonly #events: ProxySessionEvents
  readonly #connection: Connection
  #tunnels = 0
  /** Tunnels that keep the process alive. */
  #held = 0
  #idle: Timer | null = null
  #isLeaving = false
  #isReady = false
  #served = 0
  #idleSince: number

  /** @throws ClientError when the socket has closed already */
  constructor(
    connected: Connected,
    proxy: Origin,
    dial: HopDial,
    context: ProxySessionContext,
    events: ProxySessionEvents,
  ) {
    this.id = context.nextConnectionId()
    this.dialId = dial.id
    this.origin = proxy
    this.dialled = connected
    this.connectedAt = context.clock.now()
    this.#idleSince = this.connectedAt
    this.#context = context
    this.#events = events
    const attached = { id: this.id, origin: proxy }
    this.#connection = context.engine.attach(connected.socket, attached, this.#listener())
    dial.became('h2', this.id)
    this.care = context.careFor(this, this.#connection, dial.id)
    this.#rest()
  }

  get protocol(): AlpnProtocol {
    return this.#connection.protocol
  }

  get remoteAddress(): string {
    return this.dialled.remoteAddress
  }

  get standing(): 'starting' | 'ready' | 'draining' {
    if (this.#isLeaving) return 'draining'
    return this.#isReady ? 'ready' : 'starting'
  }

  get openExchanges(): number {
    return this.#connection.openExchanges
  }

  /** Tunnels that it was asked for so far. */
  get served(): number {
    return this.#served
  }

  /** Since when it has no tunnel; null while it has one. */
  get idleSince(): number | null {
    return this.#tunnels === 0 ? this.#idleSince : null
  }

  stats(): ConnectionStats {
    return this.#connection.stats()
  }

  get hasRoom(): boolean {
    return !this.#isLeaving && this.#connection.slots > 0
  }

  /** Room may yet come: it is not leaving, and not full either. */
  get isStarting(): boolean {
    return !this.#isLeaving && this.#connection.stats().maxConcurrentStreams === null
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived
  }

  /**
   * Asks for a tunnel. Returns what gives it up.
   * @throws ClientError with `processed: 'no'` when it cannot be asked
   */
  open(authority: string, fields: HeaderList, outcome: TunnelOutcome): () => void {
    let isHeld = false
    const hold = (alive: boolean) => {
      if (alive === isHeld) return
      isHeld = alive
      this.#hold(alive ? 1 : -1)
    }
    const ends = createExchangeStream(this.remoteAddress, {
      onAnswer: (status, headers) => outcome.onAnswer(status, headers, ends.stream),
      onFailure: (error) => outcome.onFailure(error),
      onHold: hold,
      onOver: () => {
        hold(false)
        this.#leave()
      },
    })
    const head = { method: 'CONNECT', scheme: 'https', authority, path: '', headers: fields } as const
    ends.begun(this.#connection.open(head, 'data', ends.handler))
    this.#enter()
    hold(true)
    return () => ends.stream.destroy()
  }

  /** Takes no more tunnels, and closes when it has none. */
  retire(reason: DrainReason): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.care.onDraining(reason)
    this.#events.onLeaving()
    if (this.#tunnels === 0) this.#connection.drain()
  }

  destroy(error: ClientError): void {
    this.#isLeaving = true
    this.#connection.destroy(error)
  }

  #listener(): ConnectionListener {
    return {
      onReady: () => {
        this.#isReady = true
        this.care.onReady()
        this.#events.onRoom()
      },
      onSlots: () => this.#events.onRoom(),
      onGoAway: (goAway) => this.care.onGoAway(goAway),
      onDraining: (goAway) => this.retire(goAway === null ? 'distrusted' : 'goaway'),
      onClosed: (error) => {
        this.#isLeaving = true
        this.#idle?.cancel()
        this.care.onClosed(error)
        this.#events.onClosed()
      },
    }
  }

  #enter(): void {
    this.#tunnels += 1
    this.#served += 1
    this.care.onBusy()
    this.#idle?.cancel()
    this.#idle = null
  }

  #leave(): void {
    this.#tunnels -= 1
    if (this.#tunnels > 0) return
    this.#idleSince = this.#context.clock.now()
    if (this.#isLeaving) this.#connection.drain()
    else this.#rest()
  }

  /** Nobody uses it: it is kept for a while, and keeps nothing alive. */
  #rest(): void {
    this.#connection.unref()
    this.#idle = this.#context.clock.setTimeout(() => this.retire('idle'), this.#context.idleTimeout)
  }

  #hold(change: 1 | -1): void {
    this.#held += change
    if (this.#held === 0) this.#connection.unref()
    else if (this.#held === 1 && change === 1) this.#connection.ref()
  }
}
