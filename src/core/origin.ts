import { InvalidRequestError } from './errors.ts'
import { textOf } from './text-of.ts'

/** An origin (RFC 9110 section 4.3.1) in its canonical form, made once per origin and shared. */
export interface Origin {
  readonly scheme: 'https' | 'http'
  /** Host without brackets, as DNS and TLS want it: `example.com`, `127.0.0.1`, `::1`. */
  readonly hostname: string
  readonly port: number
  /** What goes into `:authority` and `Host`: brackets kept, the default port left out. */
  readonly authority: string
  /** `scheme://authority`; equal strings mean equal origins. With an endpoint, `scheme://authority#host:port`. */
  readonly key: string
  /** Where its connections go instead of `hostname` and `port`: one endpoint of a service. */
  readonly endpoint?: Place
  /** The proxy that its connections go through. */
  readonly proxy?: ProxyHop
  /** Its connections offer nothing but HTTP/1.1: each becomes a tunnel. `#upgrade` stands behind its key. */
  readonly upgrade?: boolean
  /** Set when its requests ride on a connection of another origin, whose key it then has: whether on this one. */
  readonly rides?: (connectionId: number) => boolean
}

/** A proxy as those see it who only pass it on; `connect/proxy/` makes it, and knows more. */
export interface ProxyHop {
  /** Its URL without credentials, for messages, events and stats. */
  readonly name: string
  /** The name, and a number if another proxy of the client has that name: with other credentials, say. */
  readonly label: string
  /** Digest of all that tells it apart, credentials and trust included. */
  readonly identity: string
  /** Whether requests to `http:` origins are handed to it as such; everything else goes through a tunnel. */
  readonly forwards: boolean
  /** Fields for the proxy alone, credentials included, that a forwarded request carries. */
  readonly fields: readonly string[]
}

/** What TCP connects to. `host`: a name or an address, without brackets. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** A request target: an origin, and the path with its query. */
export interface Target {
  readonly origin: Origin
  /** Path and query, never empty, without a fragment. */
  readonly path: string
  /** The whole URL without its fragment and user information. */
  readonly href: string
}

const DEFAULT_PORTS = { https: 443, http: 80 } as const
const KNOWN_ORIGINS_LIMIT = 1024
const knownOrigins = new Map<string, Origin>()

/**
 * Takes an absolute URL apart. User information is left out of `href` and reaches no server
 * (RFC 9110 section 4.2.4); a caller who wants it reads it from the URL.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_URL` when it is not an absolute http or https URL.
 */
export function parseTarget(input: string | URL): Target {
  const url = toUrl(input)
  const origin = originOf(url)
  const path = url.pathname + queryOf(url)
  return { origin, path, href: origin.key + path }
}

/** The query with its question mark, which stays even if nothing follows it; `search` leaves it out then. */
function queryOf({ search, href, hash }: URL): string {
  if (search !== '') return search
  const end = href.length - hash.length
  return href[end - 1] === '?' || href.endsWith('?#') ? '?' : ''
}

/** The origin of an http(s) URL, shared between all who ask for the same one. */
export function originOf(url: URL): Origin {
  // Not `url.origin` alone: a blob: URL has that of the page that made it.
  const name = `${url.protocol}//${url.host}`
  const known = knownOrigins.get(name)
  if (known !== undefined) return known
  const origin = makeOrigin(url)
  if (knownOrigins.size >= KNOWN_ORIGINS_LIMIT) knownOrigins.clear()
  knownOrigins.set(name, origin)
  return origin
}

/** Where connections to the origin go. */
export function placeOf(origin: Origin): Place {
  return origin.endpoint ?? { host: origin.hostname, port: origin.port }
}

/**
 * The same origin, reached at one endpoint. No origin of a URL has a `#` in its key, so connections to the endpoint are
 * kept apart from all others; as a URL the key still means the origin.
 */
export function originAt(origin: Origin, { host, port }: Place): Origin {
  const shown = host.includes(':') ? `[${host}]` : host
  return { ...origin, key: `${origin.key}#${shown}:${port}`, endpoint: { host, port } }
}

/**
 * The same origin, reached through a proxy. Its key has the proxy in it, so that no request rides on a connection that
 * was made through another one, or straight.
 */
export function originVia(origin: Origin, proxy: ProxyHop): Origin {
  const separator = origin.endpoint === undefined ? '#' : ','
  return { ...origin, key: `${origin.key}${separator}via=${proxy.label}`, proxy }
}

/** The same origin with connections for tunnels over HTTP/1.1, kept apart from all others. */
export function originForUpgrade(origin: Origin): Origin {
  return { ...origin, key: `${origin.key}#upgrade`, upgrade: true }
}

function makeOrigin(url: URL): Origin {
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'https' && scheme !== 'http') {
    throw invalidUrl(url.href, `the scheme must be https or http, not "${scheme}"`)
  }
  // A trailing dot names the same host to DNS but not to certificates, SNI or a pool key: one spelling only.
  const host = url.hostname.endsWith('.') ? url.hostname.slice(0, -1) : url.hostname
  if (host === '' || host.endsWith('.'))
    throw invalidUrl(url.href, 'it has no host name, or an empty label in it')
  const hostname = host.startsWith('[') ? host.slice(1, -1) : host
  const authority = url.port === '' ? host : `${host}:${url.port}`
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port)
  return { scheme, hostname, port, authority, key: `${scheme}://${authority}` }
}

function toUrl(input: string | URL): URL {
  if (input instanceof URL) return input
  const text = textOf(input)
  const url = URL.parse(text)
  if (url === null) throw invalidUrl(text, 'it is not an absolute URL')
  return url
}

function invalidUrl(input: string, why: string): InvalidRequestError {
  // User information goes first, then the cut: neither may leave a piece of a password.
  const clean = input.replace(/^([a-z][a-z0-9+.-]*:)?[\\/]*.*@/is, '$1//')
  const shown = clean.length > 200 ? `${clean.slice(0, 200)}...` : clean
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_URL',
    `Invalid URL "${shown}": ${why}. Pass an absolute URL such as https://example.com/path.`,
  )
}
