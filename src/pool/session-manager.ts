import type { ClientError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import { OriginPool } from './origin-pool.ts'
import type { PoolContext, Tenant } from './pool-context.ts'

/** What a manager adds to the context that all its pools share. */
export type ManagerContext = Omit<PoolContext, 'reserve' | 'release' | 'yieldIdle' | 'vacate'> & {
  /** Connections of this client in all, dials in flight included. */
  readonly connections: number
}

/**
 * The pools of one client, one per origin, and the one limit that spans them. A pool lives from its first request
 * until it is empty, so that a client that sees a million origins holds only those it is talking to.
 */
export class SessionManager {
  readonly #context: PoolContext
  #limit: number
  readonly #pools = new Map<string, OriginPool>()
  /** Pools that wait for room under the limit, in the order in which they came. */
  readonly #starved = new Set<Tenant>()
  readonly #onEmpty: (() => void)[] = []
  #destroyed: ClientError | null = null
  #reserved = 0
  /** Connections that were retired for the sake of a starved pool and have not closed yet. */
  #leaving = 0

  constructor(context: ManagerContext) {
    this.#limit = context.connections
    this.#context = {
      ...context,
      reserve: (pool) => this.#reserve(pool),
      release: (pool) => this.#release(pool),
      yieldIdle: (pool) => this.#yieldIdle(pool),
      vacate: (pool) => this.#forgetIfEmpty(pool),
    }
  }

  get pools(): Iterable<OriginPool> {
    return this.#pools.values()
  }

  /** @throws the reason of `destroy`, when that was called. */
  pool(origin: Origin): OriginPool {
    if (this.#destroyed !== null) throw this.#destroyed
    const known = this.#pools.get(origin.key)
    if (known !== undefined) return known
    const pool = new OriginPool(origin, this.#context)
    this.#pools.set(origin.key, pool)
    return pool
  }

  /** Puts another limit on the connections in force. Call it after other limits changed too: those who wait look again. */
  update(connections: number): void {
    this.#limit = connections
    this.#feedStarved()
    for (const pool of this.#pools.values()) pool.resume()
  }

  /** Requests that wait for a connection go without; how many. */
  rejectQueued(error: ClientError): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.rejectQueued(error), 0)
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

  #reserve(pool: Tenant): boolean {
    if (this.#reserved < this.#limit) {
      this.#reserved += 1
      return true
    }
    this.#starved.add(pool)
    if (this.#crowded) this.#evictFor(pool)
    return false
  }

  /** More pools wait for a place than places are about to become free. */
  get #crowded(): boolean {
    return this.#starved.size > this.#leaving
  }

  /** A connection of `pool` is idle: whether its place is wanted elsewhere. If so the pool retires it. */
  #yieldIdle(pool: Tenant): boolean {
    if (!this.#crowded || this.#starved.has(pool)) return false
    this.#leaving += 1
    return true
  }

  /** An idle connection of another origin gives way; its place is free when it has closed. */
  #evictFor(needy: Tenant): void {
    let victim: OriginPool | null = null
    let idleSince = Number.POSITIVE_INFINITY
    for (const pool of this.#pools.values()) {
      const since = pool === needy ? undefined : pool.idlest()?.idleSince
      if (since === undefined || since === null || since >= idleSince) continue
      victim = pool
      idleSince = since
    }
    if (victim?.evictIdle() === true) this.#leaving += 1
  }

  #release(pool: Tenant): void {
    this.#reserved -= 1
    this.#leaving = Math.max(0, this.#leaving - 1)
    this.#forgetIfEmpty(pool)
    queueMicrotask(() => this.#feedStarved())
  }

  /** Pools that found no room go on in the order in which they came, so that no origin starves another. */
  #feedStarved(): void {
    for (const pool of this.#starved) {
      if (this.#reserved >= this.#limit) return
      this.#starved.delete(pool)
      pool.resume()
    }
  }

  #forgetIfEmpty(pool: Tenant): void {
    queueMicrotask(() => {
      if (!pool.empty) return
      this.#starved.delete(pool)
      if (this.#pools.get(pool.origin.key) === pool) this.#pools.delete(pool.origin.key)
      if (this.#pools.size > 0) return
      for (const resolve of this.#onEmpty.splice(0)) resolve()
    })
  }
}
