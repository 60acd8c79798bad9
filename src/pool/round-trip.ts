import { bodyTooLarge } from '../core/body-too-large.ts'
import type { Clock, Timer } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch } from '../core/dispatch.ts'
import { ClientError, copyOf } from '../core/errors.ts'
import { contentLength, type HeaderList } from '../core/headers.ts'
import type { Lifetime } from '../core/lifetime.ts'
import type { Entry } from '../core/linked-queue.ts'
import { pause } from '../core/pause.ts'
import { canSend } from '../core/request-body.ts'
import { BODY_HIGH_WATER_MARK, BodyQueue, ResponseBody } from '../core/response-body.ts'
import type { Sweeper, Swept } from '../core/sweeper.ts'
import type { Exchange, ExchangeHandler } from '../wire/contract.ts'
import { cutOff, malformedResponseLength, wrongRequestLength } from './message-errors.ts'
import type { OriginPool } from './origin-pool.ts'
import { bodyTimeout, headersTimeout, type PhaseTimeouts, queueTimeout } from './phase-timeouts.ts'
import type { Waiter } from './pool-context.ts'
import { notItsConnection } from './pool-errors.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { ReceivedResponse } from './received-response.ts'
import { contradicts, expectsContinue, hasNoBody, headOf, shapeOf } from './request-shape.ts'
import type { Steps } from './timings.ts'
import { Upload } from './upload.ts'

/** Requests that a peer provably did not process are sent again so often, whatever their method (RFC 9113 section 8.7). */
const MOST_REPLAYS = 3

/** How long to wait for 100 (Continue) before the body goes out all the same, ms. */
const CONTINUE_PATIENCE_MS = 1000

/** Longest wait, ms, before each replay: the first goes out at once, the others at a random part of these. */
const REPLAY_DELAYS = [0, 100, 400] as const

export interface RoundTripContext {
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly sweeper: Sweeper
  readonly timeouts: PhaseTimeouts
  /** Bytes. */
  readonly responseBodyLimit: number
  pool(request: ClientRequest): OriginPool
  /** The last byte came, or the request failed: it is off the books. */
  onSettled(error: unknown): void
}

/** The terminal dispatch: a connection, an exchange, a body; and again on another connection if provably safe. */
export function createRoundTrip(context: RoundTripContext): Dispatch {
  return (request) =>
    new Promise((resolve, reject) => {
      new RoundTrip(context, request, resolve, reject).begin()
    })
}

/** An exchange under way; `bytesBefore` is what its connection had received when it began. */
interface OnWire {
  readonly connection: PooledConnection
  readonly exchange: Exchange
  readonly bytesBefore: number
}

type Stage =
  | { readonly name: 'waiting'; readonly entry: Entry<Waiter> | null }
  | { readonly name: 'resting' }
  | ({ readonly name: 'sent' } & OnWire)
  | ({ readonly name: 'receiving'; readonly body: BodyQueue } & OnWire)
  | { readonly name: 'done' }

const NOTHING = () => {}
const DONE: Stage = { name: 'done' }
const RESTING: Stage = { name: 'resting' }
const IN_POOL: Stage = { name: 'waiting', entry: null }

class RoundTrip implements Waiter, ExchangeHandler, Swept, Steps {
  readonly #context: RoundTripContext
  readonly #request: ClientRequest
  #resolve: (response: ClientResponse) => void
  #reject: (error: unknown) => void
  readonly calledAt: number
  #stage: Stage = IN_POOL
  /** When the present phase began, or last moved. */
  #movedAt: number
  #uploadedThen = 0
  /** Content-Length of the request. */
  #declared: number | null = null
  attempts = 0
  sentAt = 0
  headAt = 0
  endedAt: number | null = null
  #upload: Upload | null = null
  /** The upload waits for 100 (Continue). */
  #continueTimer: Timer | null = null
  #misdirected = false
  #refusedBy: PooledConnection | null = null
  #expectedLength: number | null = null
  #receivedLength = 0
  #trailers: HeaderList | null = null

  constructor(
    context: RoundTripContext,
    request: ClientRequest,
    resolve: (response: ClientResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    this.calledAt = context.clock.now()
    this.#movedAt = this.calledAt
  }

  get #origin(): string {
    return this.#request.target.origin.key
  }

