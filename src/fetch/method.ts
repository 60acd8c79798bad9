import { InvalidRequestError } from '../core/errors.ts'
import { isToken } from '../core/headers.ts'

const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i
const FORBIDDEN = /^(?:connect|trace|track)$/i

/** A method the Fetch standard lets through. */
export function isMethod(method: string): boolean {
  return isToken(method) && !FORBIDDEN.test(method)
}

/** The Fetch standard upper-cases six methods and leaves all others as they are; `patch` stays `patch`. */
export function normalizeMethod(method: string): string {
  return NORMALIZED.test(method) ? method.toUpperCase() : method
}

export function bodyNotAllowed(method: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_BODY_NOT_ALLOWED',
    `A ${method} request cannot have a body. Use another method, or put the data into the URL.`,
  )
}
