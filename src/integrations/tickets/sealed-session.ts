import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { TlsSession } from '../../connect/tls-session-store.ts'
import { type DerivedKey, deriveKeys, type TicketKeys } from './ticket-keys.ts'

/** What a store may know of a session without opening it. None of it is trusted: what counts is inside. */
export interface Label {
  /** Of the identity it belongs to, under this key: hex, of one length. */
  readonly place: string
  /** ms since the epoch. */
  readonly expiresAt: number
  /** To be offered once (RFC 8446 appendix C.4). TLS 1.2 sessions are made for more. */
  readonly singleUse: boolean
  readonly keyId: string
  /** The same for the same session: it is not to be kept twice. */
  readonly tag: string
}

export interface Sealed {
  readonly label: Label
  readonly bytes: Buffer
}

const FORMAT = 'trunkline tickets 1'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Sealed sessions are a few KiB, even with client certificates inside; what is larger is none of ours. */
export const MOST_SEALED_BYTES = 64 * 1024

/** Encrypts and decrypts sessions. What was sealed for one identity opens for no other (AES-256-GCM, NIST SP 800-38D). */
export class Sealer {
  readonly #keys: readonly [DerivedKey, ...DerivedKey[]]

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
  constructor(keys: TicketKeys) {
    this.#keys = deriveKeys(keys)
  }

  /** Where sessions of an identity are kept, by the id of the key that seals them; that of the first key first. */
  placesOf(identity: string): ReadonlyMap<string, string> {
    return new Map(this.#keys.map((key) => [key.id, placeOf(identity, key)]))
  }

  seal(identity: string, session: TlsSession): Sealed {
    const [key] = this.#keys
    const { id, encryption, tagging } = key
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, encryption, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(boundTo(identity))
    const text = cipher.update(encode(session))
    return {
      label: {
        place: placeOf(identity, key),
        expiresAt: session.expiresAt,
        singleUse: isSingleUse(session),
        keyId: id,
        tag: createHmac('sha256', tagging).update(session.ticket).digest('hex').slice(0, 16),
      },
      bytes: Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]),
    }
  }

  /** null: it was not sealed with this key, not for this identity, or was changed since. */
  open(identity: string, keyId: string, bytes: Uint8Array): TlsSession | null {
    const key = this.#keys.find(({ id }) => id === keyId)
    if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return null
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv(CIPHER, key.encryption, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(boundTo(identity))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      return decode(Buffer.concat([text, decipher.final()]))
    } catch {
      return null
    }
  }
}

/** To be offered once (RFC 8446 appendix C.4). */
export function isSingleUse({ version }: TlsSession): boolean {
  return version === 'TLSv1.3'
}

/**
 * A name for an identity, which may have any characters. Keyed, since an identity is made of secrets too: of a plain
 * digest anybody who reads names could try out what the password of a proxy is.
 */
function placeOf(identity: string, { naming }: DerivedKey): string {
  return createHmac('sha256', naming).update(identity).digest('hex').slice(0, 32)
}

function boundTo(identity: string): Buffer {
  return Buffer.from(`${FORMAT}\0${identity}`)
}

function encode({ ticket, ...rest }: TlsSession): string {
  return JSON.stringify({ ...rest, ticket: Buffer.from(ticket).toString('base64') })
}

/** What was authentic may still be of another version of this code. */
function decode(text: Buffer): TlsSession | null {
  const read: Partial<Record<keyof TlsSession, unknown>> = JSON.parse(text.toString())
  const { ticket, version, fingerprint256, verifiedAt, expiresAt, trustedUntil = expiresAt } = read
  if (typeof ticket !== 'string' || ticket === '') return null
  if (typeof version !== 'string' || typeof fingerprint256 !== 'string') return null
  if (typeof verifiedAt !== 'number' || typeof expiresAt !== 'number' || typeof trustedUntil !== 'number')
    return null
  return {
    ticket: Buffer.from(ticket, 'base64'),
    version,
    fingerprint256,
    verifiedAt,
    expiresAt,
    trustedUntil,
  }
}
