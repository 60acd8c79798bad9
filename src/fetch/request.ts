import { AsyncLocalStorage } from 'node:async_hooks'
import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { ClientRequest, FetchRules, RedirectMode } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import { type HeaderList, headerValue } from '../core/headers.ts'
import { jsonBody } from '../core/json-body.ts'
import type { Target } from '../core/origin.ts'
import { limitsOf } from '../core/phase-limits.ts'
import { addPriority, type Priority, priorityOf } from '../core/priority.ts'
import { checkedRetry, isRetryOptions, type RetryPolicy, settleRetry } from '../core/retry-policy.ts'
import { refererFor } from '../interceptors/referrer.ts'
import { type ExtractedBody, extractFetchBody, streamBody } from './body.ts'
import { bareHeaders, complete } from './default-headers.ts'
import { fetchHeaders } from './headers.ts'
import { type FetchInit, type Members, readInit } from './init.ts'
import { bodyNotAllowed, checkedMethod, commonMethod, takesNoBody } from './method.ts'
import { contentLengthFor, redirectOf, signalOf } from './options.ts'
import { isRequest, platformRequest } from './platform.ts'
import { readAhead } from './read-ahead.ts'
import { responseHeaders } from './response-headers.ts'
import { targetOf } from './target.ts'

type Input = string | URL | Request

/** Aborting reaches the signal of a `Request` only while the `Request` itself is there. It is, as long as its signal. */
const keptBySignals = new WeakMap<AbortSignal, Request>()

const PLAIN_RULES: FetchRules = { mode: 'cors', referrer: null, integrity: '' }

/** What is known of a request before its body. */
interface Head {
  readonly method: string
  readonly headers: HeaderList
  readonly redirect: RedirectMode
  readonly rules: FetchRules
}

/** The same, when the options are a native `Request`'s to understand. */
interface Settled extends Head {
  /** The caller's. */
  readonly headers: string[]
  readonly cache: string
}

/**
 * A call of `fetch` as a `ClientRequest`; a promise of one where the body of a `Request` is to be looked into. Null: a
 * matter for the platform's own fetch.
 * @throws InvalidRequestError naming what is wrong, which `fetch` turns into a `TypeError`; or the platform's error.
 */
export function toClientRequest(
  input: Input,
  given: FetchInit | null | undefined,
  retry: RetryPolicy,
): ClientRequest | Promise<ClientRequest> | null {
  const init = readInit(given)
  // Somebody's proxy, agent or mock: what it stands for is not to be passed over.
  if ((init.dispatcher ?? null) !== null) return null
  if (isRequest(input)) return ofRequest(input, init, retry)
  const url = typeof input === 'string' ? input : input instanceof URL ? input.href : `${input as string}`
  const target = targetOf(url)
  if (target === null) return null
  const method = commonMethod(init.method)
  const plain = method !== undefined && isPlain(init)
  return plain ? quick(target, method, init, retry) : ofRareOptions(target, url, init, retry)
}

/** Of options with mistakes that we can name better than the platform does. */
function checkCommon({ redirect, signal, method }: Members): void {
  if (redirect !== undefined) redirectOf(redirect)
  signalOf(signal)
  if (commonMethod(method) === undefined) checkedMethod(`${method as string}`)
}

/** Whether the platform need not be asked what it makes of the options. */
function isPlain({ redirect, duplex, rare }: Members): boolean {
  const mode =
    redirect === undefined || redirect === 'follow' || redirect === 'manual' || redirect === 'error'
  return !rare && mode && (duplex === undefined || duplex === 'half')
}

function quick(target: Target, method: string, init: Members, retry: RetryPolicy): ClientRequest {
  // First the headers, then the body: of two mistakes the platform names the first one in this order.
  const given = init.headers === undefined ? null : fetchHeaders(init.headers)
  const body = bodyOf(init, method)
  const bare = given === null && body === null && takesNoBody(method)
  const headers = bare
    ? bareHeaders(target.origin)
    : completed(given ?? [], target, { method, mode: PLAIN_RULES.mode, cache: 'default' }, body)
  const redirect = (init.redirect as RedirectMode | undefined) ?? 'follow'
  return assemble(target, { method, headers, redirect, rules: PLAIN_RULES }, body, init, retry)
}

function completed(
  headers: string[],
  target: Target,
  { method, mode, cache }: { method: string; mode: FetchRules['mode']; cache: string },
  body: ExtractedBody | null,
): HeaderList {
  return complete(headers, target.origin, mode, {
    hasBody: body !== null,
    contentType: body?.contentType ?? null,
    contentLength: contentLengthFor(method, body),
    cache,
  })
}

function ofRareOptions(target: Target, url: string, init: Members, retry: RetryPolicy): ClientRequest {
  checkCommon(init)
  const request = platformRequest(url, init)
  const settled = settle(request, init, null)
  const body = bodyOf(init, settled.method)
  checkStream(body, request)
  return ofSettled(target, settled, body, init, retry)
}

