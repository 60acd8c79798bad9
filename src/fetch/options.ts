import type { PhaseLimits, RedirectMode } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import { textOf } from '../core/text-of.ts'
import type { ExtractedBody } from './body.ts'

/** Options that `fetch` and `request` have in common, checked. */

/** Time limits of one request, ms, in place of those of its client; `Infinity` for none. */
export interface RequestTimeouts extends PhaseLimits {
  /** For all of it: redirects, retries and the body. Fails with a `TimeoutError`, as `AbortSignal.timeout()` does. */
  readonly total?: number
}

const PHASES = ['queue', 'headers', 'body', 'total'] as const

export function timeoutsOf(timeouts: RequestTimeouts | undefined): PhaseLimits | null {
  if (timeouts === undefined) return null
  if (typeof timeouts !== 'object' || timeouts === null) throw invalid('timeouts must be an object')
  const limits: { queue?: number; headers?: number; body?: number } = {}
  for (const [name, value] of Object.entries(timeouts)) {
    const phase = PHASES.find((known) => known === name)
    if (phase === undefined) throw invalid(`timeouts.${name} is no option; there are ${PHASES.join(', ')}`)
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value >= 1))
      throw invalid(`timeouts.${name} must be a number of ms, 1 at least`)
    if (phase !== 'total') limits[phase] = value
  }
  return limits
}

/** The longest delay of Node's timers, ms. */
const LONGEST = 2 ** 31 - 1

/** The caller's signal, and the limit on the whole of it. */
export function signalWithin(
  signal: AbortSignal | null,
  timeouts: RequestTimeouts | undefined,
): AbortSignal | null {
  const total = timeouts?.total
  if (total === undefined || total > LONGEST) return signal
  const deadline = AbortSignal.timeout(total)
  return signal === null ? deadline : AbortSignal.any([signal, deadline])
}

export function signalOf(signal: unknown): AbortSignal | null {
  if (signal === null || signal === undefined) return null
  if (signal instanceof AbortSignal) return signal
  throw invalid('signal must be an AbortSignal')
}

export function redirectOf(mode: unknown): RedirectMode {
  if (mode === 'follow' || mode === 'manual' || mode === 'error') return mode
  throw invalid(`redirect must be 'follow', 'manual' or 'error', not ${JSON.stringify(textOf(mode))}`)
}

/** RFC 9110 section 8.6: a method that usually has a body says so when it has none. */
export function contentLengthFor(method: string, body: ExtractedBody | null): string | null {
  if (body !== null) return body.length === null ? null : String(body.length)
  return method === 'POST' || method === 'PUT' ? '0' : null
}

export function jsonAndBody(): InvalidRequestError {
  return invalid('json and body exclude each other')
}

function invalid(why: string, cause?: unknown): InvalidRequestError {
  const details = cause === undefined ? {} : { cause }
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid request option: ${why}.`, details)
}
