import { BodyError, ClientError, InvalidRequestError } from '../core/errors.ts'

/**
 * Errors as the Fetch standard has them: a `TypeError`, its cause the `ClientError` that says more. Reasons of an
 * abort pass untouched, and a body that ends in an abort aborts its request: one that is another response's body, say,
 * whose call was given up. The two messages are the platform's, since retry libraries recognise network failures by them.
 */
export function toFetchError(error: unknown, message: 'fetch failed' | 'terminated'): unknown {
  if (error instanceof InvalidRequestError) return new TypeError(error.message, { cause: error })
  if (error instanceof BodyError && isAbort(error.cause)) return aborted(error)
  return error instanceof ClientError ? new TypeError(message, { cause: error }) : error
}

function isAbort(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && (cause as Partial<Error>).name === 'AbortError'
}

function aborted(cause: BodyError): DOMException {
  return new DOMException('The operation was aborted.', { name: 'AbortError', cause })
}
