import { AsyncLocalStorage } from 'node:async_hooks'
import { types } from 'node:util'
import { BodyError, type ErrorDetails } from './errors.ts'

/** A request body in one of the two forms the wire can send. */
export type RequestBody = BytesBody | StreamBody

/** Bytes at hand: replayable, sent with a content length. */
export interface BytesBody {
  readonly kind: 'bytes'
  readonly bytes: Uint8Array
}

/** Bytes that come over time. `open` starts them from the beginning; on a body that is not replayable, only once. */
export interface StreamBody {
  readonly kind: 'stream'
  /** Bytes in all when known beforehand, else null. */
  readonly length: number | null
  readonly replayable: boolean
  readonly used: boolean
  open(): AsyncIterator<Uint8Array>
  /** Tells a source that was never opened why nobody wants it; missing where there is nobody to tell. */
  readonly refuse?: ((reason: unknown) => void) | undefined
}

export function bytesBody(bytes: Uint8Array): BytesBody {
  return { kind: 'bytes', bytes }
}

/** A body that can be had again: a factory, a Blob. */
export function replayableBody(
  length: number | null,
  open: () => AsyncIterable<unknown> | Iterable<unknown>,
): StreamBody {
  const asCaller = AsyncLocalStorage.snapshot()
  return { kind: 'stream', length, replayable: true, used: false, open: () => chunksOf(open, asCaller) }
}

/** A body that flows past once. Opening it a second time throws `ERR_TRUNKLINE_BODY_NOT_REPLAYABLE`. */
export function oneShotBody(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  refuse?: (reason: unknown) => void,
): StreamBody {
  const asCaller = AsyncLocalStorage.snapshot()
  let used = false
  return {
    refuse,
    kind: 'stream',
    length: null,
    replayable: false,
    get used() {
      return used
    },
    open() {
      if (used) throw notReplayable()
      used = true
      return chunksOf(() => source, asCaller)
    },
  }
}

/** Whether the body can be sent (again) from its first byte. */
export function canSend(body: RequestBody | null): boolean {
  return body === null || body.kind === 'bytes' || body.replayable || !body.used
}

export function notReplayable(details: ErrorDetails = {}): BodyError {
  return new BodyError(
    'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
    'The request body is a stream that was already read, so the request cannot be sent again. ' +
      'Pass bytes, a string, a Blob or a function that returns a new stream.',
    details,
  )
}

const encoder = new TextEncoder()

type Source = AsyncIterable<unknown> | Iterable<unknown>
type AsCaller = <T>(run: () => T) => T

/** `asCaller`: the caller's code is run in his async context, and not in that of what happened to send the body. */
function chunksOf(open: () => Source, asCaller: AsCaller): AsyncIterator<Uint8Array> {
  const inner = asCaller(() => iteratorOf(open()))
  const next = () => inner.next()
  return {
    async next() {
      const step = await asCaller(next)
      return step.done ? { done: true, value: undefined } : { done: false, value: toBytes(step.value) }
    },
    async return() {
      await asCaller(() => inner.return?.())
      return { done: true, value: undefined }
    },
  }
}

function iteratorOf(source: Source): AsyncIterator<unknown> {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : syncAsAsync(source[Symbol.iterator]())
}

function syncAsAsync(inner: Iterator<unknown>): AsyncIterator<unknown> {
  return {
    next: async () => inner.next(),
    return: async () => inner.return?.() ?? { done: true, value: undefined },
  }
}

/** A chunk of a streaming body as bytes. Strings are taken as UTF-8. */
export function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (types.isArrayBuffer(chunk)) return new Uint8Array(chunk)
  throw new BodyError(
    'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
    `The request body stream produced a chunk of type ${chunk === null ? 'null' : typeof chunk}; chunks must be bytes or strings.`,
    { processed: 'maybe' },
  )
}
