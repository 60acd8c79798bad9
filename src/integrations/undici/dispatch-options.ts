import { Readable } from 'node:stream'
import { errors } from 'undici'
import type { DispatchRequest } from '../../client-dispatch.ts'
import type { PhaseLimits } from '../../core/dispatch.ts'
import { headerValue, isConnectionSpecific, isToken, withoutHeaders } from '../../core/headers.ts'
import { type Origin, originAt, originOf, type Target } from '../../core/origin.ts'
import { bytesBody, type RequestBody } from '../../core/request-body.ts'
import { type BodyInput, extractBody } from '../../fetch/body.ts'
import { toFields } from './fields.ts'

/** Options of a dispatch that are read; others have no meaning where connections are shared. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined
  readonly path: string
  readonly method: string
  readonly body?: unknown
  readonly headers?: unknown
  readonly query?: Record<string, unknown>
  readonly upgrade?: boolean | string | null
  /** ms; 0: none. */
  readonly headersTimeout?: number | null
  readonly bodyTimeout?: number | null
  readonly expectContinue?: boolean | null
  readonly servername?: string | null
  readonly throwOnError?: unknown
  readonly maxRedirections?: unknown
}

/** RFC 9112 section 3.2: no space, and nothing that a line could be ended by. */
const BAD_PATH = /[^\u0021-\u00ff]/

/**
 * The request that the options describe.
 * @throws InvalidArgumentError or NotSupportedError of undici, naming the option.
 */
export function requestOf(options: DispatchOptions): DispatchRequest {
  checkOptions(options)
  const fields = toFields(options.headers)
  const target = targetOf(options, headerValue(fields, 'host'))
  const { body, contentType, length } = bodyOf(options.body)
  const headers = withoutHeaders(fields, isConnectionSpecific)
  if (contentType !== null && headerValue(headers, 'content-type') === null)
    headers.push('content-type', contentType)
  checkLength(headerValue(headers, 'content-length'), length)
  if (headerValue(headers, 'content-length') === null) addLength(headers, options.method, length)
  if (options.expectContinue === true && headerValue(headers, 'expect') === null)
    headers.push('expect', '100-continue')
  return { target, method: options.method, headers, body, timeouts: limitsOf(options) }
}

function checkOptions(options: DispatchOptions): void {
  const { path, method, upgrade, headersTimeout, bodyTimeout, throwOnError, maxRedirections } = options
  if (typeof path !== 'string') throw invalid('path must be a string')
  if (BAD_PATH.test(path)) throw invalid('invalid request path')
  if (typeof method !== 'string') throw invalid('method must be a string')
  if (!isToken(method)) throw invalid('invalid request method')
  if (method === 'CONNECT' || upgrade)
    throw new errors.NotSupportedError(
      'CONNECT and upgrades are not supported by a dispatcher over trunkline: its connections are shared. Use an Agent of undici for this request.',
    )
  if (!path.startsWith('/') && !/^https?:\/\//.test(path))
    throw invalid('path must be an absolute URL or start with a slash')
  for (const [name, value] of Object.entries({ headersTimeout, bodyTimeout }))
    if (value !== undefined && value !== null && !(Number.isFinite(value) && value >= 0))
      throw invalid(`invalid ${name}`)
  if (throwOnError !== undefined && throwOnError !== null) throw invalid('invalid throwOnError')
  if (maxRedirections !== undefined && maxRedirections !== null && maxRedirections !== 0)
    throw invalid('maxRedirections is not supported, use the redirect interceptor')
}

function targetOf({ origin, path, query, servername }: DispatchOptions, host: string | null): Target {
  const place = originFrom(origin)
  const named = host === null ? place : namedOrigin(place, host, servername ?? null)
  const full = withQuery(/^https?:\/\//.test(path) ? pathOf(path) : path, query)
  return { origin: named, path: full, href: `${named.scheme}://${named.authority}${full}` }
}

function originFrom(origin: unknown): Origin {
  if (!(origin instanceof URL) && (typeof origin !== 'string' || origin === ''))
    throw invalid('opts.origin must be a non-empty string or URL.')
  const url = origin instanceof URL ? origin : URL.parse(origin)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalid('invalid origin: its scheme must be http or https')
  return originOf(url)
}

/**
 * A Host that is not that of the origin is who is meant, for certificate and `:authority`; the origin is where it is
 * reached. So undici's DNS interceptor says it, with `servername`.
 */
function namedOrigin(place: Origin, host: string, servername: string | null): Origin {
  if (host === place.authority) return place
  const url = /[/?#@\\\s]/.test(host) ? null : URL.parse(`${place.scheme}://${host}/`)
  if (url === null) throw invalid('invalid host header')
  const named = originOf(url)
  if (named.hostname === place.hostname && named.port === place.port) return place
  if (servername !== null && place.scheme === 'https' && servername !== named.hostname)
    throw invalid('servername must be that of the host header')
  return originAt(named, { host: place.hostname, port: place.port })
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function withQuery(path: string, query: Record<string, unknown> | undefined): string {
  if (query === undefined || query === null) return path
  if (path.includes('?') || path.includes('#'))
    throw new Error('Query params cannot be passed when url already contains "?" or "#".')
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map(
      (one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`,
    ),
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

interface Body {
  readonly body: RequestBody | null
  readonly contentType: string | null
  readonly length: number | null
}

const NO_BODY: Body = { body: null, contentType: null, length: 0 }

function bodyOf(given: unknown): Body {
  if (given === undefined || given === null) return NO_BODY
  if (typeof given === 'string') return bytes(Buffer.from(given))
  if (ArrayBuffer.isView(given))
    return bytes(new Uint8Array(given.buffer, given.byteOffset, given.byteLength))
  if (given instanceof ArrayBuffer) return bytes(new Uint8Array(given))
  try {
    const { body, length, contentType } = extractBody(given as BodyInput)
    // A stream that failed before anybody listened would end the process.
    if (given instanceof Readable) given.on('error', () => {})
    return {
      body,
      length,
      contentType: given instanceof FormData || given instanceof Blob ? contentType : null,
    }
  } catch (cause) {
    throw Object.assign(
      invalid('body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable'),
      { cause },
    )
  }
}

function bytes(data: Uint8Array): Body {
  return data.length === 0 ? NO_BODY : { body: bytesBody(data), contentType: null, length: data.length }
}

/** RFC 9110 section 8.6: a method that anticipates content says so when there is none. */
function addLength(headers: string[], method: string, length: number | null): void {
  if (length === null || (length === 0 && !['POST', 'PUT', 'PATCH'].includes(method))) return
  headers.push('content-length', String(length))
}

function checkLength(given: string | null, length: number | null): void {
  if (given === null) return
  if (!/^\d+$/.test(given)) throw invalid('invalid content-length header')
  if (length !== null && Number(given) !== length)
    throw new errors.RequestContentLengthMismatchError(
      `Request body length does not match content-length header: ${length} bytes against ${given}`,
    )
}

function limitsOf({ headersTimeout, bodyTimeout }: DispatchOptions): PhaseLimits | null {
  const limits = { ...limit('headers', headersTimeout), ...limit('body', bodyTimeout) }
  return Object.keys(limits).length === 0 ? null : limits
}

function limit(name: 'headers' | 'body', value: number | null | undefined): PhaseLimits {
  return value === undefined || value === null
    ? {}
    : { [name]: value === 0 ? Number.POSITIVE_INFINITY : value }
}

function invalid(message: string): Error {
  return new errors.InvalidArgumentError(message)
}
