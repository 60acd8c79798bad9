import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import { noOptions } from '../core/no-options.ts'
import { type Address, type Answer, isNoSuchName, type NameResolver } from './dns-resolvers.ts'

/** ms, and names. */
export interface DnsCachePolicy {
  readonly ttl: number
  readonly staleFor: number
  readonly negativeTtl: number
  readonly maxEntries: number
}

type Entry =
  | {
      readonly kind: 'found'
      readonly addresses: readonly Address[]
      readonly answeredAt: number
      readonly freshUntil: number
      readonly staleUntil: number
    }
  | { readonly kind: 'missing'; readonly error: unknown; readonly until: number }

/** What the cache says of a name. `age`: ms since it was answered. */
export interface CachedAnswer {
  readonly addresses: readonly Address[]
  readonly age: number
}

/**
 * Answers to look-ups, each used until its TTL ends, and for `staleFor` longer while a new one is fetched behind it. A
 * name that is being looked up is not asked for a second time.
 */
export class DnsCache {
  readonly #resolve: NameResolver
  readonly #policy: DnsCachePolicy
  readonly #clock: Clock
  readonly #entries: LRUCache<string, Entry>
  readonly #underWay = new Map<string, Promise<CachedAnswer>>()

  constructor(resolve: NameResolver, policy: DnsCachePolicy, clock: Clock) {
    this.#resolve = resolve
    this.#policy = policy
    this.#clock = clock
    this.#entries = new LRUCache({ max: policy.maxEntries })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Rejects with the resolver's error. */
  async get(hostname: string): Promise<CachedAnswer> {
    const entry = this.#entries.get(hostname, noOptions())
    const now = this.#clock.now()
    if (entry?.kind === 'missing' && now < entry.until) throw entry.error
    if (entry?.kind !== 'found' || now >= entry.staleUntil) return this.#fresh(hostname)
    // A refresh that fails leaves the old answer in place, until it is too old.
    if (now >= entry.freshUntil) this.#fresh(hostname).catch(() => {})
    return { addresses: entry.addresses, age: now - entry.answeredAt }
  }

  /** What is known, however old; null: nothing. Nobody is asked. */
  peek(hostname: string): CachedAnswer | null {
    const entry = this.#entries.peek(hostname)
    if (entry?.kind !== 'found') return null
    return { addresses: entry.addresses, age: this.#clock.now() - entry.answeredAt }
  }

  /** Whether `get` answers by itself. */
  has(hostname: string): boolean {
    const entry = this.#entries.peek(hostname)
    if (entry === undefined) return false
    return this.#clock.now() < (entry.kind === 'found' ? entry.staleUntil : entry.until)
  }

  forget(hostname: string): void {
    this.#entries.delete(hostname)
  }

  /** Asks, or joins who is asking already. */
  #fresh(hostname: string): Promise<CachedAnswer> {
    const joined = this.#underWay.get(hostname)
    if (joined !== undefined) return joined
    const asked = this.#ask(hostname).finally(() => {
      if (this.#underWay.get(hostname) === asked) this.#underWay.delete(hostname)
    })
    this.#underWay.set(hostname, asked)
    return asked
  }

  /** Somebody waited in vain: who comes next asks anew instead of joining. */
  abandon(hostname: string): void {
    this.#underWay.delete(hostname)
  }

  async #ask(hostname: string): Promise<CachedAnswer> {
    try {
      const answer = await this.#resolve(hostname)
      this.#keep(hostname, answer)
      return { addresses: answer.addresses, age: 0 }
    } catch (error) {
      this.#keepMissing(hostname, error)
      throw error
    }
  }

  #keep(hostname: string, { addresses, ttl }: Answer): void {
    const answeredAt = this.#clock.now()
    const life = Math.min(this.#policy.ttl, ttl ?? Number.POSITIVE_INFINITY)
    if (life <= 0) return void this.#entries.delete(hostname)
    const freshUntil = answeredAt + life
    const staleUntil = freshUntil + this.#policy.staleFor
    this.#entries.set(hostname, { kind: 'found', addresses, answeredAt, freshUntil, staleUntil }, noOptions())
  }

  /** Only a name that does not exist is worth remembering; a name server that failed may do better next time. */
  #keepMissing(hostname: string, error: unknown): void {
    if (!isNoSuchName(error) || this.#policy.ttl <= 0) return
    const until = this.#clock.now() + this.#policy.negativeTtl
    if (this.#policy.negativeTtl > 0)
      this.#entries.set(hostname, { kind: 'missing', error, until }, noOptions())
    else this.#entries.delete(hostname)
  }
}
