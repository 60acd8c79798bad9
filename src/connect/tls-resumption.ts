import type * as tls from 'node:tls'
import type { Clock } from '../core/clock.ts'
import type { Phase } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import type { TlsPolicy } from './tls-identity.ts'
import type { TlsSession, TlsSessionStore } from './tls-session-store.ts'

/** RFC 8446 section 4.6.1 allows a week; a day bounds how long a revoked certificate goes unseen. */
const LONGEST_TRUST_MS = 24 * 60 * 60 * 1000

/** One dial's dealings with the store: what it offers, and what it keeps from the sessions the server issues. */
export interface SessionOffer {
  readonly session: TlsSession | undefined
  /** Whether the offered session may have been why the handshake failed. */
  readonly suspect: boolean
  /** Keeps the sessions that come over this socket, for as long as it lives. */
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
  if (store === null || !policy.verifies) return new Offer(null, '', undefined)
  const identity = policy.identity(origin, offer)
  return new Offer(store, identity, await ask(store, identity, clock))
}

async function ask(store: TlsSessionStore, identity: string, clock: Clock): Promise<TlsSession | undefined> {
  try {
    const answer = store.take(identity)
    const session = answer instanceof Promise ? await withPatience(answer, clock) : answer
    return session !== undefined && session.expiresAt > Date.now() ? session : undefined
  } catch {
    return undefined
  }
}

/** A store that is slow costs this much, and a full handshake; never the request. */
const STORE_PATIENCE_MS = 250

function withPatience<T>(answer: Promise<T>, clock: Clock): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(undefined), STORE_PATIENCE_MS, true)
    answer.finally(() => timer.cancel()).then(resolve, reject)
  })
}

class Offer implements SessionOffer {
  readonly session: TlsSession | undefined
  readonly #store: TlsSessionStore | null
  readonly #identity: string
  /** Sessions that came before the certificate was verified, as TLS 1.2 issues them. */
  #early: Buffer[] = []
  #verified: Pick<TlsSession, 'fingerprint256' | 'verifiedAt' | 'expiresAt'> | null = null
  suspect = false

  constructor(store: TlsSessionStore | null, identity: string, session: TlsSession | undefined) {
    this.#store = store
    this.#identity = identity
    this.session = session
  }

  watch(socket: tls.TLSSocket): void {
    if (this.#store === null) return
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
  }

  async forget(): Promise<void> {
    try {
      await this.#store?.forget(this.#identity)
    } catch {
      // A store that fails costs a handshake, never a request.
    }
  }

  /** What the full handshake verified. A resumed one shows no certificate and inherits, expiry included. */
  #trust(socket: tls.TLSSocket): Pick<TlsSession, 'fingerprint256' | 'verifiedAt' | 'expiresAt'> | null {
    if (socket.isSessionReused()) return this.session ?? null
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return null
    const verifiedAt = Date.now()
    return {
      fingerprint256: certificate.fingerprint256,
      verifiedAt,
      expiresAt: Math.min(verifiedAt + LONGEST_TRUST_MS, Date.parse(certificate.validTo)),
    }
  }

  #keep(socket: tls.TLSSocket, ticket: Buffer): void {
    if (this.#verified === null) return
    const { fingerprint256, verifiedAt, expiresAt } = this.#verified
    const session: TlsSession = {
      ticket,
      version: socket.getProtocol() ?? '',
      fingerprint256,
      verifiedAt,
      expiresAt,
    }
    try {
      Promise.resolve(this.#store?.add(this.#identity, session)).catch(() => {})
    } catch {
      // As in `forget`.
    }
  }
}
