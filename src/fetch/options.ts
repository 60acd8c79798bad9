import type { PhaseLimits, RedirectMode } from '../core/dispatch.ts'
import { InvalidRequestError } from '../core/errors.ts'
import { textOf } from '../core/text-of.ts'
import type { ExtractedBody } from './body.ts'

/** Options that `fetch` and `request` have in common, checked. */

/** Time limits of one request, ms, in place of those of its client; `Infinity` for none. */
export type RequestTimeouts = { readonly [Name in keyof PhaseLimits]: PhaseLimits[Name] | undefined }

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
  return invalid('json and body cannot be used together; pass one of them')
}

function invalid(why: string, cause?: unknown): InvalidRequestError {
  const details = cause === undefined ? {} : { cause }
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid request option: ${why}.`, details)
}
