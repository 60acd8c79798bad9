import { Blob as NodeBlob } from 'node:buffer'
import { Readable } from 'node:stream'
import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { types } from 'node:util'
import { InvalidRequestError } from '../core/errors.ts'
import { bytesBody, oneShotBody, type RequestBody, replayableBody } from '../core/request-body.ts'
import { encodeMultipart } from './multipart.ts'
import { streamSource } from './stream-source.ts'

/** What may be given as a request body: the Fetch standard's kinds, and Node's iterables. */
export type BodyInput =
  | string
  | URLSearchParams
  | FormData
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>
  /** Called anew for each attempt, so that a streamed body can be replayed. */
  | (() => AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>)

export interface ExtractedBody {
  readonly body: RequestBody
  /** Bytes in all, or null. */
  readonly length: number | null
  readonly contentType: string | null
}

const encoder = new TextEncoder()

/**
 * A body for `request`: the Fetch standard's kinds, iterables and functions; anything else is a mistake. Bytes are not
 * copied: a copy of a large buffer costs more than sending it.
 */
export function extractBody(input: BodyInput, signal: AbortSignal | null = null): ExtractedBody {
  const extracted = extractKnown(input, signal, asTheyAre)
  if (extracted !== null) return extracted
  if (typeof input === 'object' && input !== null && Symbol.iterator in input)
    return { body: oneShotBody(input), length: null, contentType: null }
  throw noBody(input)
}

/**
 * A body for `fetch`, the Fetch standard's "extract a body": what is of no other kind is sent as a string. Bytes are
 * copied: they are the caller's to change as soon as the call returns.
 */
export function extractFetchBody(input: unknown, signal: AbortSignal | null = null): ExtractedBody {
  if (typeof input === 'symbol') throw noBody(input)
  return extractKnown(input, signal, copyOf) ?? text(`${input as string}`)
}

function extractKnown(input: unknown, signal: AbortSignal | null, take: TakeBytes): ExtractedBody | null {
  if (typeof input === 'string') return text(input)
  if (typeof input === 'function')
    return { body: replayableBody(null, input as () => Iterable<unknown>), length: null, contentType: null }
  if (typeof input !== 'object' || input === null) return null
  if (ArrayBuffer.isView(input)) return bytes(take(viewOf(input.buffer, input)), null)
  // By its kind and not its class: a test runner gives each file globals of its own.
  if (types.isAnyArrayBuffer(input)) return bytes(take(viewOf(input, null)), null)
  if (input instanceof URLSearchParams)
    return bytes(encoder.encode(input.toString()), 'application/x-www-form-urlencoded;charset=UTF-8')
  if (isBlob(input)) return blob(input)
  if (input instanceof FormData) return encodeMultipart(input)
  if (typeof (input as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] !== 'function') return null
  if (wasTouched(input)) throw usedBody()
  if (input instanceof NodeReadableStream) return streamBody(input, signal)
  return { body: oneShotBody(input as AsyncIterable<unknown>), length: null, contentType: null }
}

/** A web stream as it comes. One that was not even opened when the call was given up is told why. */
export function streamBody(stream: ReadableStream<Uint8Array>, signal: AbortSignal | null): ExtractedBody {
  const refuse = (reason: unknown) => {
    if (!stream.locked) stream.cancel(reason).catch(() => {})
  }
  return { body: oneShotBody(streamSource(stream, signal), refuse), length: null, contentType: null }
}

function text(input: string): ExtractedBody {
  return bytes(encoder.encode(input), 'text/plain;charset=UTF-8')
}

function bytes(data: Uint8Array, contentType: string | null): ExtractedBody {
  return { body: bytesBody(data), length: data.length, contentType }
}

type TakeBytes = (bytes: Uint8Array) => Uint8Array

const asTheyAre: TakeBytes = (bytes) => bytes
const copyOf: TakeBytes = (bytes) => bytes.slice()

/** The bytes of a buffer, or of a view of it; none of one that was transferred away. */
function viewOf(buffer: ArrayBufferLike, view: ArrayBufferView | null): Uint8Array {
  if (types.isSharedArrayBuffer(buffer)) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      'A request body cannot be a SharedArrayBuffer or a view of one, because another thread may write to it. Pass a copy.',
    )
  }
  if ((buffer as ArrayBuffer).detached) return new Uint8Array(0)
  if (view === null) return new Uint8Array(buffer)
  return new Uint8Array(buffer, view.byteOffset, view.byteLength)
}

/** Node's, or that of the globals if they were replaced: jsdom has one that cannot be read. */
function isBlob(input: object): input is Blob {
  return input instanceof NodeBlob || (input instanceof Blob && typeof input.stream === 'function')
}

function blob(input: Blob): ExtractedBody {
  return {
    body: replayableBody(input.size, () => input.stream()),
    length: input.size,
    contentType: input.type === '' ? null : input.type,
  }
}

/** A stream that somebody reads, or has read from, cannot be sent from its start. */
function wasTouched(input: object): boolean {
  const locked = input instanceof NodeReadableStream && input.locked
  const isStream = input instanceof NodeReadableStream || input instanceof Readable
  return locked || (isStream && Readable.isDisturbed(input as Readable))
}

function usedBody(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'The stream passed as body was already read from, or is locked by a reader.',
  )
}

function noBody(input: unknown): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `A request body cannot be ${describe(input)}. Pass a string, bytes, a Blob, FormData, URLSearchParams, a stream or an async iterable; to send an object as JSON, pass it as \`json\`.`,
  )
}

function describe(input: unknown): string {
  if (input === null) return 'null'
  return typeof input === 'object'
    ? `an object of type ${input.constructor?.name ?? 'unknown'}`
    : `a ${typeof input}`
}
