import { LRUCache } from 'lru-cache'
import { noOptions } from '../core/no-options.ts'

/** What is kept under one key. Plain data: `structuredClone`, or JSON if bytes are encoded, keeps it whole. */
export type CacheEntry =
  | {
      readonly kind: 'response'
      /** Status, fields, and when it came, as http-cache-semantics writes them. */
      readonly policy: Readonly<Record<string, unknown>>
      readonly protocol: 'h2' | 'http/1.1'
      readonly body: Uint8Array
    }
  /** The response depends on these request fields (Vary); each variant has a key of its own, with `id` in it. */
  | { readonly kind: 'variants'; readonly fields: readonly string[]; readonly id: string }

/**
 * Where responses are kept. Methods may be asynchronous. A store that fails, or is slow, costs a request to the server
 * and never fails one; what `set` is given may be dropped at any time.
 */
export interface CacheStore {
  /** The entry of this key, if there is one. */
  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined>
  /** Keeps an entry; in place of the one that this key has. */
  set(key: string, entry: CacheEntry): unknown
  /** Forgets the entry of this key. */
  delete(key: string): unknown
}

/** Options of `MemoryCacheStore`. */
export interface MemoryCacheStoreOptions {
  /** Bytes of bodies and fields in all. Default 64 MiB. */
  readonly maxBytes?: number
  /** Responses in all. Default 1,000. */
  readonly maxEntries?: number
}

/** Responses in memory; those that were not used for the longest time go first. */
export class MemoryCacheStore implements CacheStore {
  readonly #entries: LRUCache<string, CacheEntry>

  constructor(options: MemoryCacheStoreOptions = {}) {
    this.#entries = new LRUCache({
      max: options.maxEntries ?? 1000,
      maxSize: options.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: (entry, key) => key.length + sizeOf(entry),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** The entry of this key, which is now the one used last. */
  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key, noOptions())
  }

  /** Keeps an entry; others go, when there are too many. */
  set(key: string, entry: CacheEntry): void {
    this.#entries.set(key, entry, noOptions())
  }

  /** Forgets the entry of this key. */
  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
  }
}

/** About what an entry takes, bytes. */
function sizeOf(entry: CacheEntry): number {
  const fields = JSON.stringify(entry.kind === 'response' ? entry.policy : entry.fields)
  return fields.length + (entry.kind === 'response' ? entry.body.length : 0)
}
