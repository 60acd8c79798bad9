import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { ResponseBody } from '../core/response-body.ts'
import { toFetchError } from './errors.ts'

type Controller = ReadableByteStreamController

/** Nothing is read ahead. Both members are given, so that nothing is looked for on a prototype. */
const NO_BUFFER = { highWaterMark: 0, size: undefined } as unknown as { readonly highWaterMark: number }

/**
 * A body as the platform streams it: bytes (BYOB readers work), failures as `TypeError`. It fails when the body does,
 * or `signal` aborts, and not only at the next read; what has come by then and was not read is lost.
 */
export function responseStream(body: ResponseBody, signal: AbortSignal | null): ReadableStream<Uint8Array> {
  const read = body.reader()
  let unlisten: (() => void) | null = null
  return new NodeReadableStream(
    {
      type: 'bytes',
      start(controller) {
        if (signal !== null) unlisten = failOnAbort(signal, controller)
        body.whenSettled(failWith(new WeakRef(controller), unlisten))
      },
      async pull(controller) {
        try {
          const bytes = await read()
          if (bytes !== null) return controller.enqueue(bytes)
          controller.close()
          controller.byobRequest?.respond(0)
        } catch (error) {
          // A stream that was cancelled or aborted meanwhile takes no second error.
          controller.error(toFetchError(error, 'terminated'))
        }
        unlisten?.()
      },
      cancel(reason) {
        unlisten?.()
        body.cancel(reason)
      },
    },
    NO_BUFFER,
  )
}

// Neither a body that still comes nor a signal may keep a stream alive that its reader has dropped. So what they hold
// is made out here, where it sees nothing of the stream's own functions, and refers to the stream weakly.

function failWith(stream: WeakRef<Controller>, unlisten: (() => void) | null): (error: unknown) => void {
  return (error) => {
    if (error === undefined) return
    stream.deref()?.error(toFetchError(error, 'terminated'))
    unlisten?.()
  }
}

/** A signal may outlive any number of streams that nobody read to their end. */
const dropped = new FinalizationRegistry<() => void>((unlisten) => unlisten())

/** A body that has come whole is out of the signal's reach, but not the part of it that waits to be read. */
function failOnAbort(signal: AbortSignal, controller: Controller): () => void {
  const stream = new WeakRef(controller)
  const unlisten = listenOnce(signal, () => stream.deref()?.error(signal.reason))
  dropped.register(controller, unlisten, stream)
  return () => {
    unlisten()
    dropped.unregister(stream)
  }
}

function listenOnce(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) run()
  else signal.addEventListener('abort', run, { once: true })
  return () => signal.removeEventListener('abort', run)
}

/** Bytes that are over. */
export function closedStream(): ReadableStream<Uint8Array> {
  return new NodeReadableStream<Uint8Array>({ type: 'bytes', start: (controller) => controller.close() })
}

/** Bytes with a buffer of their own: a caller may give it away, and shall not see what else is in a shared one. */
export function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  if (byteLength === 0 || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer))
    return new Uint8Array(bytes)
  return bytes.constructor === Uint8Array ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(buffer)
}