  begin(): void {
    const { signal } = this.#request
    if (signal !== null) {
      if (signal.aborted) return this.#fail(signal.reason)
      signal.addEventListener('abort', this.#onAbort)
    }
    const declared = contentLength(this.#request.headers)
    if (declared === 'invalid' || contradicts(declared, this.#request.body)) {
      return this.#fail(wrongRequestLength(this.#origin))
    }
    this.#declared = declared
    this.#context.sweeper.add(this)
    this.#enter()
  }

  check(now: number): void {
    const stage = this.#stage
    const { queue, headers, body } = this.#context.timeouts
    const key = this.#origin
    const passed = now - this.#movedAt
    if (stage.name === 'waiting' && passed >= queue) {
      if (stage.entry !== null) this.#context.pool(this.#request).leave(stage.entry)
      this.#fail(queueTimeout(key, queue))
    } else if (stage.name === 'sent') {
      if (this.#uploadMoved()) this.#movedAt = now
      else if (passed >= headers) this.#abandon(stage, headersTimeout(key, headers))
    } else if (stage.name === 'receiving') {
      // A reader who takes its time is no fault of the server's.
      if (stage.body.paused) this.#movedAt = now
      else if (passed >= body) this.#abandon(stage, bodyTimeout(key, body))
    }
  }

  start(connection: PooledConnection): void {
    const { rides } = this.#request.target.origin
    if (rides !== undefined && !rides(connection.id)) return this.#fail(notItsConnection(this.#origin))
    this.attempts += 1
    this.sentAt = this.#context.clock.now()
    this.#movedAt = this.sentAt
    try {
      const bytesBefore = connection.bytesReceived
      const shape = shapeOf(this.#request)
      const exchange = connection.open(headOf(this.#request), shape, this)
      this.#stage = { name: 'sent', connection, exchange, bytesBefore }
      if (shape !== 'none') this.#send(exchange)
    } catch (error) {
      this.onError(error as ClientError)
    }
  }

  /** The dial failed, or the pool ended: an error that all who waited share. */
  fail(error: unknown): void {
    this.#fail(error instanceof ClientError ? copyOf(error) : error)
  }

  onInformational(status: number, headers: HeaderList): void {
    const stage = this.#stage
    if (stage.name !== 'sent') return
    if (status === 100) this.#continue()
    try {
      this.#request.onInformational?.(status, headers)
    } catch (error) {
      // The caller's own error goes back to the caller, and nowhere else.
      stage.exchange.reset()
      this.#fail(error)
    }
  }

  onHeaders(status: number, headers: HeaderList): void {
    const stage = this.#stage
    if (stage.name !== 'sent') return
    const { connection, exchange } = stage
    if (status === 421 && this.#sendElsewhere(stage)) return
    this.#continue()
    this.headAt = this.#context.clock.now()
    this.#movedAt = this.headAt
    const length = contentLength(headers)
    if (length === 'invalid') return this.#giveUp(exchange, malformedResponseLength(this.#origin))
    this.#expectedLength = hasNoBody(this.#request.method, status) ? 0 : length
    const body = new BodyQueue({
      pause: () => exchange.pause(),
      resume: () => exchange.resume(),
      cancel: () => this.#onBodyCancelled(exchange),
    })
    this.#stage = { name: 'receiving', connection, exchange, body, bytesBefore: stage.bytesBefore }
    const whole = this.#expectedLength !== null && this.#expectedLength < BODY_HIGH_WATER_MARK
    const { streamId } = exchange
    const { href } = this.#request.target
    const reader = new ResponseBody(body, whole)
    this.#resolve(new ReceivedResponse(status, headers, reader, href, streamId, connection, this))
    // Older V8s keep a promise, and so the response, alive through its resolve function; a response that nobody
    // holds is to be collected.
    this.#resolve = NOTHING
    this.#reject = NOTHING
  }

  onData(chunk: Uint8Array): void {
    if (this.#stage.name !== 'receiving') return
    this.#receivedLength += chunk.length
    this.#movedAt = this.#context.clock.now()
    const limit = this.#context.responseBodyLimit
    if (this.#receivedLength > limit) this.#giveUp(this.#stage.exchange, bodyTooLarge(this.#origin, limit))
    else this.#stage.body.push(chunk)
  }

  onTrailers(headers: HeaderList): void {
    this.#trailers = headers
  }

  onDrain(): void {
    this.#upload?.onDrain()
  }

  onEnd(): void {
    const stage = this.#stage
    if (stage.name !== 'receiving') return
    const { streamId } = stage.exchange
    const expected = this.#expectedLength
    const received = this.#receivedLength
    if (expected !== null && expected !== received)
      return this.#fail(cutOff(this.#origin, streamId, expected, received))
    this.endedAt = this.#context.clock.now()
    this.#finish()
    stage.body.end(this.#trailers)
    this.#context.onSettled(null)
  }

  onError(error: ClientError): void {
    if (this.#stage.name === 'done') return
    if (!this.#mayReplay(error)) return this.#fail(error)
    this.#stopUpload()
    if (error.code === 'ERR_TRUNKLINE_STREAM_REFUSED') this.#onRefused()
    if (error.code === 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED') this.#context.pool(this.#request).requireHttp1()
    const longest = REPLAY_DELAYS[this.attempts - 1] ?? 0
    if (longest === 0) return this.#enter()
    this.#stage = RESTING
    const { clock, lifetime } = this.#context
    pause(clock, lifetime, longest * (0.5 + Math.random() / 2), this.#request.signal).then(
      () => {
        if (this.#stage === RESTING) this.#enter()
      },
      (reason) => this.#fail(reason),
    )
  }

  /** A connection that refuses this request twice with nothing else open on it will hardly take it the third time. */
  #onRefused(): void {
    if (this.#stage.name !== 'sent') return
    const { connection } = this.#stage
    if (this.#refusedBy === connection && connection.openExchanges <= 1) connection.retire()
    this.#refusedBy = connection
  }

  #enter(): void {
    this.#stage = IN_POOL
    this.#movedAt = this.#context.clock.now()
    try {
      const entry = this.#context.pool(this.#request).enter(this)
      if (entry !== null) this.#stage = { name: 'waiting', entry }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Only what was provably not processed, and only with a body that can be sent from its start. */
  #mayReplay(error: ClientError): boolean {
    if (this.#stage.name === 'receiving' || error.processed !== 'no' || this.attempts > MOST_REPLAYS)
      return false
    return REPLAYED.has(error.code) && canSend(this.#request.body)
  }

  #send(exchange: Exchange): void {
    const { body, trailers, target } = this.#request
    this.#upload = new Upload(exchange, {
      body: body ?? EMPTY_BODY,
      declared: this.#declared,
      trailers,
      origin: target.origin.key,
      onFailed: (error) => this.#giveUp(exchange, error),
    })
    if (!expectsContinue(this.#request)) return this.#upload.start()
    this.#continueTimer = this.#context.clock.setTimeout(() => this.#continue(), CONTINUE_PATIENCE_MS, true)
  }

  /** The server wants the body, or has answered without it, or says nothing (RFC 9110 section 10.1.1). */
  #continue(): void {
    if (this.#continueTimer === null) return
    this.#continueTimer.cancel()
    this.#continueTimer = null
    this.#upload?.start()
  }

  /** 421: this connection is not for this origin (RFC 9110 section 15.5.20). Another one gets one chance. */
  #sendElsewhere({ exchange, connection }: OnWire): boolean {
    if (this.#misdirected || !canSend(this.#request.body)) return false
    // The connection is another origin's, and right for that one.
    if (this.#request.target.origin.rides !== undefined) return false
    if (!this.#context.pool(this.#request).leaveMisdirected(connection)) return false
    this.#misdirected = true
    exchange.reset()
    this.#stopUpload()
    this.#enter()
    return true
  }

  #stopUpload(): void {
    this.#continueTimer?.cancel()
    this.#continueTimer = null
    this.#upload?.stop()
    this.#upload = null
  }

  readonly #onAbort = (): void => {
    const reason = this.#request.signal?.reason
    const stage = this.#stage
    if (stage.name === 'waiting' && stage.entry !== null) this.#context.pool(this.#request).leave(stage.entry)
    if (stage.name === 'sent' || stage.name === 'receiving') this.#abandon(stage, reason)
    else this.#fail(reason)
  }

  #uploadMoved(): boolean {
    const sent = this.#upload?.sent ?? 0
    const moved = sent !== this.#uploadedThen
    this.#uploadedThen = sent
    return moved
  }

  /** The caller, or a deadline, gives up on an exchange that the server has not failed. */
  #abandon({ exchange, connection, bytesBefore }: OnWire, reason: unknown): void {
    const quietFor = this.#stage.name === 'receiving' ? this.#context.clock.now() - this.#movedAt : 0
    exchange.reset()
    connection.onGivenUp(bytesBefore, quietFor)
    this.#fail(reason)
  }

  #onBodyCancelled(exchange: Exchange): void {
    exchange.reset()
    this.#finish()
    this.#context.onSettled(null)
  }

  #giveUp(exchange: Exchange, error: ClientError): void {
    exchange.reset()
    this.#fail(error)
  }

  #fail(error: unknown): void {
    const stage = this.#stage
    if (stage.name === 'done') return
    if (error instanceof ClientError) {
      error.attempts = this.attempts
      error.origin ??= this.#request.target.origin.key
    }
    this.endedAt = this.#context.clock.now()
    this.#finish()
    if (stage.name === 'receiving') stage.body.fail(error)
    else this.#reject(error)
    this.#context.onSettled(error)
  }

  #finish(): void {
    this.#stage = DONE
    this.#context.sweeper.delete(this)
    this.#stopUpload()
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

/** Failures after which another connection may do: the request as such was in order. */
const REPLAYED: ReadonlySet<string> = new Set([
  'ERR_TRUNKLINE_STREAM_REFUSED',
  'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
  'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
  'ERR_TRUNKLINE_GOAWAY',
])

const EMPTY_BODY = { kind: 'bytes', bytes: new Uint8Array(0) } as const
