import type { Clock } from '../core/clock.ts'
import type { Interceptor } from '../core/dispatch.ts'
import { type CacheCounts, type CacheHit, CacheResponder, type CacheSettings } from './cache-responder.ts'
import { CacheShelf } from './cache-shelf.ts'
import { type CacheStore, MemoryCacheStore } from './cache-store.ts'
import { invalidOption } from './invalid-option.ts'

/** Options of `cache`. */
export interface CacheOptions {
  /** Where responses are kept. Default a `MemoryCacheStore`. */
  readonly store?: CacheStore
  /**
   * Whether many people are served from it: then what is `private`, or was asked with `authorization`, is not kept.
   * Default false: the cache of one user.
   */
  readonly shared?: boolean
  /** Bodies above this many bytes are not kept. Default 5 MiB. */
  readonly maxEntryBytes?: number
  /** How long the store may take for an answer, ms, before the request goes on without it. Default 100. */
  readonly storeTimeout?: number
  /** Told of each response that is served from the cache. `age` in seconds. */
  readonly onHit?: (hit: CacheHit) => void
}

/** How often a cache served what. */
export interface CacheStats {
  /** Served without asking the server. */
  readonly fresh: number
  /** Served past their time: while the server is asked, or because it failed, or since the request allows it. */
  readonly stale: number
  /** Served after the server confirmed them with a 304. */
  readonly revalidated: number
  /** Asked of the server and answered by it in full. */
  readonly misses: number
  readonly stored: number
  /** URLs forgotten because a request changed something there. */
  readonly invalidated: number
  /** Times the store failed or was too slow. */
  readonly storeFailures: number
}

/** An interceptor, and what it has done so far. */
export interface Cache extends Interceptor {
  /** How often the cache served what, since it was made. */
  stats(): CacheStats
}

export function createCache(options: CacheOptions, clock: Clock): Cache {
  const settled = settle(options)
  const shelf = new CacheShelf(settled.store, clock, settled.storeTimeout)
  const counts: CacheCounts = { fresh: 0, stale: 0, revalidated: 0, misses: 0, stored: 0, invalidated: 0 }
  const interceptor: Interceptor = (next) => {
    const responder = new CacheResponder(next, settled, shelf, counts, clock)
    return (request) => responder.respond(request)
  }
  return Object.assign(interceptor, { stats: () => ({ ...counts, storeFailures: shelf.failures }) })
}

interface Settled extends CacheSettings {
  readonly store: CacheStore
  readonly storeTimeout: number
}

function settle(options: CacheOptions): Settled {
  const settled: Settled = {
    shared: false,
    maxEntryBytes: 5 * 1024 * 1024,
    storeTimeout: 100,
    ...options,
    store: options.store ?? new MemoryCacheStore(),
  }
  for (const name of ['get', 'set', 'delete'] as const)
    if (typeof settled.store[name] !== 'function') throw invalidOption('cache', `store has no method ${name}`)
  for (const name of ['maxEntryBytes', 'storeTimeout'] as const)
    if (!(settled[name] >= 0)) throw invalidOption('cache', `${name} must be a number, 0 or more`)
  return settled
}
