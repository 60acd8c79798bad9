import { InvalidRequestError } from '../core/errors.ts'
import { isError } from '../core/is-error.ts'
import type { Members } from './init.ts'

/** `fetch` as it was when Trunkline was loaded: for URLs that need no network, and for other people's dispatchers. */
export const platformFetch = globalThis.fetch

/**
 * The platform's classes, likewise: frameworks put their own in the place of the global ones, and what was made by the
 * platform is none of theirs.
 */
export const { Request: PlatformRequest, Response: PlatformResponse, Headers: PlatformHeaders } = globalThis

export function isRequest(input: unknown): input is Request {
  return input instanceof PlatformRequest || input instanceof Request
}

/** Options that the platform is asked about. */
const PASSED = [
  'cache',
  'credentials',
  'duplex',
  'integrity',
  'keepalive',
  'method',
  'mode',
  'priority',
  'redirect',
  'referrer',
  'referrerPolicy',
  'window',
] as const

/**
 * A native `Request` of input and init: what is wrong with them, the platform says. Headers and body are left out,
 * or, for the body, stood in for: they are ours to read. A Request that init changes nothing of is given back.
 */
export function platformRequest(input: string | Request, init: Members): Request {
  const passed = passedOn(init, typeof input !== 'string')
  if (typeof input !== 'string' && passed === null) return usable(input)
  try {
    const Class = typeof input === 'string' || input instanceof PlatformRequest ? PlatformRequest : Request
    return new Class(input, passed ?? {})
  } catch (error) {
    throw withCause(error)
  }
}

/** Only a `Request` has a body of its own, in whose place another one is put. */
function passedOn(init: Members, replaces: boolean): Record<string, unknown> | null {
  let passed: Record<string, unknown> | null = null
  for (const name of PASSED) {
    const value = init[name]
    if (value === undefined) continue
    passed ??= {}
    passed[name] = value
  }
  if (replaces && ((init.body ?? null) !== null || init.json !== undefined))
    passed = { ...passed, body: new Uint8Array(0) }
  // Any option at all takes away the referrer of a Request. The signal is ours to listen to.
  if (init.headers !== undefined) passed = { ...passed, headers: [] }
  if (init.signal !== undefined) passed = { ...passed, signal: null }
  return passed
}

function usable(input: Request): Request {
  if (input.bodyUsed || input.body?.locked) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      'Cannot send a Request whose body has already been used, or is locked by a reader.',
    )
  }
  return input
}

/** The platform's own error, and what every error of a request that is wrong has for a cause here. */
function withCause(error: unknown): unknown {
  if (isError(error) && error.name === 'TypeError' && error.cause === undefined) {
    error.cause = new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', error.message)
  }
  return error
}
