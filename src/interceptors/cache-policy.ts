import CachePolicy from 'http-cache-semantics'
import type { ClientRequest } from '../core/dispatch.ts'
import { type HeaderList, headerValue } from '../core/headers.ts'

/** What http-cache-semantics is told, and what it says, in our terms. */

type Fields = Record<string, string | string[]>

export interface ResponseHead {
  readonly status: number
  readonly headers: HeaderList
}

/** Serialised: what a store keeps of a policy. */
export type KeptPolicy = Readonly<Record<string, unknown>>

/** What may be done with a stored response for a request. `conditions` ask the server whether it still holds. */
export type Verdict =
  | {
      readonly kind: 'use'
      readonly head: ResponseHead
      readonly stale: boolean
      readonly refresh: HeaderList | null
    }
  | { readonly kind: 'revalidate'; readonly conditions: HeaderList }

/** A policy for a response that came, or null when it must not be kept or could never be used. */
export function policyFor(request: ClientRequest, head: ResponseHead, shared: boolean): KeptPolicy | null {
  if (shared && setsCookie(head.headers)) return null
  const policy = new CachePolicy(requestOf(request), responseOf(head), { shared })
  return isWorthKeeping(policy) ? keep(policy) : null
}

/** Judges a stored response. That of a GET will do for a HEAD as well. */
export function judge(kept: KeptPolicy, request: ClientRequest): Verdict {
  const policy = forUse(kept)
  const incoming = { ...requestOf(request), method: kept.m as string }
  const { response, revalidation } = policy.evaluateRequest(incoming)
  const conditions = conditionsIn(revalidation?.headers ?? policy.revalidationHeaders(incoming))
  const stale = policy.stale()
  if (response === undefined || (stale && !mayBeStale(kept))) return { kind: 'revalidate', conditions }
  const head = headOf(response, kept)
  return { kind: 'use', head, stale, refresh: revalidation === undefined ? null : conditions }
}

function conditionsIn(headers: CachePolicy.Headers): HeaderList {
  return ['if-none-match', 'if-modified-since'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [name, value] : []
  })
}

/** A 304 confirmed a stored response: what it is now. Null when it confirmed another one. */
export function confirmed(
  kept: KeptPolicy,
  request: ClientRequest,
  answer: ResponseHead,
): { readonly kept: KeptPolicy; readonly head: ResponseHead } | null {
  const response = responseOf(answer)
  const stored = kept.resh as Fields
  // Without a validator it can only mean the one that was asked for (RFC 9111 section 4.3.4).
  if (response.headers.etag === undefined && response.headers['last-modified'] === undefined) {
    if (stored.etag !== undefined) response.headers.etag = stored.etag
    if (stored['last-modified'] !== undefined) response.headers['last-modified'] = stored['last-modified']
  }
  const { policy, matches } = load(kept).revalidatedPolicy(requestOf(request), response)
  if (!matches) return null
  const now = keep(policy)
  return { kept: now, head: headOf({ headers: policy.responseHeaders() }, now) }
}

/** The stored response in place of a failure: of a 500, 502, 503, 504, or of no answer at all (RFC 5861 section 4). */
export function inPlaceOf(
  kept: KeptPolicy,
  request: ClientRequest,
  answer: ResponseHead | null,
): ResponseHead | null {
  if (!mayBeStale(kept)) return null
  const policy = load(kept)
  try {
    const response = answer === null ? undefined : responseOf(answer)
    const { matches, policy: used } = policy.revalidatedPolicy(requestOf(request), response)
    return matches && used === policy ? headOf({ headers: policy.responseHeaders() }, kept) : null
  } catch {
    // It may not be used, and there is no answer to go by.
    return null
  }
}

/** The request fields that a response depends on, in one order; null when it fits no other request at all. */
export function variesBy(headers: HeaderList): readonly string[] | null {
  const vary = fieldsOf(headers).vary
  if (vary === undefined) return []
  const names = String(vary)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return names.includes('*') ? null : [...new Set(names)].sort()
}

/** The directives of Cache-Control, without their values. */
export function directivesOf(headers: HeaderList): ReadonlySet<string> {
  const value = String(fieldsOf(headers)['cache-control'] ?? '')
  return new Set(
    value.split(',').map((directive) => (directive.split('=', 1)[0] as string).trim().toLowerCase()),
  )
}

/** Whose cookie it is, others must not learn; unless the server says that it is for all. */
function setsCookie(headers: HeaderList): boolean {
  const directives = directivesOf(headers)
  return (
    headerValue(headers, 'set-cookie') !== null && !directives.has('public') && !directives.has('immutable')
  )
}

/** Whether it may ever be used past its time, whatever a request or the server allows (RFC 9111 section 4.2.4). */
function mayBeStale({ rescc, sh }: KeptPolicy): boolean {
  const directives = rescc as Readonly<Record<string, unknown>>
  const strict = ['must-revalidate', 'no-cache', ...(sh === true ? ['proxy-revalidate', 's-maxage'] : [])]
  return strict.every((name) => directives[name] === undefined)
}

function isWorthKeeping(policy: CachePolicy): boolean {
  const { resh } = policy.toObject()
  const canBeAsked = resh.etag !== undefined || resh['last-modified'] !== undefined
  return policy.storable() && resh.vary !== '*' && (policy.timeToLive() > 0 || canBeAsked)
}

function load(kept: KeptPolicy): CachePolicy {
  return CachePolicy.fromObject(kept as unknown as CachePolicy.CachePolicyObject)
}

function keep(policy: CachePolicy): KeptPolicy {
  return policy.toObject() as unknown as KeptPolicy
}

/**
 * `must-revalidate` forbids the use of a stale response (RFC 9111 section 5.2.2.2). http-cache-semantics asks the
 * server while it is fresh, too; so a fresh one is judged without it.
 */
function forUse(kept: KeptPolicy): CachePolicy {
  const policy = load(kept)
  const { rescc } = policy.toObject()
  if (rescc['must-revalidate'] === undefined || policy.stale()) return policy
  const { 'must-revalidate': _, ...rest } = rescc
  return load({ ...kept, rescc: { ...rest, public: true } })
}

function requestOf({
  method,
  target,
  headers,
}: ClientRequest): CachePolicy.HttpRequest & { headers: Fields } {
  return { method, url: target.href, headers: fieldsOf(headers) }
}

function responseOf({ status, headers }: ResponseHead): { status: number; headers: Fields } {
  return { status, headers: fieldsOf(headers) }
}

/** Fields as http-cache-semantics takes them: one value each. Names of directives are case-insensitive. */
function fieldsOf(headers: HeaderList): Fields {
  const fields: Fields = Object.create(null)
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    // Kept, it would set an old cookie over a new one.
    if (name === 'set-cookie') continue
    const value = headers[index + 1] as string
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
  }
  const control = fields['cache-control']
  if (control !== undefined)
    fields['cache-control'] = String(control).replace(/(^|,)\s*[\w-]+/g, (name) => name.toLowerCase())
  return fields
}

function headOf({ headers }: { readonly headers: CachePolicy.Headers }, kept: KeptPolicy): ResponseHead {
  const list: string[] = []
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') list.push(name, value)
  return { status: kept.st as number, headers: list }
}
