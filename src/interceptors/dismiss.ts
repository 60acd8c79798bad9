import type { ClientResponse } from '../core/dispatch.ts'
import { contentLength } from '../core/headers.ts'

/** A body up to this many bytes is read to its end, so that an HTTP/1.1 socket stays usable; more is cancelled. */
const WORTH_READING = 64 * 1024

/** Lets go of a response that nobody will see. */
export function discardOrCancel(response: ClientResponse): void {
  const length = contentLength(response.headers)
  if (typeof length === 'number' && length <= WORTH_READING) response.body.discard().catch(() => {})
  else response.body.cancel()
}
