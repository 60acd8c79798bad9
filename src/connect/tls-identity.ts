import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import * as tls from 'node:tls'
import { InvalidRequestError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import type { KeyLog, KeyLogOption } from './key-log.ts'
import { checkPins, type PinOptions } from './pins.ts'

/**
 * How a client presents itself to servers and decides to trust them: the options of `tls.connect` that bear on
 * it. All are part of the TLS identity: a connection or a ticket is shared only between equal ones.
 */
export interface TlsOptions {
  /** Certificate authorities to trust instead of Node's default list. */
  readonly ca?: tls.SecureContextOptions['ca']
  /** Client certificate chain and its key, for servers that ask for one. */
  readonly cert?: tls.SecureContextOptions['cert']
  readonly key?: tls.SecureContextOptions['key']
  readonly pfx?: tls.SecureContextOptions['pfx']
  readonly passphrase?: string
  readonly crl?: tls.SecureContextOptions['crl']
  readonly ciphers?: string
  readonly sigalgs?: string
  readonly ecdhCurve?: string
  /** Default `TLSv1.2`. */
  readonly minVersion?: tls.SecureVersion
  readonly maxVersion?: tls.SecureVersion
  readonly secureOptions?: number
  /** Name for SNI and for the check of the certificate; default the origin's host. */
  readonly servername?: string
  /** Default true. With false nothing is verified, and no TLS session is stored or resumed. */
  readonly rejectUnauthorized?: boolean
  /**
   * A further check of the server's certificate, after Node's own; returns an error to reject it. Compared by identity: give the
   * same function to share sessions. Not called on a resumed handshake, which shows no certificate.
   */
  readonly checkServerIdentity?: (host: string, certificate: tls.PeerCertificate) => Error | undefined
  /** Public keys that servers must show, by host. `host`, `*.host` (every name below it), each with or without `:port`. */
  readonly pins?: PinOptions
  /** Other options for some origins, by the same patterns or by a function of the origin (`https://example.com:8443`). */
  readonly perOrigin?: PerOriginTls
  /** Reads certificates and keys again while the client runs. */
  readonly reload?: TlsReloadOptions
  /** Writes the secrets of connections to a file, or to the one that `SSLKEYLOGFILE` names (`true`), for debugging. */
  readonly keyLog?: KeyLogOption
}

/** What may differ between the origins of one client. */
export type OriginTlsOptions = Omit<TlsOptions, 'pins' | 'perOrigin' | 'reload' | 'keyLog'>

/** Options for single origins: by origin, as `https://api.example.com`, or by a function of it. */
export type PerOriginTls =
  | Readonly<Record<string, OriginTlsOptions>>
  | ((origin: string) => OriginTlsOptions | undefined)

/** Files by the option whose place they take. `ca` and `crl` may be several. */
export interface TlsFiles {
  readonly ca?: string | readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly pfx?: string
  readonly crl?: string | readonly string[]
}

/** The part of the TLS options that can be changed while a client runs. */
export type TlsMaterial = Pick<OriginTlsOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'crl'>

/** `tls.reload`: certificates and keys that are renewed while the client runs. */
export interface TlsReloadOptions {
  /** Read when the client is made, and again at each interval. */
  readonly files?: TlsFiles
  /** Asked at each interval for options to put in force; undefined: those in force stay. */
  readonly load?: () => TlsMaterial | undefined | Promise<TlsMaterial | undefined>
  /** ms between two looks. Default 60,000. */
  readonly interval?: number
}

/** What a `SecureContext` is made of. */
export const CONTEXT_FIELDS = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'crl',
  'ciphers',
  'sigalgs',
  'ecdhCurve',
  'minVersion',
  'maxVersion',
  'secureOptions',
] as const

/** What a policy has beside its options. */
export interface TlsPolicyExtras {
  /** Public keys that the server must show; null: any. */
  readonly pins?: readonly string[] | null
  readonly keyLog?: KeyLog | null
  /** Keeps what is decided about a proxy apart from what is decided about origins, however alike they are. */
  readonly role?: 'origin' | 'proxy'
}

/**
 * TLS options, settled once: their digest, and the one `SecureContext` made from them. Making a context per
 * connection costs milliseconds and a megabyte when a private CA is among the options.
 */
