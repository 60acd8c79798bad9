/** `trunkline/cache`: an HTTP cache (RFC 9111) through http-cache-semantics, which is to be installed beside us. */
import { systemClock } from '../core/clock.ts'
import { type Cache, type CacheOptions, createCache } from './cache-interceptor.ts'

export type { Cache, CacheOptions, CacheStats } from './cache-interceptor.ts'
export type { CacheHit } from './cache-responder.ts'
export type { CacheEntry, CacheStore, MemoryCacheStoreOptions } from './cache-store.ts'
export { MemoryCacheStore } from './cache-store.ts'

/**
 * Keeps responses, and answers with them as long as they hold (RFC 9111). To be one of `networkInterceptors`: there
 * each redirect has an entry of its own, and bodies are kept as they came, compressed.
 */
export function cache(options: CacheOptions = {}): Cache {
  return createCache(options, systemClock)
}
