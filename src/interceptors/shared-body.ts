import { BodyQueue } from '../core/body-queue.ts'
import { ClientError, copyOf } from '../core/errors.ts'
import { ResponseBody } from '../core/response-body.ts'

/**
 * One body for several readers, each of whom gets all of it. It comes as fast as the slowest of them reads; one who
 * cancels is not waited for, and when all have, the body is cancelled.
 */
export function shareBody(body: ResponseBody, readers: number): ResponseBody[] {
  const live = new Set<BodyQueue>()
  const resumed = { wake: () => {} }
  for (let reader = 0; reader < readers; reader += 1) {
    const queue: BodyQueue = new BodyQueue({
      pause() {},
      resume: () => resumed.wake(),
      cancel: (reason) => {
        live.delete(queue)
        if (live.size === 0) body.cancel(reason)
        resumed.wake()
      },
    })
    live.add(queue)
  }
  const queues = [...live]
  void pump(body, live, resumed)
  return queues.map((queue) => new ResponseBody(queue))
}

async function pump(body: ResponseBody, live: Set<BodyQueue>, resumed: { wake: () => void }): Promise<void> {
  try {
    for await (const chunk of body) {
      let first = true
      for (const queue of [...live]) {
        // A reader may give the buffer away, as a byte stream does: each has its own.
        queue.push(first ? chunk : new Uint8Array(chunk))
        first = false
      }
      while ([...live].some(({ paused }) => paused)) {
        await new Promise<void>((resolve) => {
          resumed.wake = resolve
        })
      }
    }
    const trailers = await body.trailers()
    for (const queue of live) queue.end(trailers)
  } catch (error) {
    for (const queue of live) queue.fail(error instanceof ClientError ? copyOf(error) : error)
  }
}
