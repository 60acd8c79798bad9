import type { TimeoutsFor } from './interceptors/total-timeout.ts'
import { type Checks, checkGroup, duration } from './option-checks.ts'

/** Limits on the time of each phase, ms; `Infinity`: none. */
export interface TimeoutOptions {
  /** DNS, TCP, a proxy's answer and TLS of one dial together; all but TLS when `tls` is given. Default 10,000. */
  readonly connect?: number
  /** The look-up alone. Default `Infinity`: as long as `connect` allows. */
  readonly dns?: number
  /** A proxy's answer to the wish for a tunnel alone. Default `Infinity`: as long as `connect` allows. */
  readonly proxy?: number
  /** Each TLS handshake alone, which then no longer counts in `connect`. Default `Infinity`: as long as that allows. */
  readonly tls?: number
  /**
   * Wait for a connection with room, its dial included; and for a turn under in-flight limits. Default `Infinity`: as
   * long as the caller waits.
   */
  readonly queue?: number
  /** From the request on the wire to the response head. Default 300,000, the platform's. */
  readonly headers?: number
  /** Between two pieces of a response body. Default 300,000, the platform's. */
  readonly body?: number
  /** From the call to the last byte of the body, retries and redirects included. Default `Infinity`. */
  readonly total?: number
}

/**
 * Limits for all requests, or a function that gives those of each, called once for each call. Dials belong to no
 * request: beside a function they have the defaults.
 */
export type ClientTimeoutOptions = TimeoutOptions | TimeoutsFor

export interface SettledTimeouts {
  readonly timeouts: Required<TimeoutOptions>
  readonly timeoutsFor: TimeoutsFor | null
}

const DEFAULTS: Required<TimeoutOptions> = {
  connect: 10_000,
  dns: Number.POSITIVE_INFINITY,
  proxy: Number.POSITIVE_INFINITY,
  tls: Number.POSITIVE_INFINITY,
  queue: Number.POSITIVE_INFINITY,
  headers: 300_000,
  body: 300_000,
  total: Number.POSITIVE_INFINITY,
}

const CHECKS: Checks = {
  connect: duration(1),
  dns: duration(1),
  proxy: duration(1),
  tls: duration(1),
  queue: duration(1),
  headers: duration(1),
  body: duration(1),
  total: duration(1),
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function settleTimeouts(given: ClientTimeoutOptions | undefined): SettledTimeouts {
  if (given === undefined) return { timeouts: DEFAULTS, timeoutsFor: null }
  if (typeof given === 'function') return { timeouts: DEFAULTS, timeoutsFor: given }
  checkGroup('timeouts', CHECKS, given)
  const named = Object.entries(given).filter(([, value]) => value !== undefined)
  return { timeouts: { ...DEFAULTS, ...Object.fromEntries(named) }, timeoutsFor: null }
}
