import type { ClientRequest, RedirectMode, RequestContext } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import { type HeaderList, type HeadersInput, headerValue, toHeaderList } from '../core/headers.ts'
import { parseTarget } from '../core/origin.ts'
import { addPriority, type PriorityInput, priorityOf } from '../core/priority.ts'
import { checkedRetry, type RetryOptions, type RetryPolicy, settleRetry } from '../core/retry-policy.ts'
import { textOf } from '../core/text-of.ts'
import { ACCEPTED_CODINGS } from '../interceptors/decompress.ts'
import { type BodyInput, type ExtractedBody, extractBody } from './body.ts'
import { bodyNotAllowed, isMethod, normalizeMethod } from './method.ts'

/** The platform's `RequestInit`, and a few things beside it. */
export interface FetchInit extends Omit<RequestInit, 'body' | 'headers' | 'signal' | 'priority'> {
  readonly headers?: HeadersInput
  readonly body?: BodyInput | null
  readonly signal?: AbortSignal | null
  /** Retries of this request: parts of a policy over the client's, or false for none. */
  readonly retry?: RetryOptions
  /** How urgent it is (RFC 9218): the platform's `high` or `low`, or its parameters. */
  readonly priority?: PriorityInput
  /** Whatever your interceptors and hooks should know of this request; nothing of it is sent. */
  readonly context?: RequestContext
  /** Told of each interim response (103 Early Hints and others) with its status and fields. */
  readonly onInformational?: (status: number, headers: Headers) => void
}

const REDIRECT_MODES: ReadonlySet<string> = new Set(['follow', 'manual', 'error'])

/**
 * A call of `fetch` as a `ClientRequest`.
 * @throws InvalidRequestError naming what is wrong; `fetch` turns it into a `TypeError`.
 */
export function toClientRequest(
  input: string | URL | Request,
  given: FetchInit | null | undefined,
  retry: RetryPolicy,
): ClientRequest {
  const init = given ?? {}
  const request = input instanceof Request ? input : null
  if ((init.integrity ?? request?.integrity ?? '') !== '') throw integrityUnsupported()
  const target = parseTarget(urlOf(input))
  const method = methodOf(init.method ?? request?.method ?? 'GET')
  const body = bodyOf(init, request, method)
  const headers = toHeaderList(init.headers ?? request?.headers)
  addDefaults(headers, method, body)
  const priority = priorityOf(init.priority)
  addPriority(headers, priority)
  const { onInformational } = init
  return {
    method,
    target,
    headers,
    body: body?.body ?? null,
    signal: signalOf(init.signal === undefined ? (request?.signal ?? null) : init.signal),
    redirect: redirectOf(init.redirect ?? request?.redirect ?? 'follow'),
    decompress: true,
    retry: settleRetry(checkedRetry(init.retry), retry),
    trailers: null,
    onInformational:
      onInformational === undefined
        ? null
        : (status, list) => onInformational(status, new Headers(pairs(list))),
    priority,
    context: init.context,
  }
}

export function pairs(list: HeaderList): [string, string][] {
  const result: [string, string][] = []
  for (let index = 0; index < list.length; index += 2)
    result.push([list[index] as string, list[index + 1] as string])
  return result
}

function urlOf(input: string | URL | Request): string | URL {
  const url = input instanceof Request ? input.url : input
  const parsed = URL.parse(textOf(url))
  if (parsed !== null && (parsed.username !== '' || parsed.password !== '')) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_URL',
      `The URL of ${parsed.origin} holds a user name or password. Send them in an authorization header instead.`,
    )
  }
  return parsed ?? url
}

/** A digest that nobody checks is worse than none. */
function integrityUnsupported(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'The option integrity is not supported: digests are not verified. Compare the bytes yourself, or leave it out.',
  )
}

function methodOf(method: unknown): string {
  if (typeof method === 'string' && isMethod(method)) return normalizeMethod(method)
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_METHOD',
    `Invalid method ${JSON.stringify(textOf(method).slice(0, 100))}: give a token such as GET or POST; CONNECT, TRACE and TRACK are not for fetch.`,
  )
}

function bodyOf(init: FetchInit, request: Request | null, method: string): ExtractedBody | null {
  // As on the platform, null is no body of its own and leaves the Request's in place.
  const given = init.body ?? request?.body ?? null
  if (given === null) return null
  if (method === 'GET' || method === 'HEAD') throw bodyNotAllowed(method)
  const extracted = extractBody(given as BodyInput)
  if (init.body instanceof ReadableStream && init.duplex !== 'half') {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      "A stream as a body needs the option duplex: 'half'.",
    )
  }
  return extracted
}

function addDefaults(headers: string[], method: string, body: ExtractedBody | null): void {
  const defaults: [string, string | null][] = [
    ['accept', '*/*'],
    ['accept-language', '*'],
    ['user-agent', 'trunkline'],
    ['accept-encoding', ACCEPTED_CODINGS],
    ['content-type', body?.contentType ?? null],
    ['content-length', contentLengthFor(method, body)],
  ]
  for (const [name, value] of defaults) {
    if (value !== null && headerValue(headers, name) === null) headers.push(name, value)
  }
}

/** RFC 9110 section 8.6: a method that usually has a body says so when it has none. */
export function contentLengthFor(method: string, body: ExtractedBody | null): string | null {
  if (body !== null) return body.length === null ? null : String(body.length)
  return method === 'POST' || method === 'PUT' ? '0' : null
}

export function signalOf(signal: unknown): AbortSignal | null {
  if (signal === null || signal === undefined) return null
  if (signal instanceof AbortSignal) return signal
  throw new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', 'The option signal must be an AbortSignal.')
}

export function redirectOf(mode: string): RedirectMode {
  if (REDIRECT_MODES.has(mode)) return mode as RedirectMode
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `The option redirect must be 'follow', 'manual' or 'error', not ${JSON.stringify(textOf(mode))}.`,
  )
}
