import { Readable } from 'node:stream'
import { InvalidRequestError } from '../core/errors.ts'
import { bytesBody, oneShotBody, type RequestBody, replayableBody } from '../core/request-body.ts'

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

/** The Fetch standard's "extract a body", into the forms the wire can send. */
export function extractBody(input: BodyInput): ExtractedBody {
  if (typeof input === 'string') return bytes(encoder.encode(input), 'text/plain;charset=UTF-8')
  if (input instanceof URLSearchParams) {
    return bytes(encoder.encode(input.toString()), 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  // The bytes are the caller's to change as soon as the call returns.
  if (input instanceof ArrayBuffer) return bytes(new Uint8Array(input.slice(0)), null)
  if (ArrayBuffer.isView(input)) return bytes(copy(input), null)
  if (input instanceof Blob) return blob(input)
  if (input instanceof FormData) return formData(input)
  if (typeof input === 'function')
    return { body: replayableBody(null, input), length: null, contentType: null }
  if (isIterable(input) && wasTouched(input)) throw usedBody()
  if (isIterable(input)) return { body: oneShotBody(input), length: null, contentType: null }
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `A request body cannot be ${describe(input)}. Give a string, bytes, Blob, FormData, URLSearchParams, a stream or an async iterable; objects go through JSON.stringify.`,
  )
}

function bytes(data: Uint8Array, contentType: string | null): ExtractedBody {
  return { body: bytesBody(data), length: data.length, contentType }
}

function copy(view: ArrayBufferView): Uint8Array {
  if (view.buffer instanceof SharedArrayBuffer) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      'A request body cannot be backed by a SharedArrayBuffer.',
    )
  }
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
}

function blob(input: Blob): ExtractedBody {
  return {
    body: replayableBody(input.size, () => input.stream()),
    length: input.size,
    contentType: input.type === '' ? null : input.type,
  }
}

/** The platform writes the multipart bytes; it knows the rules for names, boundaries and files. */
function formData(input: FormData): ExtractedBody {
  const encoded = new Response(input)
  const contentType = encoded.headers.get('content-type')
  let whole: Promise<Blob> | null = null
  const open = async function* () {
    whole ??= encoded.blob()
    yield* (await whole).stream()
  }
  return { body: replayableBody(null, open), length: null, contentType }
}

function isIterable(input: unknown): input is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof input === 'object' && input !== null && (Symbol.asyncIterator in input || Symbol.iterator in input)
  )
}

/** A stream that somebody reads, or has read from, cannot be sent from its start. */
function wasTouched(input: object): boolean {
  const locked = input instanceof ReadableStream && input.locked
  const isStream = input instanceof ReadableStream || input instanceof Readable
  return locked || (isStream && Readable.isDisturbed(input as Readable))
}

function usedBody(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'The stream given as body was already read from, or is locked by a reader.',
  )
}

function describe(input: unknown): string {
  if (input === null) return 'null'
  return typeof input === 'object'
    ? `an object of type ${input.constructor?.name ?? 'unknown'}`
    : `a ${typeof input}`
}
