import { InvalidRequestError, ProtocolError } from '../core/errors.ts'

/** Content-Length gone wrong, in either direction (RFC 9110 section 8.6, RFC 9113 section 8.1.1). */

export function wrongRequestLength(origin: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    'Invalid header "content-length": it differs from the number of bytes in the body. Leave it out: it is computed from the body.',
    { origin },
  )
}

export function malformedResponseLength(origin: string): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    `${origin} sent a response whose content-length is not one number (RFC 9110 section 8.6).`,
    { origin, phase: 'headers', processed: 'yes' },
  )
}

export function cutOff(
  origin: string,
  streamId: number | undefined,
  expected: number,
  received: number,
): ProtocolError {
  return new ProtocolError(
    'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH',
    `${origin} announced ${expected} bytes and sent ${received}; the response is incomplete.`,
    { origin, phase: 'body', processed: 'yes', streamId },
  )
}
