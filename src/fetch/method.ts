import { InvalidRequestError } from '../core/errors.ts'
import { isToken } from '../core/headers.ts'
import { textOf } from '../core/text-of.ts'

const FORBIDDEN = /^(?:connect|trace|track)$/i

/** The methods that the Fetch standard knows, as they and their lower-case forms are sent. */
const COMMON = new Map([
  ...['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].flatMap(
    (method) =>
      [
        [method, method],
        [method.toLowerCase(), method],
      ] as const,
  ),
  ['PATCH', 'PATCH'],
])

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_METHOD` for one that the Fetch standard does not let through. */
export function checkedMethod(method: unknown): string {
  if (typeof method === 'string' && isToken(method) && !FORBIDDEN.test(method)) return method
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_METHOD',
    `Invalid method ${JSON.stringify(textOf(method).slice(0, 100))}: pass a method such as GET or POST; CONNECT, TRACE and TRACK are not allowed.`,
  )
}

/** A method as `fetch` sends it, for those that are usual; undefined for what needs a closer look. */
export function commonMethod(method: unknown): string | undefined {
  return method === undefined ? 'GET' : COMMON.get(method as string)
}

/** RFC 9110 section 9.3.1: a body of GET or HEAD means nothing. */
export function takesNoBody(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

export function bodyNotAllowed(method: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_BODY_NOT_ALLOWED',
    `Request with GET/HEAD method cannot have body: a ${method} request takes none. Use another method, or put the data in the URL.`,
  )
}
