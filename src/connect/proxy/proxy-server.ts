import { InvalidRequestError } from '../../core/errors.ts'
import { type HeaderList, headerValue, isConnectionSpecific, toHeaderList } from '../../core/headers.ts'
import { notAnOption } from '../../core/nearest.ts'
import type { Origin, ProxyHop } from '../../core/origin.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import { hash, TlsPolicy } from '../tls-identity.ts'
import type { ProxyServerOptions } from './proxy-options.ts'

export type ProxyKind = 'http' | 'socks5' | 'socks4'

interface Credentials {
  readonly username: string
  readonly password: string
}

/** One proxy with all that is known about it. Two of equal identity are the same to whoever goes through them. */
export class ProxyServer implements ProxyHop {
  readonly name: string
  readonly label: string
  readonly identity: string
  readonly kind: ProxyKind
  readonly forwards: boolean
  readonly fields: HeaderList
  /** Its own place, as something to connect to. */
  readonly origin: Origin
  readonly policy: TlsPolicy
  readonly offer: readonly AlpnProtocol[]
  /** For SOCKS; an HTTP proxy has them among its fields. */
  readonly credentials: Credentials | null
  readonly resolvesHere: boolean

  constructor(facts: ProxyFacts, label: string) {
    this.name = facts.name
    this.label = label
    this.identity = facts.identity
    this.kind = facts.kind
    this.forwards = facts.forwards
    this.fields = facts.fields
    this.origin = facts.origin
    this.policy = facts.policy
    this.offer = facts.offer
    this.credentials = facts.credentials
    this.resolvesHere = facts.resolvesHere
  }
}

export type ProxyFacts = Omit<ProxyServer, 'label'>

/** What reading proxies takes from elsewhere. */
export interface ProxyReading {
  /** Throws what is wrong with the options of TLS. */
  readonly checkTls: (value: unknown) => void
  /** What is spoken over `http:` to origins. HTTP/2 cannot be forwarded, only tunnelled. */
  readonly cleartext: AlpnProtocol
}

const KINDS: Readonly<Record<string, ProxyKind>> = {
  'http:': 'http',
  'https:': 'http',
  'socks5h:': 'socks5',
  'socks5:': 'socks5',
  'socks4a:': 'socks4',
  'socks4:': 'socks4',
}

/** Schemes of curl's whose custom it is that the client looks hosts up. */
const RESOLVING_HERE = new Set(['socks5:', 'socks4:'])

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }
const SOCKS_PORT = 1080
const NAMES = ['url', 'auth', 'headers', 'tls', 'protocols', 'tunnel', 'resolve']

/**
 * Takes what a user said of a proxy apart. `whose` begins the message when it is wrong; no message has credentials in it.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`
 */
export function readProxy(
  given: string | URL | ProxyServerOptions,
  reading: ProxyReading,
  whose = 'proxy',
): ProxyFacts {
  const options = typeof given === 'string' || given instanceof URL ? { url: given } : given
  checkShape(options, whose)
  const url = parseProxyUrl(options.url, whose)
  const kind = KINDS[url.protocol] as ProxyKind
  const isHttp = kind === 'http'
  if (
    !isHttp &&
    (options.headers !== undefined || options.protocols !== undefined || options.tunnel !== undefined)
  )
    throw invalid(whose, 'has headers, protocols or tunnel, which only HTTP proxies have')
  if (url.protocol !== 'https:' && (options.tls !== undefined || options.protocols !== undefined))
    throw invalid(whose, 'has tls or protocols, which only https: proxies have')
  if (options.tls !== undefined) reading.checkTls(options.tls)
  const policy = new TlsPolicy(options.tls ?? {}, { role: 'proxy' })
  if (options.tls !== undefined) policy.secureContext()
  const credentials = options.auth ?? credentialsOf(url, whose)
  if (!isHttp && credentials !== null) checkSocksLogin(kind, credentials, whose)
  const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? SOCKS_PORT) : Number(url.port)
  const name = `${url.protocol}//${url.hostname}:${port}`
  const resolvesHere = (options.resolve ?? (RESOLVING_HERE.has(url.protocol) ? 'local' : 'proxy')) === 'local'
  const facts = {
    name,
    kind,
    policy,
    origin: placeOfProxy(url, port, name),
    // The host of a request that is handed over is the proxy's to look up.
    forwards: isHttp && options.tunnel !== true && !resolvesHere && reading.cleartext === 'http/1.1',
    fields: isHttp ? fieldsOf(options, credentials, whose) : [],
    credentials: isHttp ? null : credentials,
    offer:
      url.protocol === 'https:'
        ? [...(options.protocols ?? (['h2', 'http/1.1'] as const))]
        : ['http/1.1' as const],
    resolvesHere,
  }
  return { ...facts, identity: identityOf(facts) }
}

