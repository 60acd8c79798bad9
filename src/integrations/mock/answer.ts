import { BodyQueue } from '../../core/body-queue.ts'
import type { Clock } from '../../core/clock.ts'
import type { ClientRequest, ClientResponse } from '../../core/dispatch.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { type HeadersInput, headerValue, toHeaderList } from '../../core/headers.ts'
import { orAborted } from '../../core/or-aborted.ts'
import { toBytes } from '../../core/request-body.ts'
import { ResponseBody } from '../../core/response-body.ts'
import type { MockCall } from './call.ts'
import { faultOf } from './fault.ts'

type Chunks = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** A response. */
export interface MockResponse {
  /** Default 200. */
  readonly status?: number
  readonly headers?: HeadersInput
  /** Text, bytes, or pieces that come one after the other, no faster than they are read. */
  readonly body?: string | Uint8Array | Chunks
  /** The body as JSON, with its content-type. */
  readonly json?: unknown
  readonly trailers?: HeadersInput
  /** ms until the head comes. */
  readonly delay?: number
  /** Default h2. */
  readonly protocol?: 'h2' | 'http/1.1'
  /** The body breaks off behind its last piece, with this. */
  readonly breaksWith?: ErrorCode | Error
}

/** No response: an error as the client has it for the code, or one of your own. */
export interface MockFailure {
  readonly error: ErrorCode | Error
  /** Could the server have acted on it? Default: as the code has it. */
  readonly processed?: 'no' | 'maybe' | 'yes'
  /** ms until it comes. */
  readonly delay?: number
}

/** Never answers: the caller's signal or `timeouts.total` ends it. */
export type MockSilence = 'silence'

/** What a route does with a request: answer, fail, or stay silent. */
export type MockAnswer = MockResponse | MockFailure | MockSilence

/** An answer, or a function that makes one of the call. */
export type MockReply = MockAnswer | ((call: MockCall) => MockAnswer | Promise<MockAnswer>)

let connectionIds = 0

/** Carries an answer out. Rejects with its error, or with the signal's reason. */
export async function answer(
  given: MockAnswer,
  request: ClientRequest,
  clock: Clock,
): Promise<ClientResponse> {
  const { signal } = request
  if (signal?.aborted) throw signal.reason
  if (given === 'silence') return orAborted(new Promise<never>(() => {}), signal)
  const calledAt = clock.now()
  if (given.delay !== undefined) await passed(clock, given.delay, signal)
  if ('error' in given) {
    const { error, processed } = given
    throw faultOf(error, request.target.origin.key, processed === undefined ? {} : { processed })
  }
  return respond(given, request, clock.now() - calledAt)
}

/** Whoever gives up leaves no timer behind. */
async function passed(clock: Clock, ms: number, signal: AbortSignal | null): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.setTimeout(resolve, ms, true)
  try {
    await orAborted(promise, signal)
  } finally {
    timer.cancel()
  }
}

function respond(given: MockResponse, request: ClientRequest, firstByte: number): ClientResponse {
  const { status = 200, protocol = 'h2' } = given
  const headers = toHeaderList(given.headers)
  if (given.json !== undefined && headerValue(headers, 'content-type') === null)
    headers.push('content-type', 'application/json')
  const body = request.method === 'HEAD' ? [] : piecesOf(given)
  const id = ++connectionIds
  return {
    status,
    headers,
    body: new Feed(body, given, request).body,
    url: request.target.href,
    redirects: 0,
    protocol,
    connectionId: id,
    streamId: protocol === 'h2' ? 1 : undefined,
    timings: {
      ...{ startedAt: 0, before: 0, queued: 0, dns: null, connect: null, tls: null },
      resumed: false,
      sent: 0,
      firstByte,
      received: 0,
      total: firstByte,
      attempts: 1,
    },
  }
}

function piecesOf({ body, json }: MockResponse): Chunks {
  if (json !== undefined) return [JSON.stringify(json)]
  if (body === undefined) return []
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body
}

/** Gives pieces to a body as fast as they are read. */
class Feed {
  readonly body: ResponseBody
  readonly #queue: BodyQueue
  #wake: () => void = () => {}

  constructor(pieces: Chunks, given: MockResponse, request: ClientRequest) {
    this.#queue = new BodyQueue({
      pause() {},
      resume: () => this.#wake(),
      cancel: () => this.#wake(),
    })
    this.body = new ResponseBody(this.#queue)
    const { signal } = request
    const onAbort = () => this.#queue.fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#queue.whenSettled(() => signal?.removeEventListener('abort', onAbort))
    this.#run(pieces, given, request).catch((error) => this.#queue.fail(error))
  }

  async #run(pieces: Chunks, { trailers, breaksWith }: MockResponse, request: ClientRequest): Promise<void> {
    for await (const piece of pieces) {
      // A copy: its reader may change it, or give it away.
      this.#queue.push(new Uint8Array(toBytes(piece)))
      while (this.#queue.paused && !this.#queue.settled)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      if (this.#queue.settled) return
    }
    if (breaksWith === undefined) this.#queue.end(trailers === undefined ? null : toHeaderList(trailers))
    else this.#queue.fail(faultOf(breaksWith, request.target.origin.key, { phase: 'body', processed: 'yes' }))
  }
}
