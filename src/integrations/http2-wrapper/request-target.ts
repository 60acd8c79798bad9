import { InvalidRequestError } from '../../core/errors.ts'
import { type HeaderList, headerValue } from '../../core/headers.ts'
import { type Origin, originAt, originOf, type Target } from '../../core/origin.ts'

/** Where Node's `http` would connect to. */
export interface Place {
  readonly scheme: 'http' | 'https'
  /** A name or an address, with brackets or without. */
  readonly host: string
  readonly port: number
}

/**
 * The target of a request line and its Host (RFC 9112 section 3.2). A Host that is not where the connection goes to keeps
 * its meaning: it is the origin, for certificate and `:authority`, and the place is only where it is reached.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_URL`
 */
export function targetOf(place: Place, path: string, headers: HeaderList): Target {
  if (!path.startsWith('/') && path !== '*') {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_URL',
      `Invalid request target ${JSON.stringify(path.slice(0, 200))}: it must begin with a slash. To send a request through a proxy, give the client a proxy and the request its own URL.`,
    )
  }
  const origin = namedOrigin(place, headerValue(headers, 'host'))
  return { origin, path, href: `${origin.scheme}://${origin.authority}${path}` }
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_URL` for a host that is none. */
export function originOfPlace({ scheme, host, port }: Place): Origin {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return parsed(scheme, `${bare.includes(':') ? `[${bare}]` : bare}:${port}`)
}

function namedOrigin(place: Place, host: string | null): Origin {
  const origin = originOfPlace(place)
  if (host === null || host === '' || host === origin.authority) return origin
  const named = parsed(place.scheme, host)
  if (named.hostname === origin.hostname && named.port === origin.port) return origin
  return originAt(named, { host: origin.hostname, port: origin.port })
}

function parsed(scheme: string, authority: string): Origin {
  const url = /[/?#@\\\s]/.test(authority) ? null : URL.parse(`${scheme}://${authority}/`)
  if (url !== null) return originOf(url)
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_URL',
    `Invalid host ${JSON.stringify(authority.slice(0, 200))}: pass a host name or an address, with a port if needed.`,
  )
}
