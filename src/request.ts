import { AsyncLocalStorage } from 'node:async_hooks'
import type {
  ClientRequest,
  ClientResponse,
  Dispatch,
  RedirectMode,
  RequestContext,
  Timings,
} from './core/dispatch.ts'
import { InvalidRequestError } from './core/errors.ts'
import {
  type HeaderList,
  type HeadersInput,
  headerRecord,
  headerValue,
  toHeaderList,
} from './core/headers.ts'
import { jsonBody } from './core/json-body.ts'
import { notAnOption } from './core/nearest.ts'
import { limitsOf } from './core/phase-limits.ts'
import { addPriority, type PriorityInput, priorityOf } from './core/priority.ts'
import type { ResponseBody } from './core/response-body.ts'
import { checkedRetry, type RetryOptions, type RetryPolicy, settleRetry } from './core/retry-policy.ts'
import { textOf } from './core/text-of.ts'
import { type BodyInput, type ExtractedBody, extractBody } from './fetch/body.ts'
import { bodyNotAllowed, checkedMethod, takesNoBody } from './fetch/method.ts'
import { contentLengthFor, jsonAndBody, type RequestTimeouts, redirectOf, signalOf } from './fetch/options.ts'
import { anyTargetOf } from './fetch/target.ts'

/** Options of one `request`. */
export interface RequestOptions {
  /** Default GET. Sent as given: methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method?: string | undefined
  /** An object, a list of pairs, or `Headers`. */
  readonly headers?: HeadersInput | undefined
  /** Bytes are sent from where they lie, not from a copy: do not change them until the call has settled. */
  readonly body?: BodyInput | null | undefined
  /**
   * Sends the value as JSON, with its content-type. Not together with `body`. A big one is stringified in slices while
   * it is sent, without a content-length, and must not change meanwhile.
   */
  readonly json?: unknown
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | null | undefined
  /** Default `'manual'`: a redirect is a response like any other. */
  readonly redirect?: RedirectMode | undefined
  /** Undo content codings. Default false; ask the server for one with `accept-encoding`. */
  readonly decompress?: boolean | undefined
  /** Time limits of this request, in place of the client's. */
  readonly timeouts?: RequestTimeouts | undefined
  /** Retries of this request: parts of a policy over the client's, or false for none. */
  readonly retry?: RetryOptions | undefined
  /** How urgent it is (RFC 9218): sent as the `priority` field, and orders the requests that wait here. */
  readonly priority?: PriorityInput | undefined
  /** Whatever your interceptors and hooks should know of this request; nothing of it is sent. */
  readonly context?: RequestContext | undefined
  /** Trailer fields, or a function that gives them when the body has been sent. */
  readonly trailers?: HeadersInput | (() => HeadersInput | Promise<HeadersInput>) | undefined
  /** Told of each interim response (1xx) as it comes. */
  readonly onInformational?: ((status: number, headers: ResponseHeaders) => void) | undefined
}

/** Fields by lower-case name, repeats joined by a comma. The object has no prototype, so no name is special. */
export type ResponseHeaders = Readonly<Record<string, string>>

/** A response at the lower level. */
export interface RequestResult {
  /** The status code; no status makes the call reject. */
  readonly status: number
  /** By lower-case name; made on first use. `rawHeaders` keeps repeats apart, as `set-cookie` needs. */
  readonly headers: ResponseHeaders
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: HeaderList
  /** Read it once, with `json()`, `text()`, `bytes()`, `stream()` or `for await`, or let go of it with `discard()`. */
  readonly body: ResponseBody
  /** Trailer fields, name, value, name, value; resolves when the body has ended. */
  readonly trailers: Promise<HeaderList>
  /** The URL that answered: the last one if redirects were followed. */
  readonly url: string
  /** The protocol that carried it. */
  readonly protocol: 'h2' | 'http/1.1'
  /** Where the time went, ms; `total` is set when the body has ended. */
  readonly timings: Timings
  /**
   * Tells the server another priority for what is still to come of the body, by PRIORITY_UPDATE (RFC 9218 section 7.1).
   * The engine `wire` can; `false`: nobody was told, since the response has ended or its connection cannot.
   */
  reprioritize(priority: PriorityInput): boolean
  /** The connection that carried it; events and stats use the same id. */
  readonly connectionId: number
  /** HTTP/2 stream id; undefined over HTTP/1.1. */
  readonly streamId: number | undefined
}

/** The lower-level call: no `Response`, no web streams. Rejects with a `ClientError`. */
export type Request = (url: string | URL, options?: RequestOptions) => Promise<RequestResult>

