import type { Tenant } from './pool-context.ts'

/** A limit on the connections of a client, and the pools that wait for room under it, in the order in which they came. */
export class ConnectionBudget {
  #limit: number
  #taken = 0
  /** Connections that were retired for the sake of a pool that waits, and have not closed yet. */
  #leaving = 0
  readonly #starved = new Set<Tenant>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get full(): boolean {
    return this.#taken >= this.#limit
  }

  /** More pools wait for a place than places are about to become free. */
  get crowded(): boolean {
    return this.#starved.size > this.#leaving
  }

  set limit(limit: number) {
    this.#limit = limit
  }

  take(): void {
    this.#taken += 1
  }

  give(): void {
    this.#taken -= 1
    this.#leaving = Math.max(0, this.#leaving - 1)
  }

  /** The pool is resumed when there is room. */
  wait(pool: Tenant): void {
    this.#starved.add(pool)
  }

  forget(pool: Tenant): void {
    this.#starved.delete(pool)
  }

  /** An idle connection of `pool` could go: whether its place is wanted elsewhere. */
  wants(pool: Tenant): boolean {
    return this.crowded && !this.#starved.has(pool)
  }

  leaves(): void {
    this.#leaving += 1
  }

  /** Pools that found no room go on in the order in which they came, so that no origin starves another. */
  feed(): void {
    for (const pool of this.#starved) {
      if (this.full) return
      this.#starved.delete(pool)
      pool.resume()
    }
  }
}
