import { type ErrorCode, InvalidRequestError } from './errors.ts'
import { notAnOption } from './nearest.ts'
import { textOf } from './text-of.ts'

/**
 * When a request that failed, or was answered with a status that asks for patience, is sent once more. This is
 * policy, beside the replay of requests that the server provably did not process, which is always safe and always on.
 */
export interface RetryPolicy {
  /** Further attempts after the first; 0 turns retries off. */
  readonly limit: number
  /** Methods that may be repeated (RFC 9110 section 9.2.2). A request with Idempotency-Key may be as well. */
  readonly methods: readonly string[]
  /** Failures before the response head that are worth another attempt. */
  readonly errors: readonly ErrorCode[]
  /** Response statuses that are. */
  readonly statuses: readonly number[]
  /** ms; the n-th retry waits a random part of `baseDelay * 2^(n-1)`, at most `maxDelay`. */
  readonly baseDelay: number
  readonly maxDelay: number
  /** A longer Retry-After than this, ms, is not waited for: the response is handed to the caller. */
  readonly maxRetryAfter: number
  /** Told of each retry before its wait. */
  readonly onRetry: ((event: RetryEvent) => void) | null
}

/** What `onRetry` is told before a request is sent again. */
export interface RetryEvent {
  readonly method: string
  readonly url: string
  /** 1 for the first retry. */
  readonly retry: number
  /** ms until it is sent. */
  readonly delay: number
  /** Why: an error, or a status. */
  readonly reason: { readonly error: unknown } | { readonly status: number }
}

export const RETRY_DEFAULTS: RetryPolicy = {
  limit: 1,
  methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'],
  errors: ['ERR_TRUNKLINE_CONNECTION_LOST', 'ERR_TRUNKLINE_PING_TIMEOUT'],
  statuses: [],
  baseDelay: 100,
  maxDelay: 10_000,
  maxRetryAfter: 60_000,
  onRetry: null,
}

/** What a user gives: any part of a policy, or false. */
export type RetryOptions = Partial<RetryPolicy> | false

export function settleRetry(options: RetryOptions | undefined, defaults: RetryPolicy): RetryPolicy {
  if (options === undefined) return defaults
  if (options === false) return { ...defaults, limit: 0 }
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  }
}

type Rule = readonly [expected: string, fits: (value: unknown) => boolean]

const DURATION: Rule = ['a number of milliseconds, at least 0', isDuration]

const RULES: { readonly [Field in keyof RetryPolicy]: Rule } = {
  limit: ['a whole number of at least 0', (value) => Number.isInteger(value) && (value as number) >= 0],
  methods: ['a list of methods', isListOf((entry) => typeof entry === 'string')],
  errors: [
    'a list of error codes (ERR_TRUNKLINE_…)',
    isListOf((entry) => typeof entry === 'string' && entry.startsWith('ERR_TRUNKLINE_')),
  ],
  statuses: ['a list of statuses', isListOf((entry) => typeof entry === 'number')],
  baseDelay: DURATION,
  maxDelay: DURATION,
  maxRetryAfter: DURATION,
  onRetry: ['a function or null', (value) => value === null || typeof value === 'function'],
}

/** Whether it is meant for us: a library over `fetch` hands options of its own down, among them a count or other names. */
export function isRetryOptions(given: unknown): given is RetryOptions {
  if (typeof given !== 'object' || given === null) return given === false
  return Object.keys(given).every((name) => Object.hasOwn(RULES, name))
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the part of `retry` that is wrong. */
export function checkedRetry(options: RetryOptions | undefined): RetryOptions | undefined {
  if (options === undefined || options === false) return options
  if (typeof options !== 'object' || options === null)
    throw invalid('retry', `must be an object or false, not ${textOf(options).slice(0, 100)}`)
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) throw invalid(`retry.${name}`, notAnOption(name, Object.keys(RULES)))
    const [expected, fits] = RULES[name as keyof RetryPolicy]
    if (value !== undefined && !fits(value))
      throw invalid(`retry.${name}`, `must be ${expected}, not ${textOf(value).slice(0, 100)}`)
  }
  return options
}

function isListOf(fits: (entry: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(fits)
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid option: ${name} ${why}.`)
}
