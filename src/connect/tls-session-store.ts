import { LRUCache } from 'lru-cache'
import { noOptions } from '../core/no-options.ts'

/**
 * A TLS session that can be resumed (RFC 8446 section 2.2, RFC 5077), with what was verified when it was made.
 * A resumed connection shows no certificate, so whatever is to be known about it must be kept here.
 */
export interface TlsSession {
  /** Node's serialised session; opaque. */
  readonly ticket: Uint8Array
  /** `TLSv1.3`, `TLSv1.2`. */
  readonly version: string
  /** SHA-256 fingerprint of the server certificate that the full handshake verified. */
  readonly fingerprint256: string
  /** When that handshake was, ms since the epoch. Resumption does not move it: trust is not renewed by a ticket. */
  readonly verifiedAt: number
  /**
   * From when on it must not be offered, ms since the epoch: a day after `verifiedAt`, the certificate's end, or the
   * end of the lifetime that the server gave it, whichever is first.
   */
  readonly expiresAt: number
  /** The same without the ticket's own lifetime: what sessions that come of this one inherit. Default `expiresAt`. */
  readonly trustedUntil?: number
}

/**
 * Where TLS sessions live between connections. An identity is an opaque string that covers host, port, ALPN offer
 * and the whole trust decision; a store must never give a session to another identity than the one it was added
 * under. It is a digest of secrets too, such as a proxy's password: a name that others may read should be an HMAC of it.
 * Methods may be asynchronous. A store that fails or is late costs a full handshake, never a request; one that
 * does so three times in a row is left alone for 5 seconds.
 */
export interface TlsSessionStore {
  /** How long a dial waits for an answer, ms. Default 50. */
  readonly timeout?: number
  /** A session to offer, or undefined. A store may hand a TLS 1.3 session out only once (RFC 8446 appendix C.4). */
  take(identity: string): TlsSession | undefined | Promise<TlsSession | undefined>
  /** Also gives back one that was taken and not offered to anybody. */
  add(identity: string, session: TlsSession): void | Promise<void>
  /** Forgets every session of the identity: a handshake that offered one failed. */
  forget(identity: string): void | Promise<void>
}

/** Options of `MemoryTlsSessionStore`. */
export interface MemoryTlsSessionStoreOptions {
  /** Identities (in effect: origins) to remember, least recently used first out. Default 1,000. */
  readonly maxIdentities?: number
  /** Sessions to keep per identity, newest first. Default 4. */
  readonly maxPerIdentity?: number
  /**
   * Offer each TLS 1.3 session at most once, even when it is the last. Default false: a server that issues no
   * ticket on a resumed connection (Node's is one) would be resumed every other time only.
   */
  readonly singleUse?: boolean
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/** TLS sessions in memory, in an LRU. */
export class MemoryTlsSessionStore implements TlsSessionStore {
  readonly #sessions: LRUCache<string, TlsSession[]>
  readonly #maxPerIdentity: number
  readonly #singleUse: boolean
  readonly #now: () => number

  constructor(options: MemoryTlsSessionStoreOptions = {}) {
    this.#sessions = new LRUCache({ max: options.maxIdentities ?? 1000 })
    this.#maxPerIdentity = options.maxPerIdentity ?? 4
    this.#singleUse = options.singleUse ?? false
    this.#now = options.now ?? Date.now
  }

  /** How many identities have a session. */
  get size(): number {
    return this.#sessions.size
  }

  take(identity: string): TlsSession | undefined {
    const sessions = this.#sessions.get(identity, noOptions())
    if (sessions === undefined) return undefined
    const now = this.#now()
    const live = sessions.filter((session) => session.expiresAt > now)
    const [newest, ...rest] = live
    const spent = newest !== undefined && isSingleUse(newest) && (this.#singleUse || rest.length > 0)
    this.#keep(identity, spent ? rest : live)
    return newest
  }

  add(identity: string, session: TlsSession): void {
    const sessions = this.#sessions.get(identity, noOptions()) ?? []
    const others = sessions.filter(({ ticket }) => Buffer.compare(ticket, session.ticket) !== 0)
    this.#keep(identity, [session, ...others].slice(0, this.#maxPerIdentity))
  }

  forget(identity: string): void {
    this.#sessions.delete(identity)
  }

  /** Forgets all sessions: the next connection to each origin makes a full handshake. */
  clear(): void {
    this.#sessions.clear()
  }

  #keep(identity: string, sessions: TlsSession[]): void {
    if (sessions.length === 0) this.#sessions.delete(identity)
    else this.#sessions.set(identity, sessions, noOptions())
  }
}

/** TLS 1.2 sessions are made to be resumed many times; TLS 1.3 tickets link connections when used twice. */
function isSingleUse(session: TlsSession): boolean {
  return session.version === 'TLSv1.3'
}

/**
 * The store of every client that is given no other. It outlives connections, pools and clients, so that even a
 * process that makes a client per call resumes; identities keep clients with different trust apart.
 */
export const processTlsSessions = new MemoryTlsSessionStore()