/** `request()`: less than fetch, and closer to the wire. Rejects with a `ClientError` or the signal's reason. */
export function createRequest(dispatch: Dispatch, retry: RetryPolicy): Request {
  // Not an async function: those cost twice the promise, and this is called for every request.
  return function request(url, options = {}) {
    try {
      return dispatch(toClientRequest(url, options, retry)).then(toResult)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

const toResult = (response: ClientResponse): RequestResult => new Result(response)

/** What a value must be, and whether it is; null: whoever uses it checks it. */
const OPTION_CHECKS: {
  readonly [Name in keyof Required<RequestOptions>]:
    | readonly [expected: string, fits: (value: unknown) => boolean]
    | null
} = {
  method: null,
  headers: null,
  body: null,
  json: null,
  signal: null,
  redirect: null,
  retry: null,
  timeouts: null,
  priority: null,
  context: ['an object', (value) => typeof value === 'object' && value !== null],
  decompress: ['true or false', (value) => typeof value === 'boolean'],
  trailers: [
    'headers, or a function that returns them',
    (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  ],
  onInformational: ['a function', (value) => typeof value === 'function'],
}

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'must be an object')
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTION_CHECKS, name)) {
      throw invalid(name, notAnOption(name, Object.keys(OPTION_CHECKS)))
    }
    const check = OPTION_CHECKS[name as keyof RequestOptions]
    if (value === undefined || check === null) continue
    const [expected, fits] = check
    if (!fits(value)) throw invalid(name, `must be ${expected}, not ${textOf(value).slice(0, 100)}`)
  }
}

function toClientRequest(url: string | URL, options: RequestOptions, retry: RetryPolicy): ClientRequest {
  checkOptions(options)
  const target = anyTargetOf(url)
  const method = checkedMethod(options.method ?? 'GET')
  const headers = toHeaderList(options.headers)
  const body = bodyOf(options, headers)
  if (body !== null && takesNoBody(method)) throw bodyNotAllowed(method)
  addIfMissing(headers, 'content-type', body?.contentType ?? null)
  addIfMissing(
    headers,
    'content-length',
    options.trailers === undefined ? contentLengthFor(method, body) : null,
  )
  const priority = priorityOf(options.priority)
  addPriority(headers, priority)
  return {
    method,
    target,
    headers,
    body: body?.body ?? null,
    signal: signalOf(options.signal),
    redirect: redirectOf(options.redirect ?? 'manual'),
    decompress: options.decompress ?? false,
    retry: settleRetry(checkedRetry(options.retry), retry),
    trailers: trailersOf(options.trailers),
    onInformational: informationalOf(options.onInformational),
    timeouts: limitsOf(options.timeouts),
    rules: null,
    priority,
    context: options.context,
    call: null,
    since: null,
  }
}

function bodyOf(options: RequestOptions, headers: string[]): ExtractedBody | null {
  const { json, body = null } = options
  if (json === undefined) return body === null ? null : extractBody(body, signalOf(options.signal))
  if (body !== null) throw jsonAndBody()
  addIfMissing(headers, 'content-type', 'application/json')
  return { ...jsonBody(json), contentType: null }
}

function trailersOf(trailers: RequestOptions['trailers']): ClientRequest['trailers'] {
  if (trailers === undefined) return null
  if (typeof trailers === 'function') return async () => toHeaderList(await trailers())
  const list = toHeaderList(trailers)
  return () => list
}

function informationalOf(listener: RequestOptions['onInformational']): ClientRequest['onInformational'] {
  if (listener === undefined) return null
  return AsyncLocalStorage.bind((status, headers) => listener(status, headerRecord(headers)))
}

function addIfMissing(headers: string[], name: string, value: string | null): void {
  if (value !== null && headerValue(headers, name) === null) headers.push(name, value)
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid request option: ${name} ${why}.`)
}

class Result implements RequestResult {
  readonly #response: ClientResponse
  #headers: ResponseHeaders | null = null

  constructor(response: ClientResponse) {
    this.#response = response
  }

  get status(): number {
    return this.#response.status
  }

  get headers(): ResponseHeaders {
    this.#headers ??= headerRecord(this.#response.headers)
    return this.#headers
  }

  get rawHeaders(): HeaderList {
    return this.#response.headers
  }

  get body(): ResponseBody {
    return this.#response.body
  }

  get trailers(): Promise<HeaderList> {
    return this.#response.body.trailers()
  }

  get url(): string {
    return this.#response.url
  }

  get protocol(): 'h2' | 'http/1.1' {
    return this.#response.protocol
  }

  get timings(): Timings {
    return this.#response.timings
  }

  reprioritize(priority: PriorityInput): boolean {
    return this.#response.reprioritize?.(priorityOf(priority) ?? {}) ?? false
  }

  get connectionId(): number {
    return this.#response.connectionId
  }

  get streamId(): number | undefined {
    return this.#response.streamId
  }
}
