import { createHmac, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { InvalidRequestError } from '../../core/errors.ts'

/** 32 random bytes, or the same as base64, base64url or hex text: what `openssl rand -base64 32` prints. */
export type TicketKey = Uint8Array | string

/** One key, or several: the first one encrypts, all of them decrypt. A new one goes to the front, and an old one is dropped a day later. */
export type TicketKeys = TicketKey | readonly TicketKey[]

/** A key that was taken apart, so that what it is known by tells nothing of what it encrypts with. */
export interface DerivedKey {
  /** 16 hex digits that say which key it is. */
  readonly id: string
  readonly encryption: Buffer
  readonly tagging: Buffer
  readonly naming: Buffer
}

const KEY_BYTES = 32

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
export function deriveKeys(keys: TicketKeys): readonly [DerivedKey, ...DerivedKey[]] {
  const [first, ...others] = (isOne(keys) ? [keys] : [...keys]).map(bytesOf)
  if (first === undefined) throw badKey('there is none')
  return [derive(first), ...others.map(derive)]
}

function isOne(keys: TicketKeys): keys is TicketKey {
  return typeof keys === 'string' || !Array.isArray(keys)
}

function derive(key: Buffer): DerivedKey {
  const part = (label: string) => createHmac('sha256', key).update(`trunkline tickets 1: ${label}`).digest()
  return {
    id: part('id').toString('hex', 0, 8),
    encryption: part('encryption'),
    tagging: part('tagging'),
    naming: part('naming'),
  }
}

function bytesOf(key: TicketKey): Buffer {
  const bytes =
    typeof key === 'string' ? decode(key.trim()) : key instanceof Uint8Array ? Buffer.from(key) : null
  if (bytes === null) throw badKey('it is neither bytes nor base64 nor hex')
  if (bytes.length !== KEY_BYTES) throw badKey(`it has ${bytes.length} bytes`)
  return bytes
}

function decode(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  // Takes both alphabets.
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null
}

function badKey(why: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `The key of a TLS session store must be ${KEY_BYTES} bytes, or a list of such keys, but ${why}. Make one with "openssl rand -base64 ${KEY_BYTES}", or from a passphrase with ticketKeyFromPassphrase().`,
  )
}

const scryptAsync = promisify(scrypt) as (
  passphrase: string,
  salt: string,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>

/**
 * A key of a passphrase, by scrypt (RFC 7914; N = 2^15, r = 8, p = 1: 100 ms or so, and 32 MiB, which is more than a
 * resumed handshake saves: keep the key rather than the passphrase where processes are short-lived).
 * @param salt not secret, the same for all who share the store, and no other application's: `orders-service tickets`
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` when either is too short to be of use
 */
export async function ticketKeyFromPassphrase(passphrase: string, salt: string): Promise<Uint8Array> {
  if (typeof passphrase !== 'string' || passphrase.length < 12) throw badPhrase('passphrase', 12)
  if (typeof salt !== 'string' || salt.length < 8) throw badPhrase('salt', 8)
  const N = 2 ** 15
  return scryptAsync(passphrase, salt, KEY_BYTES, { N, r: 8, p: 1, maxmem: 2 * 128 * 8 * N })
}

function badPhrase(what: string, least: number): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `The ${what} of a ticket key must be a string of at least ${least} characters.`,
  )
}
