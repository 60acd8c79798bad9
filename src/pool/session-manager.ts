import type { ClientError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import { ConnectionBudget } from './connection-budget.ts'
import { expectedOf } from './offers.ts'
import { OriginPool } from './origin-pool.ts'
import type { PoolContext, Tenant } from './pool-context.ts'
import { notItsConnection } from './pool-errors.ts'

/** What a manager adds to the context that all its pools share. */
export type ManagerContext = Omit<PoolContext, 'reserve' | 'recount' | 'release' | 'yieldIdle' | 'vacate'> & {
  readonly spanning: SpanningLimits
}

/** What a client may have in all, dials in flight included. */
export interface SpanningLimits {
  readonly connections: number
  /** Of those, the ones that speak HTTP/1.1. */
  readonly http1Sockets: number
}

/**
 * The pools of one client, one per origin, and the limits that span them. A pool lives from its first request
 * until it is empty, so that a client that sees a million origins holds only those it is talking to.
 */
export class SessionManager {
  readonly #context: PoolContext
  readonly #all: ConnectionBudget
  readonly #http1: ConnectionBudget
  readonly #pools = new Map<string, OriginPool>()
  readonly #onEmpty: (() => void)[] = []
  #destroyed: ClientError | null = null

  constructor(context: ManagerContext) {
    this.#all = new ConnectionBudget(context.spanning.connections)
    this.#http1 = new ConnectionBudget(context.spanning.http1Sockets)
    this.#context = {
      ...context,
      reserve: (pool, http1) => this.#reserve(pool, http1),
      recount: (asHttp1, isHttp1) => this.#recount(asHttp1, isHttp1),
      release: (pool, http1) => this.#release(pool, http1),
      yieldIdle: (pool, http1) => this.#yieldIdle(pool, http1),
      vacate: (pool) => this.#forgetIfEmpty(pool),
    }
  }

  get pools(): Iterable<OriginPool> {
    return this.#pools.values()
  }

  /**
   * @throws the reason of `destroy`, when that was called; ConnectionError `ERR_TRUNKLINE_CONNECTION_UNUSABLE` for a
   * request that was to ride on a connection of another origin, when that one has none any more.
   */
  pool(origin: Origin): OriginPool {
    if (this.#destroyed !== null) throw this.#destroyed
    const known = this.#pools.get(origin.key)
    if (known !== undefined) return known
    // A pool by the name of the one, dialled as the other, would give its connections to requests of the first.
    if (origin.rides !== undefined) throw notItsConnection(origin.key)
    const pool = new OriginPool(origin, this.#context)
    this.#pools.set(origin.key, pool)
    return pool
  }

  /** What the next connection to an origin will speak, as far as is known. */
  expected(origin: Origin): AlpnProtocol | undefined {
    return expectedOf(origin, this.#context)
  }

  /** Puts other limits in force. Call it after the limits of pools changed too: those who wait look again. */
  update({ connections, http1Sockets }: SpanningLimits): void {
    this.#all.limit = connections
    this.#http1.limit = http1Sockets
    this.#feedStarved()
    for (const pool of this.#pools.values()) pool.resume()
  }

  /** New requests to the origins that `concerns` names get new connections; the old ones finish what they have. */
  renew(concerns: (origin: Origin) => boolean): void {
    for (const pool of [...this.#pools.values()]) if (concerns(pool.origin)) pool.renew()
  }

  /** Requests that wait for a connection go without; how many. */
  rejectQueued(error: ClientError): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.failWaiters(error), 0)
  }

  /** Lets every pool finish; resolves when no connection is left. */
  close(): Promise<void> {
    for (const pool of [...this.#pools.values()]) {
      pool.close()
      this.#forgetIfEmpty(pool)
    }
    if (this.#pools.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onEmpty.push(resolve))
  }

  destroy(error: ClientError): void {
    this.#destroyed = error
    for (const pool of [...this.#pools.values()]) {
      pool.destroy(error)
      this.#forgetIfEmpty(pool)
    }
  }

  #reserve(pool: Tenant, http1: boolean): boolean {
    const lacking = this.#all.full ? this.#all : http1 && this.#http1.full ? this.#http1 : null
    if (lacking === null) {
      this.#all.take()
      if (http1) this.#http1.take()
      return true
    }
    lacking.wait(pool)
    if (lacking.crowded) this.#evictFor(pool, lacking)
    return false
  }

  /** A server may choose another protocol than was expected. */
  #recount(asHttp1: boolean, isHttp1: boolean): boolean {
    if (isHttp1 && !asHttp1) {
      if (this.#http1.full) return false
      this.#http1.take()
    } else if (asHttp1 && !isHttp1) {
      this.#http1.give()
      queueMicrotask(() => this.#feedStarved())
    }
    return true
  }

  /** A connection of `pool` is idle: whether its place is wanted elsewhere. If so the pool retires it. */
  #yieldIdle(pool: Tenant, http1: boolean): boolean {
    const budgets = http1 ? [this.#all, this.#http1] : [this.#all]
    const wanting = budgets.filter((budget) => budget.wants(pool))
    for (const budget of wanting) budget.leaves()
    return wanting.length > 0
  }

  /** An idle connection of another origin gives way; its place is free when it has closed. */
  #evictFor(needy: Tenant, budget: ConnectionBudget): void {
    const http1 = budget === this.#http1
    let victim: OriginPool | null = null
    let idleSince = Number.POSITIVE_INFINITY
    for (const pool of this.#pools.values()) {
      const since = pool === needy ? undefined : pool.idlest(http1)?.idleSince
      if (since === undefined || since === null || since >= idleSince) continue
      victim = pool
      idleSince = since
    }
    if (victim?.evictIdle(http1) === true) budget.leaves()
  }

  #release(pool: Tenant, http1: boolean): void {
    this.#all.give()
    if (http1) this.#http1.give()
    this.#forgetIfEmpty(pool)
    queueMicrotask(() => this.#feedStarved())
  }

  #feedStarved(): void {
    this.#all.feed()
    this.#http1.feed()
  }

  #forgetIfEmpty(pool: Tenant): void {
    queueMicrotask(() => {
      if (!pool.empty) return
      this.#all.forget(pool)
      this.#http1.forget(pool)
      if (this.#pools.get(pool.origin.key) === pool) this.#pools.delete(pool.origin.key)
      if (this.#pools.size > 0) return
      for (const resolve of this.#onEmpty.splice(0)) resolve()
    })
  }
}
