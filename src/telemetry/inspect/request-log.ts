import type {
  AttemptEnd,
  AttemptStart,
  Failure,
  RequestEnd,
  RequestHeaders,
  RequestStart,
  StreamEnd,
  StreamHeaders,
  StreamStart,
} from '../../core/events.ts'
import type { Handlers } from './handlers.ts'
import { Ledger } from './ledger.ts'
import type { Draft, RecordedAttempt, RecordedError, RecordedRequest, RecordedStream } from './recording.ts'
import type { Redaction } from './redaction.ts'

/** What a request takes without its texts, bytes; an estimate, as are the next two. */
const BASE_WEIGHT = 600
const ATTEMPT_WEIGHT = 500
const PART_WEIGHT = 120

/** Writes down the requests, their attempts and streams. */
export class RequestLog {
  readonly handlers: Handlers
  readonly #requests: Ledger<Draft<RecordedRequest>>
  readonly #attempts = new Map<number, Place>()
  readonly #redaction: Redaction

  constructor(limit: number, maxBytes: number, redaction: Redaction) {
    this.#redaction = redaction
    this.#requests = new Ledger(limit, maxBytes, (request) => {
      for (const { id } of request.attempts) this.#attempts.delete(id)
    })
    this.handlers = { ...this.#ofRequests(), ...this.#ofAttempts(), ...this.#ofStreams() }
  }

  get dropped(): number {
    return this.#requests.dropped
  }

  items(): RecordedRequest[] {
    return this.#requests.items()
  }

  #ofRequests(): Handlers {
    return {
      'request:start': (event) => this.#onRequest(event),
      'request:headers': (event) => this.#onResponse(event),
      'request:end': (event) => this.#onRequestEnd(event),
      retry: ({ requestId, at, attempt, delay, status, error }) => {
        const request = this.#requests.get(requestId)
        request?.retries.push({ at, attempt, delay, status, error: this.#errorOf(error) })
        this.#requests.weigh(requestId, PART_WEIGHT)
      },
      redirect: ({ requestId, at, status, from, to }) => {
        const { text } = this.#redaction
        this.#requests.get(requestId)?.redirects.push({ at, status, from: text(from), to: text(to) })
        this.#requests.weigh(requestId, PART_WEIGHT + from.length + to.length)
      },
    }
  }

  #onRequest(event: RequestStart): void {
    const { requestId: id, clientId, correlationId, at } = event
    const request: Draft<RecordedRequest> = {
      id,
      source: 0,
      clientId,
      correlationId,
      ...this.#targetOf(event),
      start: at,
      end: null,
      headersAt: null,
      status: null,
      protocol: null,
      error: null,
      bytesReceived: 0,
      bytesSent: 0,
      headers: this.#redaction.headers(event.headers),
      responseHeaders: [],
      attempts: [],
      retries: [],
      redirects: [],
    }
    this.#requests.add(id, request, BASE_WEIGHT + event.url.length + weightOf(request.headers))
  }

  #onResponse({ requestId, at, status, protocol, connectionId, headers }: RequestHeaders): void {
    const request = this.#requests.get(requestId)
    if (request === undefined) return
    Object.assign(request, { headersAt: at, status, protocol })
    // Else the head is with its stream.
    if (connectionId !== 0) return
    request.responseHeaders = this.#redaction.headers(headers)
    this.#requests.weigh(requestId, weightOf(request.responseHeaders))
  }

  #onRequestEnd({ requestId, at, status, protocol, error, bytesReceived, bytesSent }: RequestEnd): void {
    const request = this.#requests.get(requestId)
    if (request === undefined) return
    Object.assign(request, {
      end: at,
      status,
      protocol,
      bytesReceived,
      bytesSent,
      error: this.#errorOf(error),
    })
    this.#requests.end(requestId)
  }

  #ofAttempts(): Handlers {
    return {
      'attempt:start': (event) => this.#onAttempt(event),
      'attempt:end': ({ attemptId, at, status, error }: AttemptEnd) => {
        const attempt = this.#attempts.get(attemptId)?.attempt
        if (attempt !== undefined) Object.assign(attempt, { end: at, status, error: this.#errorOf(error) })
      },
      'queue:start': ({ attemptId, at }) => {
        this.#grow(attemptId, PART_WEIGHT)?.waits.push({ start: at, end: null, connectionId: null })
      },
      'queue:end': ({ attemptId, at, connectionId }) => {
        const wait = this.#attempts.get(attemptId)?.attempt.waits.findLast(({ end }) => end === null)
        if (wait !== undefined) Object.assign(wait, { end: at, connectionId })
      },
      replay: ({ attemptId, at, status, error }) => {
        this.#grow(attemptId, PART_WEIGHT)?.replays.push({ at, status, error: this.#errorOf(error) })
      },
    }
  }

  #onAttempt(event: AttemptStart): void {
    const { requestId, attemptId: id, number, at } = event
    const request = this.#requests.get(requestId)
    if (request === undefined) return
    const attempt: Draft<RecordedAttempt> = {
      id,
      number,
      ...this.#targetOf(event),
      start: at,
      end: null,
      status: null,
      error: null,
      headers: this.#redaction.headers(event.headers),
      waits: [],
      streams: [],
      replays: [],
    }
    // The attempt's are the same and more.
    const spared = weightOf(request.headers)
    request.headers = []
    request.attempts.push(attempt)
    this.#attempts.set(id, { requestId, attempt })
    this.#requests.weigh(requestId, ATTEMPT_WEIGHT + event.url.length + weightOf(attempt.headers) - spared)
  }

  #ofStreams(): Handlers {
    return {
      'stream:start': ({ attemptId, at, connectionId, streamId }: StreamStart) => {
        this.#grow(attemptId, PART_WEIGHT)?.streams.push({
          connectionId,
          streamId: streamId ?? null,
          start: at,
          headersAt: null,
          end: null,
          status: null,
          error: null,
          bytesReceived: 0,
          bytesSent: 0,
          headers: [],
        })
      },
      'stream:headers': (event) => {
        const stream = this.#streamOf(event)
        if (stream === undefined) return
        const headers = this.#redaction.headers(event.headers)
        Object.assign(stream, { headersAt: event.at, status: event.status, headers })
        this.#grow(event.attemptId, weightOf(headers))
      },
      'stream:end': (event) => {
        const stream = this.#streamOf(event)
        if (stream === undefined) return
        const { at, status, error, bytesReceived, bytesSent } = event
        Object.assign(stream, { end: at, status, bytesReceived, bytesSent, error: this.#errorOf(error) })
      },
    }
  }

  #streamOf(event: StreamHeaders | StreamEnd): Draft<RecordedStream> | undefined {
    const attempt = this.#attempts.get(event.attemptId)?.attempt
    const stream = attempt?.streams.findLast(
      ({ connectionId, end }) => connectionId === event.connectionId && end === null,
    )
    // node:http2 gives ids late.
    if (stream !== undefined) stream.streamId = event.streamId ?? stream.streamId
    return stream
  }

  /** The attempt, which now takes more; undefined when it was forgotten. */
  #grow(attemptId: number, weight: number): Draft<RecordedAttempt> | undefined {
    const place = this.#attempts.get(attemptId)
    if (place !== undefined) this.#requests.weigh(place.requestId, weight)
    return place?.attempt
  }

  #targetOf({ method, url, origin }: { method: string; url: string; origin: string }) {
    return { method, url: this.#redaction.text(url), origin }
  }

  #errorOf(failure: Failure | null): RecordedError | null {
    return recordedError(failure, this.#redaction)
  }
}

interface Place {
  readonly requestId: number
  readonly attempt: Draft<RecordedAttempt>
}

/** Messages of strangers may be of any length. */
const LONGEST_MESSAGE = 1000

export function recordedError(failure: Failure | null, redaction: Redaction): RecordedError | null {
  if (failure === null) return null
  return { code: failure.code, message: redaction.text(failure.message.slice(0, LONGEST_MESSAGE)) }
}

function weightOf(headers: readonly string[]): number {
  let weight = 0
  for (const part of headers) weight += part.length + 16
  return weight
}
