import { DISMISSED } from '../core/body-queue.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientResponse } from '../core/dispatch.ts'
import { contentLength } from '../core/headers.ts'

/** A body up to this many bytes is read to its end, so that its connection stays usable; more is cancelled. */
const WORTH_READING = 64 * 1024

/** How long an HTTP/1.1 socket is waited for, ms; after that the next request has another one. */
const WORTH_WAITING = 100

/** Lets go of a response that nobody will see. Over HTTP/1.1 resolves when its socket is free for the next request. */
export async function dismiss(response: ClientResponse, clock: Clock): Promise<void> {
  const { body, headers, protocol } = response
  const length = contentLength(headers)
  if (typeof length !== 'number' || length > WORTH_READING) return body.cancel(DISMISSED)
  const read = body.discard().catch(() => {})
  if (protocol === 'http/1.1') await orGiveUp(read, response, clock)
}

function orGiveUp(read: Promise<void>, { body }: ClientResponse, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => {
      body.cancel(DISMISSED)
      resolve()
    }, WORTH_WAITING)
    read.then(() => {
      timer.cancel()
      resolve()
    })
  })
}
