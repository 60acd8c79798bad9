import { ConnectError, InvalidRequestError } from '../core/errors.ts'
import { type Origin, parseTarget, type Target } from '../core/origin.ts'
import { isBlockedPort } from '../interceptors/blocked-ports.ts'

const ORIGINS_LIMIT = 1024

/** Origins whose URLs were taken apart before, by the way they were written. */
const known = new Map<string, Origin>()

/** A path, and maybe a query, of characters that the URL standard leaves as they are. */
const PLAIN = /^\/[\w\-.~!$&()*+,;=:@/]*(?:\?[\w\-.~!$&()*+,;=:@/?%]*)?$/
const DOT_SEGMENT = /\/\.\.?(?:[/?]|$)/

/**
 * The target of a URL for `fetch`; null for one that is neither http nor https.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_URL` for one with user information; a TypeError with such a cause
 * for no URL; ConnectError for a blocked port.
 */
export function targetOf(url: string): Target | null {
  return knownTarget(url) ?? parsed(url)
}

/** The target of a URL for `request`, which has fewer rules. */
export function anyTargetOf(input: string | URL): Target {
  if (typeof input !== 'string') return parseTarget(input)
  const target = knownTarget(input)
  if (target !== null) return target
  const fresh = parseTarget(input)
  if (!isBlockedPort(fresh.origin.port)) remember(input, fresh)
  return fresh
}

/** Most URLs are for an origin seen before, and plain: to parse them would take longer than all else done with them. */
function knownTarget(url: string): Target | null {
  // Behind the two slashes, and at least one character of a host.
  const end = url.indexOf('/', 8)
  const origin = end === -1 ? undefined : known.get(url.slice(0, end))
  if (origin === undefined) return null
  const path = url.slice(end)
  const plain = PLAIN.test(path) && !(path.includes('/.') && DOT_SEGMENT.test(path))
  return plain ? { origin, path, href: url } : null
}

function remember(url: string, { origin }: Target): void {
  if (!url.startsWith(origin.key) || url[origin.key.length] !== '/') return
  if (known.size >= ORIGINS_LIMIT) known.clear()
  known.set(origin.key, origin)
}

function parsed(text: string): Target | null {
  const url = URL.parse(text)
  if (url === null) throw invalid(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  if (url.username !== '' || url.password !== '') {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_URL',
      `The URL of ${url.origin} includes credentials (a user name or password). Send them in an authorization header instead.`,
    )
  }
  const target = parseTarget(url)
  const { key, port } = target.origin
  if (isBlockedPort(port)) {
    throw new ConnectError(
      'ERR_TRUNKLINE_CONNECT_FAILED',
      `bad port: fetch refuses ${key}, because port ${port} belongs to another protocol. Move the server, or use request().`,
      { origin: key, phase: 'validate' },
    )
  }
  remember(text, target)
  return target
}

/** In the platform's words, which programs know it by; the cause says more. */
function invalid(text: string): TypeError {
  // What may be a password is not repeated.
  const shown = text.includes('@') ? '' : text.slice(0, 200)
  const cause = new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_URL',
    `Failed to parse URL from${shown === '' ? '' : ` "${shown}"`}: it is not an absolute URL.`,
  )
  return new TypeError(`Failed to parse URL from ${shown}`, { cause })
}
