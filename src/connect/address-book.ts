import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import { noOptions } from '../core/no-options.ts'
import { DnsCache } from './dns-cache.ts'
import type { SettledDns } from './dns-options.ts'
import { type Address, createNameResolver } from './dns-resolvers.ts'

/** How long an address that failed is tried last, ms. */
const FAILED_MEMORY = 60_000

/** An answer younger than this is not doubted when its addresses fail, ms. */
const YOUNG = 1000

/** Where the connector learns the addresses of a name. */
export interface AddressBook {
  /** Addresses to try, in this order; at least one. Rejects when there is none. */
  find(hostname: string): Promise<readonly Address[]>
  stats(): DnsStats
  /** The next `find` will not ask anybody, as things stand. */
  isCached(hostname: string): boolean
  /** No connection to the address came about: it is tried last for a while. */
  failed(address: string): void
  /** It did. */
  worked(address: string): void
  /** The answer did not come in time: the next dial asks anew. */
  abandon(hostname: string): void
  /**
   * No address of the name can be reached. If the answer was a cached one it is forgotten, and its addresses are
   * returned: a fresh look-up may know others. Else null.
   */
  doubt(hostname: string): readonly Address[] | null
}

/** What was looked up, and by whom it was answered. */
export interface DnsStats {
  /** Look-ups of dials. */
  readonly lookups: number
  /** Of those, answered without asking anybody. */
  readonly cached: number
  readonly failed: number
}

export function createAddressBook(options: SettledDns, clock: Clock): AddressBook {
  return new Book(options, clock)
}

class Book implements AddressBook {
  readonly #clock: Clock
  readonly #fixed: ReadonlyMap<string, readonly Address[]>
  readonly #ask: (hostname: string) => Promise<{ readonly addresses: readonly Address[] }>
  /** null: every dial asks. */
  readonly #cache: DnsCache | null
  /** When each address failed last; those that failed longest ago come first. */
  readonly #failures: LRUCache<string, number>
  readonly #turns: LRUCache<string, number>
  readonly #rotates: boolean
  #lookups = 0
  #cached = 0
  #failed = 0

  constructor(options: SettledDns, clock: Clock) {
    this.#clock = clock
    this.#fixed = fixedAddresses(options)
    const resolve = createNameResolver(options, clock)
    // Whoever replaces `dns.lookup` answers for each dial by itself, order included.
    this.#rotates = options.lookup === undefined
    this.#cache = this.#rotates && options.ttl > 0 ? new DnsCache(resolve, options, clock) : null
    this.#ask = (hostname) => this.#cache?.get(hostname) ?? resolve(hostname)
    this.#failures = new LRUCache({ max: options.maxEntries })
    this.#turns = new LRUCache({ max: options.maxEntries })
  }

  async find(hostname: string): Promise<readonly Address[]> {
    this.#lookups += 1
    if (this.isCached(hostname)) this.#cached += 1
    const addresses = this.#fixed.get(hostname) ?? (await this.#answer(hostname))
    return this.#byFailure(this.#rotates ? this.#rotated(hostname, addresses) : addresses)
  }

  async #answer(hostname: string): Promise<readonly Address[]> {
    try {
      return (await this.#ask(hostname)).addresses
    } catch (error) {
      this.#failed += 1
      throw error
    }
  }

  stats(): DnsStats {
    return { lookups: this.#lookups, cached: this.#cached, failed: this.#failed }
  }

  isCached(hostname: string): boolean {
    return this.#fixed.has(hostname) || this.#cache?.has(hostname) === true
  }

  failed(address: string): void {
    this.#failures.set(address, this.#clock.now(), noOptions())
  }

  worked(address: string): void {
    this.#failures.delete(address)
  }

  abandon(hostname: string): void {
    this.#cache?.abandon(hostname)
  }

  doubt(hostname: string): readonly Address[] | null {
    const known = this.#fixed.has(hostname) ? null : (this.#cache?.peek(hostname) ?? null)
    if (known === null || known.age < YOUNG) return null
    this.#cache?.forget(hostname)
    return known.addresses
  }

  /** Each answer begins with another address of its IP version, so that connections spread over them. */
  #rotated(hostname: string, addresses: readonly Address[]): readonly Address[] {
    if (addresses.length < 2) return addresses
    const turn = this.#turns.get(hostname, noOptions()) ?? 0
    this.#turns.set(hostname, turn + 1, noOptions())
    const first = addresses[0]?.family
    const groups = [
      addresses.filter(({ family }) => family === first),
      addresses.filter(({ family }) => family !== first),
    ]
    return groups.flatMap((group) => {
      const start = group.length === 0 ? 0 : turn % group.length
      return [...group.slice(start), ...group.slice(0, start)]
    })
  }

  #byFailure(addresses: readonly Address[]): readonly Address[] {
    const since = this.#clock.now() - FAILED_MEMORY
    const failedAt = ({ address }: Address): number => {
      const at = this.#failures.get(address, noOptions()) ?? Number.NEGATIVE_INFINITY
      return at > since ? at : Number.NEGATIVE_INFINITY
    }
    if (addresses.every((one) => failedAt(one) === Number.NEGATIVE_INFINITY)) return addresses
    // The sort is stable: those that did not fail keep their order.
    return [...addresses].sort((a, b) => compare(failedAt(a), failedAt(b)))
  }
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Fixed addresses are taken as they are: `family` is about look-ups. */
function fixedAddresses({ hosts }: SettledDns): Map<string, readonly Address[]> {
  const entries = Object.entries(hosts).map(([name, given]) => {
    const addresses = (typeof given === 'string' ? [given] : given).map(
      (address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }) as const,
    )
    return [name.toLowerCase().replace(/\.$/, ''), addresses] as const
  })
  return new Map(entries)
}