export class TlsPolicy {
  /** As they were given. */
  readonly given: OriginTlsOptions
  /** As a dial needs them: `checkServerIdentity` looks at the pins, too. */
  readonly options: OriginTlsOptions
  readonly verifies: boolean
  readonly keyLog: KeyLog | null
  readonly #pins: readonly string[] | null
  #digest: string | null = null
  #context: { readonly trust: string; readonly value: tls.SecureContext } | null = null

  readonly #role: 'origin' | 'proxy'

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for pins that nothing would look at. */
  constructor(
    options: OriginTlsOptions,
    { pins = null, keyLog = null, role = 'origin' }: TlsPolicyExtras = {},
  ) {
    this.given = { minVersion: 'TLSv1.2', ...options }
    this.options = pins === null ? this.given : { ...this.given, checkServerIdentity: pinned(options, pins) }
    this.keyLog = keyLog
    this.#pins = pins
    this.#role = role
    // Node reads the variable at each connection; a client's trust must not change under its open connections.
    this.verifies = verifiesUnless(options.rejectUnauthorized)
    if (pins !== null && !this.verifies) throw pinsUnverified()
  }

  /** The same policy, with its secrets written down; they are no part of what is trusted. */
  logging(keyLog: KeyLog | null): TlsPolicy {
    if (keyLog === this.keyLog) return this
    return new TlsPolicy(this.given, { pins: this.#pins, keyLog, role: this.#role })
  }

  /** Digest of the trust decision alone. Equal digests may share connections to one origin. */
  get digest(): string {
    this.#digest ??= digestOf(this.given, this.verifies, this.#pins, this.#role)
    return this.#digest
  }

  /**
   * Key of TLS sessions for one origin under this policy. Resumption skips all verification (Node resumes a session
   * of an unverified connection as `authorized: true`), so this key is the security boundary.
   */
  identity(origin: Origin, offer: readonly AlpnProtocol[]): string {
    const { hostname, port, endpoint, proxy } = origin
    // Endpoints of one service can seldom read each other's tickets.
    const place = endpoint === undefined ? [] : [endpoint.host, String(endpoint.port)]
    // A ticket ties connections together for whoever sees both: those of other proxies, or straight ones, get others.
    const via = proxy === undefined ? [] : ['via', proxy.identity]
    return hash(['tls-identity-1', hostname, String(port), offer.join(','), this.#trust(), ...place, ...via])
  }

  /**
   * The one context of this policy. Options that node:tls cannot use show here first.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`
   */
  secureContext(): tls.SecureContext {
    const trust = this.#trust()
    if (this.#context?.trust !== trust) this.#context = { trust, value: sharedContext(this.given) }
    return this.#context.value
  }

  /** The digest, and with it the default list of authorities when that is what is trusted. */
  #trust(): string {
    return this.given.ca === undefined ? `${this.digest}/${defaultAuthorities()}` : this.digest
  }
}

/** Whether certificates are verified, as `rejectUnauthorized` or the environment has it. */
export function verifiesUnless(rejectUnauthorized: boolean | undefined): boolean {
  return rejectUnauthorized ?? process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0'
}

function pinned(
  { checkServerIdentity }: OriginTlsOptions,
  pins: readonly string[],
): NonNullable<OriginTlsOptions['checkServerIdentity']> {
  return (hostname, certificate) =>
    checkPins({ hostname }, pins, certificate) ?? checkServerIdentity?.(hostname, certificate)
}

function pinsUnverified(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'Invalid client option: tls.pins has no effect while certificates are not verified. Remove tls.rejectUnauthorized: false (or NODE_TLS_REJECT_UNAUTHORIZED=0), and pass your own authority as tls.ca.',
  )
}

/** Whether anything is given that a context is made from. */
export function usesMaterial(options: OriginTlsOptions): boolean {
  return CONTEXT_FIELDS.some((field) => options[field] !== undefined)
}

const CONTEXTS_LIMIT = 16
const contexts = new Map<string, tls.SecureContext>()

/** Clients with equal options share a context, so that a client made per call does not pay for one. */
function sharedContext(options: OriginTlsOptions): tls.SecureContext {
  const trust = hash([...contextParts(options), options.ca === undefined ? defaultAuthorities() : ''])
  const known = contexts.get(trust)
  if (known !== undefined) return known
  const given = Object.fromEntries(
    CONTEXT_FIELDS.filter((field) => options[field] !== undefined).map((field) => [field, options[field]]),
  )
  const made = createContext(given)
  if (contexts.size >= CONTEXTS_LIMIT) contexts.delete(contexts.keys().next().value as string)
  contexts.set(trust, made)
  return made
}

function createContext(options: tls.SecureContextOptions): tls.SecureContext {
  // Node takes half of a client certificate, and then shows none to anybody.
  const [half, other] = options.cert === undefined ? ['key', 'cert'] : ['cert', 'key']
  if ((options.cert === undefined) !== (options.key === undefined)) throw halfCertificate(half, other)
  try {
    return tls.createSecureContext(options)
  } catch (cause) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      `Invalid client option: tls (${Object.keys(options).join(', ')}) cannot be used: ${(cause as Error).message}. Certificates and keys must be PEM, pfx must be DER, and a key must belong to its certificate.`,
      { cause },
    )
  }
}

function halfCertificate(half: string | undefined, other: string | undefined): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid client option: tls.${half} is given without tls.${other}, so no client certificate would be sent. Give both, or a pfx.`,
  )
}

const authorityDigests = new WeakMap<object, string>()

/** Digest of the default CA list in force; `tls.setDefaultCACertificates` replaces the array that Node returns. */
function defaultAuthorities(): string {
  const getCACertificates: ((type: 'default') => string[]) | undefined = tls.getCACertificates
  if (getCACertificates === undefined) return 'builtin'
  const list = getCACertificates('default')
  const known = authorityDigests.get(list)
  if (known !== undefined) return known
  const digest = hash(list)
  authorityDigests.set(list, digest)
  return digest
}

function digestOf(
  options: OriginTlsOptions,
  verifies: boolean,
  pins: readonly string[] | null,
  role: string,
): string {
  const { servername, checkServerIdentity } = options
  return hash([
    'tls-policy-2',
    verifies ? 'verified' : 'unverified',
    ...flatten(servername),
    checkServerIdentity === undefined ? '' : `check ${numberOf(checkServerIdentity)}`,
    ...flatten(pins),
    ...contextParts(options),
    ...(role === 'origin' ? [] : ['role', role]),
  ])
}

function contextParts(options: OriginTlsOptions): string[] {
  return CONTEXT_FIELDS.flatMap((field) => [field, ...flatten(options[field])])
}

/** Values of any shape that node:tls takes, as unambiguous strings. */
function flatten(value: unknown): string[] {
  if (value === undefined || value === null) return ['none']
  if (Array.isArray(value)) return [`list ${value.length}`, ...value.flatMap(flatten)]
  if (ArrayBuffer.isView(value)) {
    return [`text ${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')}`]
  }
  if (typeof value === 'string') return [`text ${Buffer.from(value).toString('latin1')}`]
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    if (entries.length === 0) return [`object ${numberOf(value)}`]
    return [`fields ${entries.length}`, ...entries.flatMap(([name, inner]) => [name, ...flatten(inner)])]
  }
  return [`${typeof value} ${String(value)}`]
}

/** Length-prefixed, so that no two lists of parts have the same input to the hash. */
export function hash(parts: readonly string[]): string {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${part.length}:${part}`, 'latin1')
  return digest.digest('base64url')
}

// Functions and opaque objects are told apart by identity. The numbers are of this process: a store that is shared
// between processes must not equate two of them, so the process has a number too.
const PROCESS = `${process.pid}-${Math.random().toString(36).slice(2)}`
const numbers = new WeakMap<object, string>()
let lastNumber = 0

function numberOf(object: object): string {
  let number = numbers.get(object)
  if (number === undefined) {
    lastNumber += 1
    number = `${PROCESS}-${lastNumber}`
    numbers.set(object, number)
  }
  return number
}

/** RFC 6066 section 3: no address literals in SNI. Node then checks the certificate against `host`. */
export function serverNameOf(policy: TlsPolicy, origin: Origin): string {
  return policy.options.servername ?? (isIP(origin.hostname) === 0 ? origin.hostname : '')
}
