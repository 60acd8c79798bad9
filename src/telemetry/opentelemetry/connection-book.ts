import type { ConnectionOpen } from '../../core/events.ts'
import type { Listeners } from '../subscriptions.ts'

/** A connection as the spans and measurements that concern it need it. */
export interface OpenConnection {
  readonly id: number
  readonly clientId: number
  readonly dialId: number
  readonly origin: string
  readonly protocol: 'h2' | 'http/1.1'
  readonly peerAddress: string
  /** Null when it was not seen being made. */
  readonly peerPort: number | null
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
}

/** What is measured of connections. */
export interface ConnectionMeter {
  opened(connection: OpenConnection): void
  /** From idle to active, or back. */
  turned(connection: OpenConnection, active: boolean): void
  /** Counted no longer. */
  left(connection: OpenConnection, active: boolean): void
  /** `age`: ms. */
  closed(connection: OpenConnection, active: boolean, age: number): void
}

interface Entry {
  readonly connection: OpenConnection
  streams: number
}

/**
 * The connections of this process that were opened since. Those of clients that use the instrumentation are measured,
 * and only they: who they are shows when one of their connections answers.
 */
export class ConnectionBook {
  readonly #meter: ConnectionMeter
  readonly #open = new Map<number, Entry>()
  /** Ports by dial, until it has made its connection or failed. */
  readonly #ports = new Map<number, number>()
  readonly #clients = new Set<number>()

  constructor(meter: ConnectionMeter) {
    this.#meter = meter
  }

  /** To be listened to as long as the book is kept. */
  readonly listeners: Listeners = {
    'connect:end': ({ dialId, port, error }) => {
      if (error === null) this.#ports.set(dialId, port)
    },
    'connection:open': (event) => this.#opened(event),
    'dial:end': ({ dialId, connectionId }) => {
      if (connectionId === null) this.#ports.delete(dialId)
    },
    'connection:closed': ({ connectionId, age }) => {
      const entry = this.#open.get(connectionId)
      if (entry === undefined) return
      this.#open.delete(connectionId)
      const { connection, streams } = entry
      if (this.#clients.has(connection.clientId)) this.#meter.closed(connection, streams > 0, age)
    },
  }

  /** To be listened to besides, where it is measured which connections are active: told of each request. */
  readonly streamListeners: Listeners = {
    'stream:start': ({ connectionId }) => this.#turn(connectionId, 1),
    'stream:end': ({ connectionId }) => this.#turn(connectionId, -1),
  }

  get(connectionId: number): OpenConnection | undefined {
    return this.#open.get(connectionId)?.connection
  }

  /** A request of ours was on this connection: its client is one of ours. */
  claim(connectionId: number): void {
    const clientId = this.get(connectionId)?.clientId
    if (clientId === undefined || this.#clients.has(clientId)) return
    this.#clients.add(clientId)
    for (const entry of this.#open.values()) if (entry.connection.clientId === clientId) this.#count(entry)
  }

  /** The connections go on; that they are open is no longer told. */
  leave(): void {
    for (const { connection, streams } of this.#open.values())
      if (this.#clients.has(connection.clientId)) this.#meter.left(connection, streams > 0)
    this.#open.clear()
  }

  #opened({ connectionId, clientId, dialId, origin, protocol, remoteAddress, tls }: ConnectionOpen): void {
    const connection: OpenConnection = {
      id: connectionId,
      ...{ clientId, dialId, origin, protocol, tls },
      peerAddress: remoteAddress,
      peerPort: this.#ports.get(dialId) ?? null,
    }
    this.#ports.delete(dialId)
    const entry = { connection, streams: 0 }
    this.#open.set(connectionId, entry)
    if (this.#clients.has(clientId)) this.#count(entry)
  }

  #count({ connection, streams }: Entry): void {
    this.#meter.opened(connection)
    if (streams > 0) this.#meter.turned(connection, true)
  }

  #turn(connectionId: number, change: 1 | -1): void {
    const entry = this.#open.get(connectionId)
    // A stream that had begun before the book ends without a beginning.
    if (entry === undefined || entry.streams + change < 0) return
    entry.streams += change
    const turned = change === 1 ? entry.streams === 1 : entry.streams === 0
    if (turned && this.#clients.has(entry.connection.clientId))
      this.#meter.turned(entry.connection, change === 1)
  }
}
