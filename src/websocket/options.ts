import type { RequestContext } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import type { HeadersInput } from '../core/headers.ts'
import { notAnOption } from '../core/nearest.ts'
import type { RequestTimeouts } from '../fetch/options.ts'
import { anything, boolean, type Check, duration, whole } from '../option-checks.ts'

/** Options of one WebSocket. */
export interface WebSocketOptions {
  /** Subprotocols in order of preference (RFC 6455 section 1.9); the server must choose one of them. */
  readonly protocols?: string | readonly string[]
  /** Sent with the handshake. */
  readonly headers?: HeadersInput
  /** Gives the handshake up; of no effect on an open socket. */
  readonly signal?: AbortSignal | null
  /** Of the phases of the handshake, in place of the client's. `total`, for all of it, is 30,000 ms unless told. */
  readonly timeouts?: RequestTimeouts
  /** Compression of messages (RFC 7692), or its options as `ws` has them. Default true: offered. */
  readonly perMessageDeflate?: boolean | object
  /** Largest message taken, bytes. Default 100 MiB. */
  readonly maxPayload?: number
  /** Answers PINGs by itself. Default true. */
  readonly autoPong?: boolean
  /** Takes text that is not UTF-8. Default false. */
  readonly skipUTF8Validation?: boolean
  /** Several messages may be told in one tick. Default true. */
  readonly allowSynchronousEvents?: boolean
  /** How long the closing handshake may take, ms. Default 30,000. */
  readonly closeTimeout?: number
  /** For interceptors and hooks; nothing of it is sent. */
  readonly context?: RequestContext
}

/** Options that `ws` takes as they are. */
const OF_WS = [
  'perMessageDeflate',
  'maxPayload',
  'autoPong',
  'skipUTF8Validation',
  'allowSynchronousEvents',
  'closeTimeout',
] as const

const isObject = (value: unknown) => typeof value === 'object' && value !== null

const CHECKS: { readonly [Name in keyof Required<WebSocketOptions>]: Check } = {
  protocols: (value) =>
    [value].flat().every((one) => typeof one === 'string') ? null : 'a string or a list of strings',
  headers: anything,
  signal: anything,
  timeouts: anything,
  perMessageDeflate: (value) =>
    typeof value === 'boolean' || isObject(value) ? null : 'true, false or an object',
  maxPayload: whole(0),
  autoPong: boolean,
  skipUTF8Validation: boolean,
  allowSynchronousEvents: boolean,
  closeTimeout: duration(1),
  context: (value) => (isObject(value) ? null : 'an object'),
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function checkWebSocketOptions(options: unknown): void {
  if (!isObject(options)) throw invalidWebSocketOption('options', 'must be an object')
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(CHECKS, name))
      throw invalidWebSocketOption(name, notAnOption(name, Object.keys(CHECKS)))
    const expected = value === undefined ? null : CHECKS[name as keyof WebSocketOptions](value)
    if (expected !== null) throw invalidWebSocketOption(name, `must be ${expected}`)
  }
}

export function optionsForWs(options: WebSocketOptions): Record<string, unknown> {
  return Object.fromEntries(
    OF_WS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

export function invalidWebSocketOption(name: string, why: string, cause?: unknown): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid option of websocket: ${name} ${why}.`,
    cause === undefined ? {} : { cause },
  )
}
