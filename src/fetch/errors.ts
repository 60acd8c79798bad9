import { ClientError, InvalidRequestError } from '../core/errors.ts'

/**
 * Errors as the Fetch standard has them: a `TypeError`, its cause the `ClientError` that says more. Reasons of an
 * abort pass untouched. The two messages are the platform's, since retry libraries recognise network failures by them.
 */
export function toFetchError(error: unknown, message: 'fetch failed' | 'terminated'): unknown {
  if (error instanceof InvalidRequestError) return new TypeError(error.message, { cause: error })
  return error instanceof ClientError ? new TypeError(message, { cause: error }) : error
}
