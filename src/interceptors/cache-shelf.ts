import type { Clock } from '../core/clock.ts'
import type { ClientRequest } from '../core/dispatch.ts'
import { combinedHeader } from '../core/headers.ts'
import type { CacheEntry, CacheStore } from './cache-store.ts'

export type StoredResponse = CacheEntry & { readonly kind: 'response' }

/** A place that a response may be put in, unless something happened to it meanwhile. */
export interface Ticket {
  readonly key: string
  valid: boolean
}

/**
 * The store as the cache uses it: by request, variants apart, and never longer than `timeout` ms for an answer. What
 * fails counts as not there.
 */
export class CacheShelf {
  readonly #store: CacheStore
  readonly #clock: Clock
  readonly #timeout: number
  /** By key: the responses on their way, which an invalidation makes worthless. */
  readonly #tickets = new Map<string, Set<Ticket>>()
  failures = 0

  constructor(store: CacheStore, clock: Clock, timeout: number) {
    this.#store = store
    this.#clock = clock
    this.#timeout = timeout
  }

  async find(method: string, request: ClientRequest): Promise<StoredResponse | null> {
    const key = keyOf(method, request.target.href)
    const entry = await this.#get(key)
    if (entry?.kind !== 'variants') return entry
    const variant = await this.#get(variantKey(key, entry, request))
    return variant?.kind === 'response' ? variant : null
  }

  /** To be taken before the request is sent, and given back with `put` or `tear`. */
  ticket(request: ClientRequest): Ticket {
    const ticket = { key: keyOf(request.method, request.target.href), valid: true }
    const others = this.#tickets.get(ticket.key)
    if (others === undefined) this.#tickets.set(ticket.key, new Set([ticket]))
    else others.add(ticket)
    return ticket
  }

  tear(ticket: Ticket): void {
    const others = this.#tickets.get(ticket.key)
    others?.delete(ticket)
    if (others?.size === 0) this.#tickets.delete(ticket.key)
  }

  /** Keeps a response, for requests that are like this one in what it varies by; tells whether it did. */
  async put(
    ticket: Ticket,
    request: ClientRequest,
    entry: StoredResponse,
    vary: readonly string[],
  ): Promise<boolean> {
    try {
      if (!ticket.valid) return false
      if (vary.length === 0) return await this.#set(ticket.key, entry)
      const index = await this.#variantsAt(ticket.key, vary)
      // It may have been forgotten while the store was asked.
      if (!ticket.valid || !(await this.#set(ticket.key, index))) return false
      return await this.#set(variantKey(ticket.key, index, request), entry)
    } finally {
      this.tear(ticket)
    }
  }

  /** Forgets what is known of a URL, and what is about to be. Resolves when it is done, or given up. */
  async forget(href: string): Promise<void> {
    await Promise.all(
      ['GET', 'HEAD'].map((method) => {
        const key = keyOf(method, href)
        for (const ticket of this.#tickets.get(key) ?? []) ticket.valid = false
        return this.#answer(() => this.#store.delete(key))
      }),
    )
  }

  /** The index that is there, if it fits: a new one leaves the variants of the old one behind. */
  async #variantsAt(
    key: string,
    fields: readonly string[],
  ): Promise<CacheEntry & { readonly kind: 'variants' }> {
    const there = await this.#get(key)
    if (there?.kind === 'variants' && there.fields.join() === fields.join()) return there
    return { kind: 'variants', fields, id: crypto.randomUUID() }
  }

  async #get(key: string): Promise<CacheEntry | null> {
    const entry = (await this.#answer(() => this.#store.get(key))) ?? null
    if (entry === null || isEntry(entry)) return entry
    this.failures += 1
    return null
  }

  async #set(key: string, entry: CacheEntry): Promise<boolean> {
    const failures = this.failures
    await this.#answer(() => this.#store.set(key, entry))
    return this.failures === failures
  }

  /** What the store answers; undefined when it fails or is too slow. */
  async #answer<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
    try {
      const answer = ask()
      return isPromise(answer) ? await this.#inTime(answer) : answer
    } catch {
      this.failures += 1
      return undefined
    }
  }

  #inTime<T>(answer: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => reject(new Error('the store took too long')), this.#timeout)
      answer.then(resolve, reject).then(() => timer.cancel())
    })
  }
}

function keyOf(method: string, href: string): string {
  return `${method} ${href}`
}

function variantKey(
  key: string,
  { fields, id }: CacheEntry & { readonly kind: 'variants' },
  request: ClientRequest,
): string {
  const values = fields.map((name) => combinedHeader(request.headers, name))
  return `${key} ${id} ${JSON.stringify(values)}`
}

/** A store of somebody else's may give back anything. */
function isEntry(entry: CacheEntry): boolean {
  if (entry.kind === 'variants') return Array.isArray(entry.fields) && typeof entry.id === 'string'
  return entry.kind === 'response' && entry.body instanceof Uint8Array && typeof entry.policy === 'object'
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function'
}
