import { changedResponse } from '../core/changed-response.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, FetchRules, Interceptor } from '../core/dispatch.ts'
import { type ErrorDetails, ProtocolError } from '../core/errors.ts'
import { events } from '../core/events.ts'
import { combinedHeader, withoutHeaders } from '../core/headers.ts'
import { parseTarget, type Target } from '../core/origin.ts'
import { canSend, notReplayable } from '../core/request-body.ts'
import { isTrustworthy } from '../core/trustworthy.ts'
import { isBlockedPort } from './blocked-ports.ts'
import { dismiss } from './dismiss.ts'
import { policyAfter, refererFor } from './referrer.ts'

/** The Fetch standard's limit (HTTP-redirect fetch, step 7). */
const MOST_REDIRECTS = 20

/** The next request, as long as it is in the making. */
interface Moved {
  headers: string[]
  rules?: FetchRules | null
  readonly target: Target
}

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

/** A request that wants to see redirects itself is passed on as it is: `request()` by default, and most that matter. */
function followRedirects(next: Dispatch, request: ClientRequest, clock: Clock): Promise<ClientResponse> {
  return request.redirect === 'manual' ? next(request) : follow(next, request, clock)
}

async function follow(next: Dispatch, request: ClientRequest, clock: Clock): Promise<ClientResponse> {
  let current = request
  let crossOrigin = false
  for (let hops = 0; ; hops += 1) {
    const response = await next(current)
    const location = locationOf(response, request)
    if (location === null)
      return hops === 0 ? response : changedResponse(response, { redirects: hops, crossOrigin })
    await dismiss(response, clock)
    if (current.redirect === 'error')
      throw refused(
        current,
        `answered ${response.status}, a redirect, which redirect: 'error' does not allow`,
      )
    const target = resolve(current, location)
    if (hops === MOST_REDIRECTS) throw tooMany(request)
    crossOrigin ||= target.origin.key !== current.target.origin.key
    const moved = nextRequest(current, response, target)
    if (events.redirect.hasSubscribers) tell(current, response.status, target, clock.now())
    current = moved
  }
}

/** Where a redirect leads to; with `redirect: 'error'` also of one that leads nowhere. Null: no redirect. */
function locationOf(response: ClientResponse, { redirect }: ClientRequest): string | null {
  if (!REDIRECTS.has(response.status)) return null
  return combinedHeader(response.headers, 'location') ?? (redirect === 'error' ? '' : null)
}

function resolve(request: ClientRequest, location: string): Target {
  // Header values are bytes; servers put UTF-8 into Location.
  const url = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), request.target.href)
  if (url === null)
    throw refused(request, `redirects to ${JSON.stringify(location.slice(0, 200))}, which is not a URL`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(request, `redirects to a ${url.protocol} URL; only http and https can be followed`)
  }
  const { rules = null } = request
  if (rules !== null) checkRules(request, rules, url)
  return parseTarget(url)
}

/** What the Fetch standard forbids, and `request()` allows. */
function checkRules(request: ClientRequest, rules: FetchRules, url: URL): void {
  if (url.username !== '' || url.password !== '')
    throw refused(request, 'redirects to a URL with a user name or password')
  const target = parseTarget(url)
  if (isBlockedPort(target.origin.port))
    throw refused(
      request,
      `redirects to port ${target.origin.port}, which fetch refuses because it belongs to another protocol`,
    )
  if (rules.mode === 'same-origin' && target.origin.key !== request.target.origin.key)
    throw refused(request, "redirects to another origin, where the mode is 'same-origin'")
}

function nextRequest(request: ClientRequest, response: ClientResponse, target: Target): ClientRequest {
  const { status } = response
  const toGet =
    status === 303
      ? !isSafeRead(request.method)
      : request.method === 'POST' && (status === 301 || status === 302)
  // A body that flows past once is refused even where it would be dropped: the standard looks no further.
  if (status !== 303 && !(canSend(request.body) && isKept(request))) throw notReplayable(at(request))
  const crossOrigin = target.origin.key !== request.target.origin.key
  const headers = withoutHeaders(
    request.headers,
    (name) =>
      (toGet && BODY_HEADERS.has(name)) || (crossOrigin && (CREDENTIALS.has(name) || name === 'host')),
  )
  const since = request.since ?? (response.timings.startedAt || null)
  const moved = { ...request, target, headers, since }
  const { rules = null } = request
  if (rules !== null) sayMode(moved, rules, request.target)
  if (rules !== null && rules.referrer !== null) refer(moved, rules, response)
  return toGet ? { ...moved, method: 'GET', body: null, trailers: null } : moved
}

/** Whether the body is still there: bytes, or something that gives them anew. */
function isKept({ body }: ClientRequest): boolean {
  return body === null || body.kind === 'bytes' || body.replayable
}

/** The mode is told to origins that can be trusted, and to no other (Fetch Metadata, section 2). */
function sayMode(request: Moved, { mode }: FetchRules, from: Target): void {
  const trusted = isTrustworthy(request.target.origin)
  if (trusted === isTrustworthy(from.origin)) return
  request.headers = withoutHeaders(request.headers, (name) => name === 'sec-fetch-mode')
  if (trusted) request.headers.push('sec-fetch-mode', mode)
}

/** Says where the request came from, as far as the policy of the redirect lets it. */
function refer(request: Moved, rules: FetchRules, response: ClientResponse): void {
  const { referrer } = rules
  if (referrer === null) return
  const policy = policyAfter(combinedHeader(response.headers, 'referrer-policy'), referrer.policy)
  const url = refererFor(referrer.url, policy, request.target.href)
  request.headers = withoutHeaders(request.headers, (name) => name === 'referer')
  if (url !== null) request.headers.push('referer', url.href)
  request.rules = { ...rules, referrer: url === null ? null : { url, policy } }
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
    `${request.target.href} led to more than ${MOST_REDIRECTS} redirects, most likely in a loop. redirect: 'manual' shows where they lead.`,
    at(request),
  )
}

function refused(request: ClientRequest, why: string): ProtocolError {
  return new ProtocolError('ERR_TRUNKLINE_REDIRECT_REFUSED', `${request.target.href} ${why}.`, at(request))
}

function tell({ call, target }: ClientRequest, status: number, to: Target, at: number): void {
  if (!call) return
  const { id, correlationId } = call
  events.redirect.publish({
    ...{ at, requestId: id, correlationId, status },
    from: target.href,
    to: to.href,
  })
}
