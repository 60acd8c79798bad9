import { InvalidRequestError } from './errors.ts'
import { jsonPieces } from './json-pieces.ts'
import { lighten } from './json-weight.ts'
import { bytesBody, type RequestBody, replayableBody } from './request-body.ts'
import { loopTurns, type Turns } from './turns.ts'

/** Up to this weight, in characters about, a value is stringified at once: that takes a fraction of a millisecond. */
const SMALL = 64 * 1024

export interface JsonBody {
  readonly body: RequestBody
  /** Bytes in all; null for a big value, whose text is made while it is sent. */
  readonly length: number | null
}

const encoder = new TextEncoder()

/**
 * A value as a body of JSON. A small one is stringified at once. A big one is stringified in slices while it is sent,
 * with turns for others in between, and from its beginning if it is sent again: until then it must not change.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for what has no JSON form; when that is found only while
 * it is sent, the request fails with `ERR_TRUNKLINE_REQUEST_BODY_FAILED`.
 */
export function jsonBody(value: unknown, turns: Turns = loopTurns): JsonBody {
  if (lighten(SMALL, value) < 0 && (typeof value === 'object' || typeof value === 'string')) {
    return { body: replayableBody(null, () => turns.run(jsonPieces(value))), length: null }
  }
  const bytes = encoder.encode(jsonText(value))
  return { body: bytesBody(bytes), length: bytes.length }
}

function jsonText(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw invalid(`cannot be serialized: ${(cause as Error)?.message?.split('\n')[0]}`, { cause })
  }
  if (text === undefined) throw invalid(`cannot be ${typeof value}; JSON has no such value`)
  return text
}

function invalid(why: string, details: { readonly cause?: unknown } = {}): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid request option: json ${why}.`,
    details,
  )
}
