import { changedResponse } from '../core/changed-response.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { type ErrorDetails, ProtocolError } from '../core/errors.ts'
import { headerValue, withoutHeaders } from '../core/headers.ts'
import { parseTarget, type Target } from '../core/origin.ts'
import { canSend, notReplayable } from '../core/request-body.ts'
import { dismiss } from './dismiss.ts'

/** The Fetch standard's limit (HTTP-redirect fetch, step 7). */
const MOST_REDIRECTS = 20

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const BODY_HEADERS = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
])
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Follows redirects as the Fetch standard has it (HTTP-redirect fetch; RFC 9110 section 15.4). */
export function createRedirect(clock: Clock): Interceptor {
  return (next) => (request) => followRedirects(next, request, clock)
}

async function followRedirects(
  next: Dispatch,
  request: ClientRequest,
  clock: Clock,
): Promise<ClientResponse> {
  let current = request
  for (let hops = 0; ; hops += 1) {
    const response = await next(current)
    const location = current.redirect === 'manual' ? null : locationOf(response)
    if (location === null) return hops === 0 ? response : changedResponse(response, { redirects: hops })
    await dismiss(response, clock)
    if (current.redirect === 'error')
      throw refused(current, `answered ${response.status} where redirects are not allowed`)
    if (hops === MOST_REDIRECTS) throw tooMany(request)
    current = follow(current, response.status, resolve(current, location))
  }
}

function locationOf(response: ClientResponse): string | null {
  return REDIRECTS.has(response.status) ? headerValue(response.headers, 'location') : null
}

function resolve(request: ClientRequest, location: string): Target {
  // Header values are bytes; servers put UTF-8 into Location.
  const url = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), request.target.href)
  if (url === null)
    throw refused(request, `redirects to ${JSON.stringify(location.slice(0, 200))}, which is no URL`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(request, `redirects to a ${url.protocol} URL; only http and https can be followed`)
  }
  return parseTarget(url)
}

function follow(request: ClientRequest, status: number, target: Target): ClientRequest {
  const toGet =
    status === 303
      ? !isSafeRead(request.method)
      : request.method === 'POST' && (status === 301 || status === 302)
  if (!toGet && !canSend(request.body)) throw notReplayable(at(request))
  const crossOrigin = target.origin.key !== request.target.origin.key
  const headers = withoutHeaders(
    request.headers,
    (name) =>
      (toGet && BODY_HEADERS.has(name)) || (crossOrigin && (CREDENTIALS.has(name) || name === 'host')),
  )
  return toGet
    ? { ...request, target, headers, method: 'GET', body: null, trailers: null }
    : { ...request, target, headers }
}

function isSafeRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function at(request: ClientRequest): ErrorDetails {
  return { origin: request.target.origin.key, phase: 'headers', processed: 'yes' }
}

function tooMany(request: ClientRequest): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_TOO_MANY_REDIRECTS',
    `${request.target.href} led to more than ${MOST_REDIRECTS} redirects; the last one was not followed.`,
    at(request),
  )
}

function refused(request: ClientRequest, why: string): ProtocolError {
  return new ProtocolError('ERR_TRUNKLINE_REDIRECT_REFUSED', `${request.target.href} ${why}.`, at(request))
}
