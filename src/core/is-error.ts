import { types } from 'node:util'

/**
 * Whether it is an error, of whatever realm. Node's errors are of the main one, and code that a test runner loads has
 * globals of its own: there `instanceof Error` says no to an ECONNREFUSED.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}
