import type { ClientHttp2Stream } from 'node:http2'
import type { HeaderList } from '../../core/headers.ts'

/** What an exchange is told of its stream. */
export interface StreamListener {
  onResponse(raw: HeaderList): void
  onInterim(raw: HeaderList): void
  onTrailerFields(raw: HeaderList): void
  onChunk(chunk: Buffer): void
  onWritable(): void
  onTrailersWanted(): void
  onStreamEnd(): void
  onStreamClose(): void
}

/** A listener for `data` makes the stream flow; what it is told goes another way. */
const NOBODY = () => {}

/**
 * Tells `listener` what happens to `stream`, by one function in place of seven listeners: each of those costs a
 * closure and an event of its own (`newListener`, which Node's streams listen to), a tenth of all that a small request
 * costs. Whoever else listens to the stream, such as a tracer, is told as ever.
 */
export function hear(stream: ClientHttp2Stream, listener: StreamListener): void {
  const emit = stream.emit as (...event: unknown[]) => boolean
  const tell = (
    event: unknown,
    first: unknown,
    second: unknown,
    third: unknown,
    fourth: unknown,
  ): boolean => {
    const heard = deliver(listener, event, first, third)
    // An `error` that has no listener is thrown; ours is read from the stream when it has closed.
    if (event === 'error' && stream.listenerCount('error') === 0) return true
    // A dead stream may lie in a table of Node's for long: it shall not keep the whole request with it.
    if (event === 'close') stream.emit = emit as typeof stream.emit
    return emit.call(stream, event, first, second, third, fourth) || heard
  }
  stream.emit = tell as typeof stream.emit
}

/** From here on the body is delivered as it comes, until the stream is paused. */
export function startFlow(stream: ClientHttp2Stream): void {
  stream.on('data', NOBODY)
}

/** Whether it was an event that the listener has to do with. */
function deliver(listener: StreamListener, event: unknown, first: unknown, third: unknown): boolean {
  switch (event) {
    case 'data':
      listener.onChunk(first as Buffer)
      return true
    case 'response':
      listener.onResponse(third as HeaderList)
      return true
    case 'end':
      listener.onStreamEnd()
      return true
    case 'close':
      listener.onStreamClose()
      return true
    case 'headers':
      listener.onInterim(third as HeaderList)
      return true
    case 'trailers':
      listener.onTrailerFields(third as HeaderList)
      return true
    case 'drain':
      listener.onWritable()
      return true
    case 'wantTrailers':
      listener.onTrailersWanted()
      return true
    default:
      return false
  }
}
