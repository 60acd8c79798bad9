import { ProtocolError } from './errors.ts'

/** `what`: which body was measured, with a space behind it, or nothing. */
export function bodyTooLarge(origin: string, limit: number, what = ''): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_BODY_TOO_LARGE',
    `The ${what}response body of ${origin} has more than ${limit} bytes. Raise limits.responseBody if that is expected.`,
    { origin, phase: 'body', processed: 'yes' },
  )
}
