import type { Clock } from '../../core/clock.ts'
import type { ClientError } from '../../core/errors.ts'
import type { AlpnProtocol, Engine } from '../../wire/contract.ts'
import { type Connected, type Connector, type ConnectorOptions, createConnector } from '../connector.ts'
import type { DialProgress } from '../dial-progress.ts'
import type { KeyLog } from '../key-log.ts'
import { HopPool, type HopWaiter } from './hop-pool.ts'
import type { ProxyServer } from './proxy-server.ts'
import type { ProxySessionContext } from './proxy-session.ts'

export interface HopPoolsContext {
  readonly clock: Clock
  /** HTTP/2, for proxies that speak it. */
  readonly engine: Engine
  /** ms that a connection to a proxy is kept without tunnels. */
  readonly idleTimeout: number
  readonly nextConnectionId: () => number
  readonly careFor: ProxySessionContext['careFor']
  /** How origins are connected to. Of it the limits, the resolver and the store of TLS sessions hold for proxies, too. */
  readonly dialling: Omit<ConnectorOptions, 'policy'>
  /** The key log in force: handshakes with proxies are of the same client. */
  readonly keyLog: () => KeyLog | null
}

/** The connections to all proxies of a client. */
export class HopPools {
  readonly #context: HopPoolsContext
  readonly #pools = new Map<ProxyServer, HopPool>()
  readonly #spoke = new WeakMap<ProxyServer, AlpnProtocol>()
  readonly #onEmpty: (() => void)[] = []
  #end: { readonly error: ClientError } | null = null

  constructor(context: HopPoolsContext) {
    this.#context = context
  }

  /** Those with connections by HTTP/2, dials or waiters. */
  get pools(): Iterable<readonly [ProxyServer, HopPool]> {
    return this.#pools
  }

  /** Returns what takes the waiter out again. */
  enter(server: ProxyServer, waiter: HopWaiter): () => void {
    if (this.#end !== null) {
      waiter.fail(this.#end.error)
      return () => {}
    }
    const pool = this.#pools.get(server) ?? this.#open(server)
    pool.enter(waiter)
    return () => pool.leave(waiter)
  }

  /** A connection of one's own, by HTTP/1.1. */
  connect(server: ProxyServer, signal: AbortSignal, progress: DialProgress): Promise<Connected> {
    return this.#connector(server).connect(server.origin, ['http/1.1'], signal, progress)
  }

  /** Resolves when no connection to a proxy is left; those with tunnels in them are waited for. */
  close(): Promise<void> {
    for (const pool of [...this.#pools.values()]) pool.close()
    if (this.#pools.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onEmpty.push(resolve))
  }

  destroy(error: ClientError): void {
    this.#end = { error }
    for (const pool of [...this.#pools.values()]) pool.destroy(error)
  }

  /** Which address a proxy has was decided by who configured it: the guard is about origins. */
  #connector({ policy }: ProxyServer): Connector {
    const { dialling, keyLog } = this.#context
    const logging = policy.logging(keyLog())
    return createConnector({ ...dialling, policy: logging, guard: null, keepCertificates: false })
  }

  #open(server: ProxyServer): HopPool {
    const { clock, engine, idleTimeout, nextConnectionId, careFor } = this.#context
    const pool = new HopPool(server, {
      clock,
      engine,
      idleTimeout,
      nextConnectionId,
      careFor,
      connector: () => this.#connector(server),
      spoke: this.#spoke.get(server),
      onSpoke: (protocol) => this.#spoke.set(server, protocol),
      onEmpty: () => {
        if (this.#pools.get(server) !== pool) return
        this.#pools.delete(server)
        if (this.#pools.size > 0) return
        for (const resolve of this.#onEmpty.splice(0)) resolve()
      },
    })
    this.#pools.set(server, pool)
    return pool
  }
}
