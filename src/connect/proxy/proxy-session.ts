import type { Clock, Timer } from '../../core/clock.ts'
import type { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { Origin } from '../../core/origin.ts'
import type { Connection, ConnectionListener, Engine } from '../../wire/contract.ts'
import type { Connected } from '../connector.ts'
import { createExchangeStream, type TunnelStream } from './exchange-stream.ts'

export interface ProxySessionContext {
  readonly clock: Clock
  readonly engine: Engine
  /** Without tunnels it is closed after so long, ms. */
  readonly idleTimeout: number
  readonly nextConnectionId: () => number
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
  readonly remoteAddress: string
  readonly #context: ProxySessionContext
  readonly #events: ProxySessionEvents
  readonly #connection: Connection
  #tunnels = 0
  /** Tunnels that keep the process alive. */
  #held = 0
  #idle: Timer | null = null
  #isLeaving = false

  /** @throws ClientError when the socket has closed already */
  constructor(connected: Connected, proxy: Origin, context: ProxySessionContext, events: ProxySessionEvents) {
    this.remoteAddress = connected.remoteAddress
    this.#context = context
    this.#events = events
    const attached = { id: context.nextConnectionId(), origin: proxy }
    this.#connection = context.engine.attach(connected.socket, attached, this.#listener())
    this.#rest()
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
  retire(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#events.onLeaving()
    if (this.#tunnels === 0) this.#connection.drain()
  }

  destroy(error: ClientError): void {
    this.#isLeaving = true
    this.#connection.destroy(error)
  }

  #listener(): ConnectionListener {
    return {
      onReady: () => this.#events.onRoom(),
      onSlots: () => this.#events.onRoom(),
      onDraining: () => this.retire(),
      onClosed: () => {
        this.#isLeaving = true
        this.#idle?.cancel()
        this.#events.onClosed()
      },
    }
  }

  #enter(): void {
    this.#tunnels += 1
    this.#idle?.cancel()
    this.#idle = null
  }

  #leave(): void {
    this.#tunnels -= 1
    if (this.#tunnels > 0) return
    if (this.#isLeaving) this.#connection.drain()
    else this.#rest()
  }

  /** Nobody uses it: it is kept for a while, and keeps nothing alive. */
  #rest(): void {
    this.#connection.unref()
    this.#idle = this.#context.clock.setTimeout(() => this.retire(), this.#context.idleTimeout)
  }

  #hold(change: 1 | -1): void {
    this.#held += change
    if (this.#held === 0) this.#connection.unref()
    else if (this.#held === 1 && change === 1) this.#connection.ref()
  }
}
