import { randomBytes } from 'node:crypto'
import type { TlsSession } from '../../../../src/connect/tls-session-store.ts'

export const NOW = Date.UTC(2026, 5, 1)
export const KEY = randomBytes(32)

/** One whose ticket is `name`. */
export function session(name = 'ticket', part: Partial<TlsSession> = {}): TlsSession {
  return {
    ticket: Buffer.from(name),
    version: 'TLSv1.3',
    fingerprint256: 'AA:BB',
    verifiedAt: NOW - 1000,
    trustedUntil: NOW + 86_400_000,
    expiresAt: NOW + 60_000,
    ...part,
  }
}

export const nameOf = (taken: TlsSession | undefined) => taken && Buffer.from(taken.ticket).toString()
