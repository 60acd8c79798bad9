import { createHash, X509Certificate } from 'node:crypto'
import type * as tls from 'node:tls'
import type { Origin } from '../core/origin.ts'
import { HostTable } from './host-table.ts'

/**
 * The public keys that a host may show, each as `sha256/` and the base64 of the SHA-256 of its SubjectPublicKeyInfo
 * (RFC 7469 section 2.4). One of them must be the key of the server's certificate or of one that signed it. A second
 * one, of a key kept in reserve, is what makes a change of keys survivable.
 */
export type PinOptions = Readonly<Record<string, readonly string[] | SubdomainPins>>

/** Pins of a host that may hold for the names below it too. */
export interface SubdomainPins {
  readonly keys: readonly string[]
  /** Hold every name below the host to the same keys, unless it has pins of its own. Default false. */
  readonly includeSubdomains?: boolean
}

/** `sha256/` or, as curl writes it, `sha256//`. */
const PIN = /^sha256\/{1,2}([A-Za-z0-9+/]{43}=)$/

export function isPin(value: unknown): value is string {
  return typeof value === 'string' && PIN.test(value)
}

/** Why a certificate whose chain is good was refused: the `cause` of `ERR_TRUNKLINE_CERTIFICATE_REJECTED`. */
export interface PinMismatch extends Error {
  readonly code: 'PIN_MISMATCH'
  readonly host: string
  /** Of the server's certificate first, then of those that signed it. */
  readonly seen: readonly string[]
  readonly expected: readonly string[]
}

/** The pins of each host, in one order and spelling: equal ones are the same trust decision. */
export function pinTable(options: PinOptions): HostTable<readonly string[]> {
  const given = Object.entries(options).map(([host, pins]) => {
    const { keys, includeSubdomains = false } = isList(pins) ? { keys: pins } : pins
    return { host, includeSubdomains, keys: [...new Set(keys.map(canonical))].sort() }
  })
  const below = given.filter(({ includeSubdomains }) => includeSubdomains)
  return new HostTable([
    // First, so that a pattern that is written out takes their place.
    ...below.map(({ host, keys }) => [`*.${host}`, keys] as const),
    ...given.map(({ host, keys }) => [host, keys] as const),
  ])
}

function isList(pins: readonly string[] | SubdomainPins): pins is readonly string[] {
  return Array.isArray(pins)
}

function canonical(pin: string): string {
  return `sha256/${PIN.exec(pin)?.[1] ?? ''}`
}

/** The longest chain that is looked at. */
const MOST_CERTIFICATES = 10

/** Says what is wrong with a certificate for `origin`, given as Node gives it to `checkServerIdentity`. */
export function checkPins(
  origin: Pick<Origin, 'hostname'>,
  expected: readonly string[],
  certificate: tls.PeerCertificate,
): PinMismatch | undefined {
  const chain = signedChain(certificate as tls.DetailedPeerCertificate)
  const seen = chain.map(pinOf)
  if (seen.some((pin) => expected.includes(pin))) return undefined
  const shown = chain.map((each, index) => `${seen[index]} (${nameOf(each)})`).join(', ')
  const error = new Error(
    `no key in its chain is pinned for ${origin.hostname}: it shows ${shown}, and tls.pins has ${expected.join(', ')}`,
  )
  return Object.assign(error, { code: 'PIN_MISMATCH' as const, host: origin.hostname, seen, expected })
}

/**
 * The server's certificate and those that vouch for it. Node links them by name alone, and a server may send any
 * certificate with the right name beside its own: what is not really signed by the next one's key ends the chain.
 */
function signedChain(leaf: tls.DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  let at: tls.DetailedPeerCertificate | undefined = leaf
  while (at?.raw !== undefined && chain.length < MOST_CERTIFICATES) {
    const current = new X509Certificate(at.raw)
    const child = chain.at(-1)
    if (child !== undefined && !isSignedBy(child, current)) break
    chain.push(current)
    // A root names itself as its issuer.
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return chain
}

function isSignedBy(child: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return child.checkIssued(issuer) && child.verify(issuer.publicKey)
  } catch {
    // A kind of key that this Node does not know.
    return false
  }
}

function pinOf(certificate: X509Certificate): string {
  try {
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
    return `sha256/${createHash('sha256').update(key).digest('base64')}`
  } catch {
    return 'a key of an unknown kind'
  }
}

function nameOf({ subject }: X509Certificate): string {
  return (subject ?? '').split('\n').at(-1) || 'no subject'
}
