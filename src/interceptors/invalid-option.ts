import { InvalidRequestError } from '../core/errors.ts'

/** An option of a ready interceptor is wrong; `interceptor` is its name. */
export function invalidOption(interceptor: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid option of ${interceptor}: ${why}.`)
}
