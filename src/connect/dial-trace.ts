import type { Clock } from '../core/clock.ts'
import { ConnectError } from '../core/errors.ts'
import { events, type Failure, failureOf } from '../core/events.ts'
import { isError } from '../core/is-error.ts'
import type { AlpnProtocol } from '../wire/contract.ts'

/** Whether anybody listens to what is told of dials. */
export function dialsAreObserved(): boolean {
  return (
    events['dial:start'].hasSubscribers ||
    events['dial:end'].hasSubscribers ||
    events['dns:start'].hasSubscribers ||
    events['dns:end'].hasSubscribers ||
    events['connect:start'].hasSubscribers ||
    events['connect:end'].hasSubscribers ||
    events['tls:start'].hasSubscribers ||
    events['tls:end'].hasSubscribers ||
    events['tunnel:start'].hasSubscribers ||
    events['tunnel:end'].hasSubscribers
  )
}

/** The connection to a proxy that a tunnel was opened over. */
export interface ProxyLeg {
  readonly dialId: number
  /** Null: the tunnel has it to itself. */
  readonly connectionId: number | null
}

interface Handshake {
  readonly at: number
  readonly servername: string
  readonly withProxy: boolean
}

/** What a TLS handshake came to. */
export interface HandshakeOutcome {
  readonly version: string | null
  readonly alpn: string | null
  readonly resumed: boolean
}

const NO_OUTCOME: HandshakeOutcome = { version: null, alpn: null, resumed: false }

/** Tells the phases of one dial. `failed` ends those that are under way. */
export class DialTrace {
  readonly id: number
  readonly #origin: string
  readonly #clock: Clock
  #startedAt = 0
  #lookup: { readonly at: number; readonly host: string; readonly cached: boolean } | null = null
  /** TCP connection attempts under way, by address and port. */
  readonly #attempts = new Map<
    string,
    { readonly at: number; readonly address: string; readonly port: number }
  >()
  #handshake: Handshake | null = null
  #tunnel: { readonly at: number; readonly proxy: string } | null = null
  #toProxy = false

  constructor(id: number, origin: string, clock: Clock) {
    this.id = id
    this.#origin = origin
    this.#clock = clock
  }

  /** The same trace: what is connected to is a proxy. */
  towardsProxy(): this {
    this.#toProxy = true
    return this
  }

  started(host: string, port: number, proxy: string | null): void {
    this.#startedAt = this.#clock.now()
    if (events['dial:start'].hasSubscribers)
      events['dial:start'].publish({ ...this.#ids(this.#startedAt), host, port, proxy })
  }

  ended(protocol: AlpnProtocol | null, connectionId: number | null, error: unknown): void {
    if (!events['dial:end'].hasSubscribers) return
    const now = this.#clock.now()
    events['dial:end'].publish({
      ...this.#ids(now),
      duration: now - this.#startedAt,
      protocol,
      connectionId,
      error: error === null ? null : failureOf(error),
    })
  }

  lookupStarted(host: string, cached: boolean): void {
    this.#lookup = { at: this.#clock.now(), host, cached }
    if (events['dns:start'].hasSubscribers)
      events['dns:start'].publish({ ...this.#ids(this.#lookup.at), host })
  }

  lookupEnded(addresses: readonly string[], error: unknown): void {
    const lookup = this.#lookup
    if (lookup === null) return
    this.#lookup = null
    if (!events['dns:end'].hasSubscribers) return
    const now = this.#clock.now()
    events['dns:end'].publish({
      ...this.#ids(now),
      host: lookup.host,
      addresses,
      cached: lookup.cached && error === null,
      duration: now - lookup.at,
      error: error === null ? null : failureOf(error),
    })
  }

  connectStarted(address: string, port: number): void {
    const attempt = { at: this.#clock.now(), address, port }
    this.#attempts.set(`${address} ${port}`, attempt)
    if (events['connect:start'].hasSubscribers)
      events['connect:start'].publish({ ...this.#ids(attempt.at), address, port })
  }

  connectFailed(address: string, port: number, error: unknown): void {
    this.#connectEnded(`${address} ${port}`, connectFailure(this.#origin, address, port, error))
  }

  /** This one is used; those that are still under way have lost the race. */
  connected(address: string | undefined): void {
    const sole = this.#attempts.size === 1
    for (const [key, attempt] of this.#attempts) {
      const { port } = attempt
      if (sole || attempt.address === address) this.#connectEnded(key, null)
      else this.#connectEnded(key, connectFailure(this.#origin, attempt.address, port, null))
    }
  }

  tunnelStarted(proxy: string): void {
    this.#tunnel = { at: this.#clock.now(), proxy }
    if (events['tunnel:start'].hasSubscribers)
      events['tunnel:start'].publish({ ...this.#ids(this.#tunnel.at), proxy })
  }

  tunnelEnded(leg: ProxyLeg | null, error: unknown): void {
    const tunnel = this.#tunnel
    if (tunnel === null) return
    this.#tunnel = null
    if (!events['tunnel:end'].hasSubscribers) return
    const now = this.#clock.now()
    events['tunnel:end'].publish({
      ...this.#ids(now),
      proxy: tunnel.proxy,
      duration: now - tunnel.at,
      proxyDialId: leg?.dialId ?? null,
      proxyConnectionId: leg?.connectionId ?? null,
      error: error === null ? null : failureOf(error),
    })
  }

  handshakeStarted(servername: string, offered: readonly string[], resuming: boolean): void {
    const at = this.#clock.now()
    const withProxy = this.#toProxy
    this.#handshake = { at, servername, withProxy }
    if (events['tls:start'].hasSubscribers)
      events['tls:start'].publish({ ...this.#ids(at), servername, offered, resuming, withProxy })
  }

  handshakeEnded(outcome: HandshakeOutcome | null, error: unknown): void {
    const handshake = this.#handshake
    if (handshake === null) return
    this.#handshake = null
    if (!events['tls:end'].hasSubscribers) return
    const { servername, withProxy } = handshake
    const now = this.#clock.now()
    events['tls:end'].publish({
      ...this.#ids(now),
      ...{ servername, withProxy },
      duration: now - handshake.at,
      ...(outcome ?? NO_OUTCOME),
      error: error === null ? null : failureOf(error),
    })
  }

  /** Whatever is under way came to nothing. */
  failed(error: unknown): void {
    this.lookupEnded([], error)
    for (const key of [...this.#attempts.keys()]) this.#connectEnded(key, failureOf(error))
    this.handshakeEnded(null, error)
  }

  #connectEnded(key: string, failure: Failure | null): void {
    const attempt = this.#attempts.get(key)
    if (attempt === undefined) return
    this.#attempts.delete(key)
    if (!events['connect:end'].hasSubscribers) return
    const { at, address, port } = attempt
    const now = this.#clock.now()
    events['connect:end'].publish({ ...this.#ids(now), address, port, duration: now - at, error: failure })
  }

  #ids(at: number) {
    return { at, dialId: this.id, origin: this.#origin }
  }
}

function connectFailure(origin: string, address: string, port: number, cause: unknown): Failure {
  const why = isError(cause) ? `failed: ${cause.message}` : 'was not the one that came up first'
  return failureOf(
    new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', `The TCP connection to ${address}:${port} ${why}.`, {
      origin,
      phase: 'connect',
      cause,
    }),
  )
}