function ofRequest(
  input: Request,
  init: Members,
  retry: RetryPolicy,
): ClientRequest | Promise<ClientRequest> | null {
  const target = targetOf(input.url)
  if (target === null) return null
  checkCommon(init)
  const request = platformRequest(input, init)
  const settled = settle(request, init, request.headers)
  const own = bodyOf(init, settled.method)
  checkStream(own, request)
  const signal = init.signal === undefined ? input.signal : init.signal
  if (signal === input.signal) keptBySignals.set(input.signal, input)
  const inherited = { ...init, signal }
  if (own !== null || request.body === null) return ofSettled(target, settled, own, inherited, retry)
  const stream = request.body as ReadableStream<Uint8Array>
  // Nobody will send it: nothing of it is read.
  if (signalOf(signal)?.aborted) return ofSettled(target, settled, streamBody(stream, null), inherited, retry)
  return readAhead(stream).then((body) => {
    const length = body.kind === 'bytes' ? body.bytes.length : null
    return ofSettled(target, settled, { body, length, contentType: null }, inherited, retry)
  })
}

function settle(request: Request, init: Members, inherited: Headers | null): Settled {
  const { mode, referrer, referrerPolicy, integrity, redirect, cache, method } = request
  const own = init.headers === undefined ? inherited : init.headers
  const url = referrer === '' ? null : URL.parse(referrer)
  return {
    method,
    headers: own === null ? [] : fetchHeaders(own),
    redirect,
    cache,
    rules: {
      mode: mode === 'no-cors' || mode === 'same-origin' ? mode : 'cors',
      referrer: url === null ? null : { url, policy: referrerPolicy },
      integrity,
    },
  }
}

function ofSettled(
  target: Target,
  settled: Settled,
  body: ExtractedBody | null,
  init: Members,
  retry: RetryPolicy,
): ClientRequest {
  const { method, headers, cache, rules } = settled
  const { referrer } = rules
  const referer = referrer === null ? null : refererFor(referrer.url, referrer.policy, target.href)
  if (referer !== null && headerValue(headers, 'referer') === null) headers.push('referer', referer.href)
  const list = completed(headers, target, { method, mode: rules.mode, cache }, body)
  const told = referer === null ? null : { url: referer, policy: referrer?.policy ?? '' }
  const head = { ...settled, headers: list, rules: { ...rules, referrer: told } }
  return assemble(target, head, body, init, retry)
}

function assemble(
  target: Target,
  { method, headers, redirect, rules }: Head,
  body: ExtractedBody | null,
  init: Members,
  retry: RetryPolicy,
): ClientRequest {
  const { onInformational, timeouts } = init
  const priority = priorityOf(init.priority)
  return {
    method,
    target,
    headers: priority === null ? headers : withPriority(headers, priority),
    body: body === null ? null : body.body,
    signal: signalOf(init.signal),
    redirect,
    decompress: true,
    retry: init.retry === undefined ? retry : ownRetry(init.retry, retry),
    trailers: null,
    onInformational:
      onInformational === undefined
        ? null
        : AsyncLocalStorage.bind((status, list) => onInformational(status, responseHeaders(list))),
    timeouts: limitsOf(timeouts),
    rules,
    priority,
    context: init.context,
    call: null,
    since: null,
  }
}

/** What is none of ours is a library's that was handed down, and means nothing here, as on the platform. */
function ownRetry(given: unknown, retry: RetryPolicy): RetryPolicy {
  return isRetryOptions(given) ? settleRetry(checkedRetry(given), retry) : retry
}

function withPriority(headers: HeaderList, priority: Priority): HeaderList {
  const list = [...headers]
  addPriority(list, priority)
  return list
}

function bodyOf(init: Members, method: string): ExtractedBody | null {
  const given = init.body ?? null
  if (given === null) return init.json === undefined ? null : jsonOf(init.json, method)
  if (takesNoBody(method)) throw bodyNotAllowed(method)
  const extracted = extractFetchBody(given, signalOf(init.signal))
  if (given instanceof NodeReadableStream && init.duplex !== 'half') {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      "A stream as the body needs the option duplex: 'half'.",
    )
  }
  return extracted
}

/** Wrappers of fetch have an option of that name: beside the body that they made of it, or as a flag. */
function jsonOf(value: unknown, method: string): ExtractedBody | null {
  if (!takesNoBody(method)) return { ...jsonBody(value), contentType: 'application/json' }
  if (value === null || typeof value === 'boolean') return null
  throw bodyNotAllowed(method)
}

/** What the Fetch standard does not let a stream go together with (Request constructor, steps 37 and 38). */
function checkStream(given: ExtractedBody | null, { keepalive, mode }: Request): void {
  if (given === null || given.body.kind !== 'stream' || given.body.replayable) return
  const why = keepalive ? 'keepalive' : mode === 'no-cors' ? "mode: 'no-cors'" : null
  if (why === null) return
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `The option ${why} cannot be used with a stream as the body.`,
  )
}
