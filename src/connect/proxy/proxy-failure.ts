import { ClientError, ConnectError, TimeoutError } from '../../core/errors.ts'
import type { Origin } from '../../core/origin.ts'
import type { ProxyServer } from './proxy-server.ts'

/** What a proxy said in place of a connection. */
export interface Refusal {
  /** Of an HTTP proxy. */
  readonly status: number
  /** Authentication schemes it takes (RFC 9110 section 11.7.1), names alone. */
  readonly schemes: readonly string[]
}

/** The proxy answered, and not with a connection. */
export function proxyRefused(server: ProxyServer, origin: Origin, refusal: Refusal): ConnectError {
  const { status } = refusal
  const what = `The proxy ${server.name} answered ${status} when asked for ${placeName(origin)}.`
  return new ConnectError('ERR_TRUNKLINE_PROXY_FAILED', `${what} ${adviceOn(server, refusal)}`, {
    origin: origin.key,
    phase: 'proxy',
    status,
  })
}

/** It was reached, and then something went wrong: `why` is a clause, and names no credentials. */
export function proxyBroke(server: ProxyServer, origin: Origin, why: string, cause?: unknown): ConnectError {
  return new ConnectError(
    'ERR_TRUNKLINE_PROXY_FAILED',
    `The proxy ${server.name} did not connect to ${placeName(origin)}: ${why}.`,
    { origin: origin.key, phase: 'proxy', ...(cause === undefined ? {} : { cause }) },
  )
}

/** The failure to reach the proxy itself, as one to reach the origin; what is no failure of that is left as it is. */
export function proxyUnreached(server: ProxyServer, origin: Origin, error: unknown): unknown {
  if (error instanceof TimeoutError) {
    const message = error.message.replace(server.origin.key, `${placeName(origin)} through ${server.name}`)
    const { phase, timings } = error
    return new TimeoutError(error.code, message, { origin: origin.key, phase, timings, cause: error })
  }
  if (!(error instanceof ClientError)) return error
  return new ConnectError(
    'ERR_TRUNKLINE_PROXY_FAILED',
    `Could not connect to ${placeName(origin)}, because the proxy ${server.name} cannot be used. ${error.message}`,
    { origin: origin.key, phase: error.phase, cause: error },
  )
}

function placeName({ scheme, authority }: Origin): string {
  return `${scheme}://${authority}`
}

function adviceOn({ fields }: ProxyServer, { status, schemes }: Refusal): string {
  if (status === 407) return adviceOnLogin(fields.includes('proxy-authorization'), schemes)
  if (status === 403 || status === 405)
    return 'It does not allow that: many allow tunnels to port 443 alone. Ask whoever runs it, or leave the host to a direct connection.'
  if (status === 502 || status === 503 || status === 504)
    return 'It could not reach the host: is the name right, and the host reachable from the proxy?'
  return status < 200 || status > 299
    ? 'Is it an HTTP proxy that knows CONNECT?'
    : 'It did not open a tunnel.'
}

function adviceOnLogin(hadCredentials: boolean, schemes: readonly string[]): string {
  const wanted = schemes.length === 0 ? '' : ` It takes ${schemes.join(', ')}.`
  const advice = hadCredentials
    ? 'The credentials were not accepted: check the user name and the password.'
    : 'It wants credentials: give them as auth, or percent-encoded in its URL.'
  const offersBasic = schemes.length === 0 || schemes.some((scheme) => scheme.toLowerCase() === 'basic')
  const hint = offersBasic
    ? ''
    : ' For another scheme than Basic give a proxy-authorization field in its headers.'
  return `${advice}${wanted}${hint}`
}
