import { LRUCache } from 'lru-cache'
import {
  MemoryTlsSessionStore,
  type MemoryTlsSessionStoreOptions,
  type TlsSession,
  type TlsSessionStore,
} from '../../connect/tls-session-store.ts'
import { noOptions } from '../../core/no-options.ts'
import { type Check, checkGroup } from '../../option-checks.ts'

/** Options of `LayeredTlsSessionStore`. */
export interface LayeredTlsSessionStoreOptions {
  /** Where sessions are shared: a `FileTlsSessionStore`, a `RedisTlsSessionStore`, or another one. */
  readonly shared: TlsSessionStore
  /** Of the part that is in memory. */
  readonly memory?: MemoryTlsSessionStoreOptions
}

const object: Check = (value) => (typeof value === 'object' && value !== null ? null : 'an object')
const shared: Check = (value) =>
  ['take', 'add', 'forget'].every((name) => typeof Reflect.get(Object(value), name) === 'function')
    ? null
    : 'a TlsSessionStore (take, add, forget)'

/** Identities whose turns are remembered. */
const MOST_IDENTITIES = 1000

/**
 * Memory before a shared store: a process that lives on resumes without asking anybody, and leaves something for those
 * that come after it. Of the TLS 1.3 sessions of an identity every other one is shared, the first one to begin with:
 * each is in one place only, since none is to be offered twice. TLS 1.2 sessions are in both.
 */
export class LayeredTlsSessionStore implements TlsSessionStore {
  readonly timeout?: number
  readonly #shared: TlsSessionStore
  readonly #memory: MemoryTlsSessionStore
  /** Identities whose last session went to the shared store. */
  readonly #gave = new LRUCache<string, true>({ max: MOST_IDENTITIES })

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
  constructor(options: LayeredTlsSessionStoreOptions) {
    checkGroup('LayeredTlsSessionStore', { shared, memory: object }, options)
    checkGroup('LayeredTlsSessionStore', { shared }, { shared: options.shared ?? null })
    this.#shared = options.shared
    this.#memory = new MemoryTlsSessionStore(options.memory)
    if (options.shared.timeout !== undefined) this.timeout = options.shared.timeout
  }

  take(identity: string): TlsSession | undefined | Promise<TlsSession | undefined> {
    return this.#memory.take(identity) ?? this.#shared.take(identity)
  }

  add(identity: string, session: TlsSession): void | Promise<void> {
    const single = session.version === 'TLSv1.3'
    const share = !single || !this.#gave.has(identity, noOptions())
    if (!share) this.#gave.delete(identity)
    else if (single) this.#gave.set(identity, true, noOptions())
    if (!share || !single) this.#memory.add(identity, session)
    return share ? this.#shared.add(identity, session) : undefined
  }

  forget(identity: string): void | Promise<void> {
    this.#memory.forget(identity)
    return this.#shared.forget(identity)
  }
}
