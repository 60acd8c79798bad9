import { type Clock, systemClock } from '../../core/clock.ts'
import type { RequestContext } from '../../core/dispatch.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import type { HeadersInput } from '../../core/headers.ts'
import { notAnOption } from '../../core/nearest.ts'
import type { BodyInput } from '../../fetch/body.ts'
import { anything, type Check, duration, func, text, whole } from '../../option-checks.ts'

/** Why the next connection is wanted: an error, a status, or the server ended the stream. */
export type ReconnectReason = { readonly error: unknown } | { readonly status: number } | 'ended'

/** What `onReconnect` is told. */
export interface Reconnect {
  /** 1 for the first since something came. */
  readonly attempt: number
  /** ms until it is tried. */
  readonly delay: number
  readonly reason: ReconnectReason
}

/** Options of an event stream. */
export interface EventStreamOptions {
  readonly headers?: HeadersInput
  /** Default GET. */
  readonly method?: string
  /** With another method. Bytes, text or a function that gives a stream: it is sent with each connection. */
  readonly body?: BodyInput
  readonly json?: unknown
  /** Ends the iteration with its reason. */
  readonly signal?: AbortSignal
  /** Of an event that was seen before. */
  readonly lastEventId?: string
  /** ms without a byte, comments included, until the connection is taken for dead. Default: no limit. */
  readonly idleTimeout?: number
  /** ms before the first reconnect, until the server says otherwise (`retry:`). Default 1000. */
  readonly reconnectDelay?: number
  /** It doubles with each failure in a row up to this, ms. Default 30,000. */
  readonly maxReconnectDelay?: number
  /** Failures in a row until the error is thrown; 0: never reconnects. Default 10. */
  readonly maxReconnects?: number
  /** Statuses after which it tries again; Retry-After is heeded. Default 429, 502, 503 and 504. */
  readonly reconnectStatuses?: readonly number[]
  /** Largest event, characters. Default 16,777,216. */
  readonly maxEventSize?: number
  /** A connection ended, or could not be made; it is tried again. */
  readonly onReconnect?: (event: Reconnect) => void
  /** A connection stands. */
  readonly onOpen?: () => void
  readonly context?: RequestContext
  /** Time, for tests. */
  readonly clock?: Clock
}

export type SettledOptions = EventStreamOptions &
  Required<
    Pick<
      EventStreamOptions,
      | 'idleTimeout'
      | 'reconnectDelay'
      | 'maxReconnectDelay'
      | 'maxReconnects'
      | 'reconnectStatuses'
      | 'maxEventSize'
      | 'clock'
    >
  >

const CHECKS: { readonly [Name in keyof Required<EventStreamOptions>]: Check } = {
  headers: anything,
  method: text,
  body: anything,
  json: anything,
  signal: (value) => (value instanceof AbortSignal ? null : 'an AbortSignal'),
  lastEventId: (value) =>
    typeof value === 'string' && !/[\0\r\n]/.test(value) ? null : 'a string without NUL and line breaks',
  idleTimeout: duration(1),
  reconnectDelay: duration(0),
  maxReconnectDelay: duration(0),
  maxReconnects: whole(0),
  reconnectStatuses: (value) =>
    Array.isArray(value) && value.every(Number.isInteger) ? null : 'a list of whole numbers',
  maxEventSize: whole(1),
  onReconnect: func,
  onOpen: func,
  context: anything,
  clock: anything,
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function settleOptions(options: EventStreamOptions): SettledOptions {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'must be an object')
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw invalid(name, notAnOption(name, Object.keys(CHECKS)))
    const expected = value === undefined ? null : CHECKS[name as keyof EventStreamOptions](value)
    if (expected !== null) throw invalid(name, `must be ${expected}`)
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return {
    idleTimeout: Number.POSITIVE_INFINITY,
    reconnectDelay: 1000,
    maxReconnectDelay: 30_000,
    maxReconnects: 10,
    reconnectStatuses: [429, 502, 503, 504],
    maxEventSize: 16 * 1024 * 1024,
    clock: systemClock,
    ...given,
  }
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid option of eventStream: ${name} ${why}.`,
  )
}
