import type * as tls from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { ConnectError, type Phase } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import { guardOf, type StoreGuard } from './store-guard.ts'
import { ticketLifetime } from './ticket-lifetime.ts'
import type { TlsPolicy } from './tls-identity.ts'
import type { TlsSession, TlsSessionStore } from './tls-session-store.ts'

/** RFC 8446 section 4.6.1 allows a week; a day bounds how long a revoked certificate goes unseen. */
const LONGEST_TRUST_MS = 24 * 60 * 60 * 1000

/** One dial's dealings with the store: what it offers, and what it keeps from the sessions the server issues. */
export interface SessionOffer {
  readonly session: TlsSession | undefined
  /** Whether the offered session may have been why the handshake failed. */
  readonly suspect: boolean
  /** Before the handshake: keeps the sessions that come over this socket, for as long as it lives, and logs its keys. */
  watch(socket: tls.TLSSocket): void
  failed(phase: Phase): void
  forget(): Promise<void>
}

/**
 * Asks the store for a session to offer. Without verification there is nothing to keep: a session from an
 * unverified connection resumes as `authorized`, on every Node line.
 */
export async function offerSession(
  policy: TlsPolicy,
  store: TlsSessionStore | null,
  origin: Origin,
  offer: readonly AlpnProtocol[],
  clock: Clock,
): Promise<SessionOffer> {
  if (store === null || !policy.verifies) return new Offer(policy, null, undefined)
  const shelf = new Shelf(guardOf(store), policy.identity(origin, offer), clock)
  return new Offer(policy, shelf, await shelf.take())
}

/** The place of one identity in a store. */
class Shelf {
  readonly #store: StoreGuard
  readonly #identity: string
  readonly #clock: Clock

  constructor(store: StoreGuard, identity: string, clock: Clock) {
    this.#store = store
    this.#identity = identity
    this.#clock = clock
  }

  take(): Promise<TlsSession | undefined> {
    return this.#store.take(this.#identity, this.#clock)
  }

  add(session: TlsSession): void {
    this.#store.add(this.#identity, session, this.#clock)
  }

  forget(): Promise<void> {
    return this.#store.forget(this.#identity, this.#clock)
  }
}

/** What a full handshake verified, and until when that holds. */
type Verified = Pick<TlsSession, 'fingerprint256' | 'verifiedAt'> & { readonly trustedUntil: number }

class Offer implements SessionOffer {
  readonly session: TlsSession | undefined
  readonly #policy: TlsPolicy
  readonly #shelf: Shelf | null
  /** Sessions that came before the certificate was verified, as TLS 1.2 issues them. */
  #early: Buffer[] = []
  #verified: Verified | null = null
  suspect = false

  constructor(policy: TlsPolicy, shelf: Shelf | null, session: TlsSession | undefined) {
    this.#policy = policy
    this.#shelf = shelf
    this.session = session
  }

  watch(socket: tls.TLSSocket): void {
    this.#policy.keyLog?.watch(socket)
    if (this.#shelf === null) return
    socket.on('session', (ticket) => {
      if (this.#verified === null) this.#early.push(ticket)
      else this.#keep(socket, ticket)
    })
    socket.once('secureConnect', () => {
      if (!socket.authorized) return
      this.#verified = this.#trust(socket)
      for (const ticket of this.#early) this.#keep(socket, ticket)
      this.#early = []
    })
  }

  failed(phase: Phase): void {
    this.suspect = phase === 'tls' && this.session !== undefined
    // Nobody has seen it: the next dial may offer it.
    if (phase !== 'tls' && this.session !== undefined) this.#shelf?.add(this.session)
  }

  async forget(): Promise<void> {
    await this.#shelf?.forget()
  }

  /** What the full handshake verified. A resumed one shows no certificate and inherits, expiry included. */
  #trust(socket: tls.TLSSocket): Verified | null {
    if (socket.isSessionReused()) {
      const { session } = this
      return session === undefined
        ? null
        : { ...session, trustedUntil: session.trustedUntil ?? session.expiresAt }
    }
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return null
    const verifiedAt = Date.now()
    return {
      fingerprint256: certificate.fingerprint256,
      verifiedAt,
      trustedUntil: Math.min(verifiedAt + LONGEST_TRUST_MS, Date.parse(certificate.validTo)),
    }
  }

  #keep(socket: tls.TLSSocket, ticket: Buffer): void {
    if (this.#verified === null) return
    const { fingerprint256, verifiedAt, trustedUntil } = this.#verified
    const lifetime = ticketLifetime(ticket) ?? Number.POSITIVE_INFINITY
    this.#shelf?.add({
      ticket,
      version: socket.getProtocol() ?? '',
      fingerprint256,
      verifiedAt,
      trustedUntil,
      expiresAt: Math.min(trustedUntil, Date.now() + lifetime),
    })
  }
}

/** Whether a handshake that failed with a TLS session on offer may go well without it. */
export function worthAnother(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'ERR_TRUNKLINE_TLS_FAILED'
}