function identityOf(facts: Omit<ProxyFacts, 'identity'>): string {
  const { name, kind, forwards, fields, credentials, offer, resolvesHere, policy } = facts
  const login = credentials === null ? [] : ['login', credentials.username, credentials.password]
  const ways = [String(forwards), String(resolvesHere), offer.join(',')]
  return hash(['proxy-1', name, kind, ...ways, policy.digest, ...login.map(asLatin1), ...fields])
}

/** The hash takes text of one byte a character. */
function asLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function checkShape(options: ProxyServerOptions, whose: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalid(whose, "must be a proxy's URL, or an object with its url")
  const { url, auth, headers, protocols, tunnel, resolve } = options
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw invalid(`${whose}.${unknown}`, notAnOption(unknown, NAMES))
  if (typeof url !== 'string' && !(url instanceof URL)) throw invalid(`${whose}.url`, 'must be a URL')
  const isLogin = (value: unknown): value is Credentials =>
    typeof Reflect.get(Object(value), 'username') === 'string' &&
    typeof Reflect.get(Object(value), 'password') === 'string'
  if (auth !== undefined && !isLogin(auth))
    throw invalid(`${whose}.auth`, 'must be an object with username and password, both of them strings')
  if (headers !== undefined && (typeof headers !== 'object' || headers === null))
    throw invalid(`${whose}.headers`, 'must be an object of header fields')
  if (tunnel !== undefined && typeof tunnel !== 'boolean')
    throw invalid(`${whose}.tunnel`, 'must be true or false')
  if (resolve !== undefined && resolve !== 'proxy' && resolve !== 'local')
    throw invalid(`${whose}.resolve`, "must be 'proxy' or 'local'")
  const known = (one: unknown) => one === 'h2' || one === 'http/1.1'
  if (
    protocols !== undefined &&
    !(Array.isArray(protocols) && protocols.length > 0 && protocols.every(known))
  )
    throw invalid(`${whose}.protocols`, "must be a list of 'h2' and 'http/1.1'")
}

function parseProxyUrl(given: string | URL, whose: string): URL {
  const url = URL.parse(String(given))
  const schemes = Object.keys(KINDS).map((scheme) => scheme.slice(0, -1))
  if (url === null || !Object.hasOwn(KINDS, url.protocol) || url.hostname === '') {
    throw invalid(
      whose,
      `is ${JSON.stringify(redacted(String(given)))}, but must be an absolute URL whose scheme is one of ${schemes.join(', ')}`,
    )
  }
  // Hosts of schemes that the standard does not know are left as they were written.
  const host = url.protocol.startsWith('http') ? url : URL.parse(`http://${url.hostname}`)
  if (host === null)
    throw invalid(whose, `is ${JSON.stringify(redacted(String(given)))}, which has no valid host`)
  if (host !== url) url.hostname = host.hostname
  return url
}

/** Without user information, whatever else is wrong with it. */
function redacted(url: string): string {
  const clean = url.replace(/^([a-z][a-z0-9+.-]*:)?[\\/]*.*@/is, '$1//')
  return clean.length > 200 ? `${clean.slice(0, 200)}...` : clean
}

function credentialsOf(url: URL, whose: string): Credentials | null {
  if (url.username === '' && url.password === '') return null
  try {
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  } catch {
    throw invalid(whose, 'has credentials that are not percent-encoded (RFC 3986 section 2.1)')
  }
}

/** What the bytes of SOCKS can carry. */
function checkSocksLogin(kind: ProxyKind, { username, password }: Credentials, whose: string): void {
  const isTooLong = [username, password].some((text) => Buffer.byteLength(text) > 255)
  if (isTooLong)
    throw invalid(whose, 'has a user name or a password of more than 255 bytes, which SOCKS cannot carry')
  if (kind === 'socks4' && username.includes('\0'))
    throw invalid(whose, 'has a NUL in the user name, which is where SOCKS 4 ends it')
}

function fieldsOf(options: ProxyServerOptions, credentials: Credentials | null, whose: string): HeaderList {
  const fields = toHeaderList(options.headers)
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string
    if (isConnectionSpecific(name) || name === 'host' || name === 'content-length')
      throw invalid(`${whose}.headers`, `must not have ${name}, which the client sets itself`)
  }
  if (credentials === null) return fields
  if (headerValue(fields, 'proxy-authorization') !== null)
    throw invalid(whose, 'has both credentials and a proxy-authorization field; pass one of them')
  if (credentials.username.includes(':'))
    throw invalid(whose, 'has a colon in the user name, which Basic cannot carry (RFC 7617 section 2)')
  const token = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  return [...fields, 'proxy-authorization', `Basic ${token}`]
}

function placeOfProxy(url: URL, port: number, name: string): Origin {
  const host = url.hostname.replace(/\.$/, '')
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    hostname: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
    authority: `${host}:${port}`,
    key: name,
  }
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid client option: ${name} ${why}.`)
}
