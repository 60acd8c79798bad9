import type { ClientResponse } from '../core/dispatch.ts'
import { contentLength } from '../core/headers.ts'

/** A body up to this many bytes is read to its end, so that an HTTP/1.1 socket stays usable; more is cancelled. */
const WORTH_READING = 64 * 1024

/** Lets go of a response that nobody will see; resolves when its connection is free for the next request. */
export async function discardOrCancel(response: ClientResponse): Promise<void> {
  const length = contentLength(response.headers)
  const small = typeof length === 'number' && length <= WORTH_READING
  if (small) await response.body.discard().catch(() => {})
  else response.body.cancel()
}
