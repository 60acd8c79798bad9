import { ClientError, InvalidRequestError } from '../core/errors.ts'

/** The platform's words, where programs are known to look for them. */
const KNOWN_WORDS = new Map([
  ['ERR_TRUNKLINE_BODY_NOT_ALLOWED', 'Request with GET/HEAD method cannot have body.'],
])

/**
 * Errors as the Fetch standard has them: a `TypeError`, its cause the `ClientError` that says more. Reasons of an
 * abort pass untouched. The two messages are the platform's, since retry libraries recognise network failures by them.
 */
export function toFetchError(error: unknown, message: 'fetch failed' | 'terminated'): unknown {
  if (error instanceof InvalidRequestError)
    return new TypeError(KNOWN_WORDS.get(error.code) ?? error.message, { cause: error })
  return error instanceof ClientError ? new TypeError(message, { cause: error }) : error
}
