import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { BodyQueue, Explain, Listener } from './body-queue.ts'
import { BodyError } from './errors.ts'
import type { HeaderList } from './headers.ts'
import { decodeUtf8 } from './utf8.ts'

// A reader who loses interest often just drops the response. Its stream must not stay open for ever, so a body
// that is garbage-collected unread cancels it. Weak by design: the queue never points to the body.
const abandoned = new FinalizationRegistry<BodyQueue>((queue) => queue.abandon())

/** The error of a failed body may point to the body by its stack; the registry must not keep the two alive. */
function forgetWhenSettled(queue: BodyQueue): void {
  queue.whenSettled(() => abandoned.unregister(queue))
}

/**
 * The body of a response: read it once, by one of its methods or by `for await`. Not reading it is fine:
 * `cancel()` says so at once, and a dropped response is cancelled when it is garbage-collected.
 */
export class ResponseBody implements AsyncIterable<Uint8Array> {
  readonly #queue: BodyQueue
  #used = false

  /** `small`: it fits into the queue, and so comes to its end even if nobody reads it. */
  constructor(queue: BodyQueue, small = false) {
    this.#queue = queue
    if (small || queue.settled) return
    abandoned.register(this, queue, queue)
    forgetWhenSettled(queue)
  }

  /** Whether reading has begun. */
  get used(): boolean {
    return this.#used
  }

  /** Whether the last byte has come (or will never come). */
  get settled(): boolean {
    return this.#queue.settled
  }

  /** The whole body. Rejects with a `ClientError` when it was cut off, or with the signal's reason. */
  bytes(): Promise<Uint8Array> {
    return this.collect(asTheyAre)
  }

  /** The whole body as UTF-8 text; a byte order mark is dropped. */
  text(): Promise<string> {
    return this.collect(decodeUtf8)
  }

  /** The whole body parsed as JSON. Rejects with a `SyntaxError` when it is not JSON. */
  json<T = unknown>(): Promise<T> {
    return this.collect<T>(parseJson)
  }

  /**
   * The whole body as `convert` makes it of the bytes. Rejects with what it throws, or with the failure of the body, as
   * `explain` tells it if given.
   */
  collect<T>(convert: (bytes: Uint8Array) => T, explain: Explain | null = null): Promise<T> {
    if (this.#used) return Promise.reject(bodyUsed())
    this.#used = true
    return this.#queue.collect(convert, explain)
  }

  /** Reads and drops everything, so that the connection is free again; resolves at the end. */
  async discard(): Promise<void> {
    for await (const _ of this);
  }

  /** The body as a web stream of bytes. */
  stream(): ReadableStream<Uint8Array> {
    const read = this.reader()
    return new NodeReadableStream(
      {
        type: 'bytes',
        async pull(controller) {
          const chunk = await read()
          if (chunk !== null) return controller.enqueue(chunk)
          controller.close()
          controller.byobRequest?.respond(0)
        },
        cancel: (reason: unknown) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    )
  }

  /** Reads the next bytes, in a buffer of their own, or null at the end; one call at a time. */
  reader(): () => Promise<Uint8Array<ArrayBuffer> | null> {
    const queue = this.#take()
    return () => queue.readOwn()
  }

  /** The pieces as they come. Leaving the loop early cancels the body. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const queue = this.#take()
    try {
      for (let chunk = await queue.read(); chunk !== null; chunk = await queue.read()) yield chunk
    } finally {
      if (!queue.settled) this.cancel()
    }
  }

  /** Says that the rest is not wanted: the server is told (RST_STREAM, CANCEL), the connection lives on. */
  cancel(reason: unknown = new DOMException('The body was cancelled.', 'AbortError')): void {
    this.#used = true
    this.#queue.cancel(reason)
  }

  /** Trailer fields, when the body has ended; rejects as the body does. */
  trailers(): Promise<HeaderList> {
    const queue = this.#queue
    return new Promise((resolve, reject) => {
      queue.whenSettled(() =>
        queue.error === undefined ? resolve(queue.trailers ?? []) : reject(queue.error),
      )
    })
  }

  /** Runs `run` when the last byte came or the body failed. */
  whenSettled(run: Listener): void {
    this.#queue.whenSettled(run)
  }

  #take(): BodyQueue {
    if (this.#used) throw bodyUsed()
    this.#used = true
    return this.#queue
  }
}

const asTheyAre = (bytes: Uint8Array) => bytes
const parseJson = (bytes: Uint8Array) => JSON.parse(decodeUtf8(bytes))

export function bodyUsed(advice = 'Keep what the first read returned.'): BodyError {
  return new BodyError(
    'ERR_TRUNKLINE_BODY_USED',
    `The response body was already read, and a body can only be read once. ${advice}`,
    { processed: 'yes', phase: 'body' },
  )
}
