import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest } from '../core/dispatch.ts'
import { events, type Failure, failureOf } from '../core/events.ts'
import type { HeaderList } from '../core/headers.ts'
import { nextId } from '../core/process-record.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** What was transferred, bytes of bodies. */
export interface Traffic {
  readonly bytesReceived: number
  readonly bytesSent: number
}

interface OpenStream {
  readonly connection: PooledConnection
  readonly protocol: 'h2' | 'http/1.1'
  readonly streamId: number | undefined
  status: number | null
}

const NOT_WANTED: Failure = {
  code: 'AbortError',
  message: 'The rest of the response was not wanted.',
  error: null,
}

/**
 * Tells what becomes of one attempt of a call: its wait, its streams (one, and another for each replay), its end.
 * Whatever it told the beginning of, it tells the end of, too.
 */
export class AttemptTrace {
  readonly #id: number
  readonly #call: Call
  readonly #request: ClientRequest
  readonly #clock: Clock
  #queuedAt = -1
  #stream: OpenStream | null = null
  /** The last one, when it is over. */
  #last: OpenStream | null = null
  #stalledAt = -1

  constructor(call: Call, request: ClientRequest, clock: Clock) {
    call.attempts += 1
    this.#id = nextId('attempt')
    this.#call = call
    this.#request = request
    this.#clock = clock
  }

  started(): void {
    if (!events['attempt:start'].hasSubscribers) return
    const { method, target, headers } = this.#request
    events['attempt:start'].publish({
      ...this.#ids(this.#clock.now()),
      number: this.#call.attempts,
      method,
      url: target.href,
      origin: target.origin.key,
      headers,
    })
  }

  queued(): void {
    this.#queuedAt = this.#clock.now()
    if (events['queue:start'].hasSubscribers)
      events['queue:start'].publish({ ...this.#ids(this.#queuedAt), origin: this.#origin })
  }

  /** The wait is over, if there was one: with a connection, or with an error. */
  dequeued(connection: PooledConnection | null, failure: Failure | null): void {
    if (this.#queuedAt < 0) return
    const queuedAt = this.#queuedAt
    this.#queuedAt = -1
    if (!events['queue:end'].hasSubscribers) return
    const now = this.#clock.now()
    events['queue:end'].publish({
      ...this.#ids(now),
      origin: this.#origin,
      duration: now - queuedAt,
      connectionId: connection?.id ?? null,
      error: failure,
    })
  }

  sent(connection: PooledConnection, streamId: number | undefined): void {
    const { protocol } = connection
    this.#stream = { connection, protocol, streamId, status: null }
    if (!events['stream:start'].hasSubscribers) return
    const { method, target } = this.#request
    events['stream:start'].publish({
      ...this.#streamIds(this.#stream),
      method,
      url: target.href,
    })
  }

  headers(status: number, headers: HeaderList): void {
    const stream = this.#stream
    if (stream === null) return
    stream.status = status
    if (events['stream:headers'].hasSubscribers)
      events['stream:headers'].publish({ ...this.#streamIds(stream), status, headers })
  }

  /** Nobody reads: the peer has to wait. */
  paused(): void {
    if (this.#stream === null || this.#stream.protocol !== 'h2' || this.#stalledAt >= 0) return
    this.#stalledAt = this.#clock.now()
    if (events['stall:start'].hasSubscribers)
      events['stall:start'].publish({ at: this.#stalledAt, ...stalled(this.#stream) })
  }

  resumed(): void {
    if (this.#stream === null || this.#stalledAt < 0) return
    const since = this.#stalledAt
    this.#stalledAt = -1
    if (!events['stall:end'].hasSubscribers) return
    const now = this.#clock.now()
    events['stall:end'].publish({ at: now, ...stalled(this.#stream), duration: now - since })
  }

  /** It goes out again, over another connection. `status`: 421, or null with an error. */
  replayed(status: number | null, error: unknown, traffic: Traffic): void {
    const failure = error === null ? null : failureOf(error)
    this.#streamOver(failure, traffic)
    if (!events.replay.hasSubscribers) return
    events.replay.publish({ ...this.#ids(this.#clock.now()), origin: this.#origin, status, error: failure })
  }

  /** The rest of the response is not wanted: by the caller, or by the client, which sends another request in its place. */
  cancelled(traffic: Traffic, dismissed: boolean): void {
    this.#over(dismissed ? null : NOT_WANTED, traffic)
  }

  ended(traffic: Traffic): void {
    this.#over(null, traffic)
  }

  failed(error: unknown, traffic: Traffic): void {
    this.#over(failureOf(error), traffic)
  }

  #over(failure: Failure | null, traffic: Traffic): void {
    this.dequeued(null, failure)
    this.#streamOver(failure, traffic)
    if (!events['attempt:end'].hasSubscribers) return
    const last = this.#last
    events['attempt:end'].publish({
      ...this.#ids(this.#clock.now()),
      status: last?.status ?? null,
      protocol: last?.protocol ?? null,
      connectionId: last?.connection.id ?? null,
      streamId: last?.streamId,
      error: failure,
    })
  }

  #streamOver(failure: Failure | null, { bytesReceived, bytesSent }: Traffic): void {
    const stream = this.#stream
    if (stream === null) return
    this.resumed()
    this.#stream = null
    this.#last = stream
    this.#call.bytesReceived += bytesReceived
    this.#call.bytesSent += bytesSent
    if (!events['stream:end'].hasSubscribers) return
    const { status } = stream
    events['stream:end'].publish({
      ...this.#streamIds(stream),
      status,
      error: failure,
      bytesReceived,
      bytesSent,
    })
  }

  get #origin(): string {
    return this.#request.target.origin.key
  }

  #ids(at: number) {
    const { id, correlationId } = this.#call
    return { at, requestId: id, correlationId, attemptId: this.#id }
  }

  #streamIds({ connection, streamId }: OpenStream) {
    return { ...this.#ids(this.#clock.now()), connectionId: connection.id, streamId }
  }
}

function stalled({ connection, streamId }: OpenStream) {
  return { connectionId: connection.id, streamId, direction: 'in' as const }
}
