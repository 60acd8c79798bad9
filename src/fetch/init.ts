import type { RequestContext } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import type { HeadersInput } from '../core/headers.ts'
import type { PriorityInput } from '../core/priority.ts'
import type { RetryOptions } from '../core/retry-policy.ts'
import type { BodyInput } from './body.ts'
import type { RequestTimeouts } from './options.ts'

/** The platform's `RequestInit`, and a few things beside it. */
export interface FetchInit extends Omit<RequestInit, 'body' | 'headers' | 'signal' | 'priority'> {
  /** An object, a list of pairs, or `Headers`. */
  readonly headers?: HeadersInput | undefined
  /** An iterable that is not asynchronous is text to `fetch`, as on the platform: `a,b` for `['a', 'b']`. */
  readonly body?: BodyInput | null | undefined
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | null | undefined
  /** Sends the value as JSON, with its content-type. Ignored beside a `body`. A big one goes in slices, without a length. */
  readonly json?: unknown
  /** Time limits of this request, in place of the client's. */
  readonly timeouts?: RequestTimeouts | undefined
  /** Retries of this request: parts of a policy over the client's, or false for none. Anything else is ignored. */
  readonly retry?: RetryOptions | undefined
  /** How urgent it is (RFC 9218): the platform's `high` or `low`, or its parameters. */
  readonly priority?: PriorityInput | undefined
  /** Whatever your interceptors and hooks should know of this request; nothing of it is sent. */
  readonly context?: RequestContext | undefined
  /** Told of each interim response (103 Early Hints and others) with its status and fields. */
  readonly onInformational?: ((status: number, headers: Headers) => void) | undefined
}

/** What an init says, each member of it asked for once. Types are what they should be, not what they are known to be. */
export interface Members extends Partial<PlatformMembers> {
  readonly body: unknown
  readonly duplex: unknown
  readonly headers: HeadersInput | undefined
  readonly json: unknown
  readonly method: unknown
  readonly context: RequestContext | undefined
  readonly onInformational: FetchInit['onInformational']
  readonly priority: PriorityInput | undefined
  readonly redirect: unknown
  readonly retry: RetryOptions | undefined
  readonly signal: unknown
  readonly timeouts: RequestTimeouts | undefined
  /** Any of the `PlatformMembers` is there. */
  readonly rare: boolean
}

/** Members of which the platform says what they mean. */
export interface PlatformMembers {
  readonly cache: unknown
  readonly credentials: unknown
  readonly dispatcher: unknown
  readonly integrity: unknown
  readonly keepalive: unknown
  readonly mode: unknown
  readonly referrer: unknown
  readonly referrerPolicy: unknown
  readonly window: unknown
}

const NOTHING: Members = membersOf({})

/** @throws InvalidRequestError for what is no object. */
export function readInit(init: unknown): Members {
  if (init === undefined || init === null) return NOTHING
  if (typeof init === 'object' || typeof init === 'function') return membersOf(init)
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'The second argument of fetch must be an object.',
  )
}

function membersOf(init: Partial<Members & PlatformMembers>): Members {
  const { body, cache, credentials, dispatcher, duplex, headers, integrity, json, keepalive, method } = init
  const { mode, onInformational, priority, redirect, referrer, referrerPolicy, retry, signal } = init
  const { context, timeouts, window } = init
  const rare =
    cache !== undefined ||
    credentials !== undefined ||
    dispatcher !== undefined ||
    integrity !== undefined ||
    keepalive !== undefined ||
    mode !== undefined ||
    referrer !== undefined ||
    referrerPolicy !== undefined ||
    window !== undefined
  const common: Members = {
    body,
    duplex,
    headers,
    // A Request given as init, which the platform allows, has a method of that name.
    json: typeof json === 'function' ? undefined : json,
    method,
    context,
    onInformational,
    priority,
    redirect,
    retry,
    signal,
    timeouts,
    rare,
  }
  if (!rare) return common
  const platform = { cache, credentials, dispatcher, integrity, keepalive, mode, referrer }
  return { ...common, ...platform, referrerPolicy, window }
}
