import type { DialProgress } from '../connect/dial-progress.ts'
import { BODY_HIGH_WATER_MARK, BodyQueue, type BodySource, DISMISSED } from '../core/body-queue.ts'
import { bodyTooLarge } from '../core/body-too-large.ts'
import type { ClientRequest, ClientResponse, Dispatch, Leg, Standing } from '../core/dispatch.ts'
import { tunnelStands } from '../core/dispatch.ts'
import { ClientError, copyOf, type Processed } from '../core/errors.ts'
import { contentLength, type HeaderList } from '../core/headers.ts'
import type { Entry } from '../core/linked-queue.ts'
import { pause } from '../core/pause.ts'
import { DEFAULT_URGENCY } from '../core/priority.ts'
import { canSend } from '../core/request-body.ts'
import { ResponseBody } from '../core/response-body.ts'
import type { Swept } from '../core/sweeper.ts'
import type { Exchange, ExchangeHandler } from '../wire/contract.ts'
import { AttemptTrace } from './attempt-trace.ts'
import { overdue, processedAt, type Stage, standingOf, type Trip } from './deadlines.ts'
import { explainFailure } from './failed-trip.ts'
import { cutOff, malformedResponseLength, wrongRequestLength } from './message-errors.ts'
import { type PhaseTimeouts, sweepPeriod } from './phase-timeouts.ts'
import type { Waiter } from './pool-context.ts'
import { notItsConnection } from './pool-errors.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { ReceivedResponse } from './received-response.ts'
import { mayReplay, noteRefusal, replayDelay } from './replay-rules.ts'
import { contradicts, expectsContinue, hasNoBody, headOf, shapeOf } from './request-shape.ts'
import type { RoundTripContext } from './round-trip-context.ts'
import { Upload } from './upload.ts'

/** The terminal dispatch: a connection, an exchange, a body; and again on another connection if provably safe. */
export function createRoundTrip(context: RoundTripContext): Dispatch {
  return (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<ClientResponse>()
    new RoundTrip(context, request, resolve, reject).begin()
    return promise
  }
}

const NOTHING = () => {}

class RoundTrip implements Waiter, ExchangeHandler, BodySource, Swept, Trip, Leg {
  readonly #context: RoundTripContext
  readonly request: ClientRequest
  #resolve: (response: ClientResponse) => void
  #reject: (error: unknown) => void
  readonly calledAt: number
  readonly limits: PhaseTimeouts
  stage: Stage = 'waiting'
  /** The call of `enter` has not returned: what starts now has not waited. */
  #entering = false
  /** The place in the queue. */
  #entry: Entry<Waiter> | null = null
  /** From `sent` on. */
  connection: PooledConnection | null = null
  exchange: Exchange | null = null
  /** What the connection had received when the exchange began. */
  #bytesBefore = 0
  /** From `receiving` on. */
  #body: BodyQueue | null = null
  place = -1
  /** When the present phase began, or last moved. */
  movedAt = 0
  /** Content-Length of the request. */
  #declared: number | null = null
  attempts = 0
  sentAt = 0
  headAt = 0
  endedAt: number | null = null
  #uploadedAt: number | null = 0
  #upload: Upload | null = null
  #misdirected = false
  #refusedBy: PooledConnection | null = null
  /** Could the server have acted on it? Known when it has failed. */
  #processed: Processed | null = null
  #expectedLength: number | null = null
  #receivedLength = 0
  #trailers: HeaderList | null = null
  /** Null: nobody listens. */
  readonly #trace: AttemptTrace | null
  #tunnelStands = false

  constructor(
    context: RoundTripContext,
    request: ClientRequest,
    resolve: (response: ClientResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context
    this.request = request
    this.#resolve = resolve
    this.#reject = reject
    this.calledAt = context.clock.now()
    this.#trace = request.call ? new AttemptTrace(request.call, request, context.clock) : null
    this.limits = request.timeouts ? { ...context.timeouts, ...request.timeouts } : context.timeouts
  }

  get #origin(): string {
    return this.request.target.origin.key
  }

  get since(): number {
    return this.request.since ?? this.calledAt
  }

  get uploadedAt(): number | null {
    return this.#upload === null ? this.#uploadedAt : this.#upload.endedAt
  }

  /** Of the body, on the stream at hand; bytes. */
  get bytesReceived(): number {
    return this.#receivedLength
  }

  get bytesSent(): number {
    return this.#upload?.sent ?? 0
  }

  get urgency(): number {
    return this.request.priority?.urgency ?? DEFAULT_URGENCY
  }

  begin(): void {
    const { signal, journey } = this.request
    journey?.add(this)
    this.#trace?.started()
    if (signal !== null) {
      if (signal.aborted) return this.#fail(signal.reason)
      signal.addEventListener('abort', this)
    }
    const declared = contentLength(this.request.headers)
    if (declared === 'invalid' || contradicts(declared, this.request.body)) {
      return this.#fail(wrongRequestLength(this.#origin))
    }
    this.#declared = declared
    const { timeouts } = this.request
    this.#context.sweeper.add(this, timeouts ? sweepPeriod(timeouts) : undefined)
    this.#enter(this.calledAt)
  }

  check(now: number): void {
    // An upload that moves, or a reader who takes its time: neither is a fault of the server's.
    const excused = this.stage === 'sent' ? this.#upload?.moved() : this.#body?.paused
    if (excused) this.movedAt = now
    const error = overdue(this, now)
    if (error !== null) this.#abandon(error, now)
  }

  /** For who limits the whole of it. */
  standing(): Standing {
    return standingOf(this, this.#processed)
  }

  get dial(): DialProgress | null {
    return this.stage === 'waiting' ? this.#context.pool(this.request).dial : null
  }

  start(connection: PooledConnection): void {
    const { rides } = this.request.target.origin
    if (rides !== undefined && !rides(connection.id)) return this.#fail(notItsConnection(this.#origin))
    this.attempts += 1
    // Started in the call that entered the pool: no time has passed.
    this.sentAt = this.#entering ? this.movedAt : this.#context.clock.now()
    this.movedAt = this.sentAt
    this.#entry = null
    this.#trace?.dequeued(connection, null)
    try {
      this.#bytesBefore = connection.bytesReceived
      const shape = shapeOf(this.request)
      const exchange = connection.open(headOf(this.request, connection.protocol), shape, this)
      this.connection = connection
      this.exchange = exchange
      this.stage = 'sent'
      this.#trace?.sent(connection, exchange.streamId)
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
    if (this.stage !== 'sent') return
    if (status === 100) this.#upload?.goOn()
    try {
      this.request.onInformational?.(status, headers)
    } catch (error) {
      // The caller's own error goes back to the caller, and nowhere else.
      this.#giveUp(error)
    }
  }

  onHeaders(status: number, headers: HeaderList, reason?: string): void {
    if (this.stage !== 'sent') return
    const connection = this.connection as PooledConnection
    this.#trace?.headers(status, headers)
    if (status === 421 && this.#sendElsewhere(connection)) return
    if (this.request.tunnel) this.#tunnelStands = tunnelStands(connection.protocol, status)
    if (this.#tunnelStands) this.#upload?.start()
    else if (this.request.tunnel) this.exchange?.end()
    else this.#upload?.goOn()
    this.headAt = this.#context.clock.now()
    this.movedAt = this.headAt
    const length = contentLength(headers)
    if (length === 'invalid') return this.#giveUp(malformedResponseLength(this.#origin))
    this.#expectedLength = hasNoBody(this.request.method, status) ? 0 : this.#tunnelStands ? null : length
    this.#body = new BodyQueue(this)
    this.stage = 'receiving'
    const whole = this.#expectedLength !== null && this.#expectedLength < BODY_HIGH_WATER_MARK
    const reader = new ResponseBody(this.#body, whole)
    const { href } = this.request.target
    const streamId = this.exchange?.streamId
    this.#resolve(new ReceivedResponse(status, headers, reader, href, streamId, connection, this, reason))
    // Older V8s keep a promise, and so the response, alive through its resolve function; a response that nobody
    // holds is to be collected.
    this.#resolve = NOTHING
    this.#reject = NOTHING
  }

  onData(chunk: Uint8Array): void {
    if (this.stage !== 'receiving') return
    this.#receivedLength += chunk.length
    // The last piece is followed by the end, which looks at the clock itself.
    if (this.#receivedLength !== this.#expectedLength) this.movedAt = this.#context.clock.now()
    const limit = this.#tunnelStands ? Number.POSITIVE_INFINITY : this.#context.responseBodyLimit
    if (this.#receivedLength > limit) this.#giveUp(bodyTooLarge(this.#origin, limit))
    else this.#body?.push(chunk)
  }

  onTrailers(headers: HeaderList): void {
    this.#trailers = headers
  }

  onDrain(): void {
    this.#upload?.onDrain()
  }

  onEnd(): void {
    if (this.stage !== 'receiving') return
    const expected = this.#expectedLength
    const received = this.#receivedLength
    if (expected !== null && expected !== received)
      return this.#fail(cutOff(this.#origin, this.exchange?.streamId, expected, received))
    this.endedAt = this.#context.clock.now()
    const body = this.#body
    this.#trace?.ended(this)
    this.#finish()
    body?.end(this.#trailers)
    this.#context.onSettled(null, this.request, this.endedAt - this.calledAt)
  }

  /** For the queue of the body. */
  pause(): void {
    this.#trace?.paused()
    this.exchange?.pause()
  }

  resume(): void {
    this.#trace?.resumed()
    this.exchange?.resume()
  }

  cancel(reason: unknown): void {
    this.#trace?.cancelled(this, reason === DISMISSED)
    this.exchange?.reset()
    this.endedAt = this.#context.clock.now()
    this.#finish()
    this.#context.onSettled(null, this.request, this.endedAt - this.calledAt)
  }

  onError(error: ClientError): void {
    if (this.stage === 'done') return
    const { body, signal, tunnel } = this.request
    const wantsHttp1 = error.code === 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED'
    // A server without tunnels over HTTP/2 is none that wants everything over HTTP/1.1.
    const settled = this.stage === 'receiving' || (tunnel && wantsHttp1)
    if (settled || !mayReplay(error, this.attempts, body)) return this.#fail(error)
    this.#trace?.replayed(null, error, this)
    this.#stopUpload()
    if (this.stage === 'sent') this.#refusedBy = noteRefusal(error, this.connection, this.#refusedBy)
    if (wantsHttp1) this.#context.pool(this.request).requireHttp1()
    const delay = replayDelay(this.attempts, Math.random())
    const { clock, lifetime } = this.#context
    if (delay === 0) return this.#enter(clock.now())
    this.stage = 'resting'
    pause(clock, lifetime, delay, signal).then(
      () => {
        if (this.stage === 'resting') this.#enter(clock.now())
      },
      (reason) => this.#fail(reason),
    )
  }

  #enter(now: number): void {
    this.stage = 'waiting'
    this.movedAt = now
    this.#entering = true
    try {
      const entry = this.#context.pool(this.request).enter(this)
      if (entry !== null && this.stage === 'waiting') {
        this.#entry = entry
        this.#trace?.queued()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#entering = false
    }
  }

  #leaveQueue(): void {
    if (this.#entry !== null) this.#context.pool(this.request).leave(this.#entry)
    this.#entry = null
  }

  #send(exchange: Exchange): void {
    const { body, trailers, target } = this.request
    this.#upload = new Upload(exchange, {
      body,
      declared: this.#declared,
      trailers,
      origin: target.origin.key,
      clock: this.#context.clock,
      sentAt: this.sentAt,
      onFailed: (error) => this.#giveUp(error),
    })
    // Nothing goes into a tunnel before it stands.
    if (this.request.tunnel) return
    if (expectsContinue(this.request)) this.#upload.startLater()
    else this.#upload.start()
  }

  /** 421: this connection is not for this origin (RFC 9110 section 15.5.20). Another one gets one chance. */
  #sendElsewhere(connection: PooledConnection): boolean {
    if (this.#misdirected || !canSend(this.request.body)) return false
    // The connection is another origin's, and right for that one.
    if (this.request.target.origin.rides !== undefined) return false
    if (!this.#context.pool(this.request).leaveMisdirected(connection)) return false
    this.#misdirected = true
    this.#trace?.replayed(421, null, this)
    this.exchange?.reset()
    this.#stopUpload()
    this.#enter(this.#context.clock.now())
    return true
  }

  #stopUpload(): void {
    if (this.#upload === null) return
    this.#upload.stop()
    this.#uploadedAt = this.#upload.endedAt
    this.#upload = null
  }

  /** The signal's `abort`. An object as a listener, since a function for each request would have to be made. */
  handleEvent(): void {
    this.#abandon(this.request.signal?.reason, this.#context.clock.now())
  }

  /** The caller, or a deadline, gives up on a request that the server has not failed. */
  #abandon(reason: unknown, now: number): void {
    if (this.stage === 'sent' || this.stage === 'receiving') {
      this.exchange?.reset()
      this.connection?.onGivenUp(this.#bytesBefore, this.stage === 'sent' ? 0 : now - this.movedAt)
    } else this.#leaveQueue()
    this.#fail(reason)
  }

  #giveUp(error: unknown): void {
    this.exchange?.reset()
    this.#fail(error)
  }

  #fail(error: unknown): void {
    if (this.stage === 'done') return
    this.endedAt = this.#context.clock.now()
    if (error instanceof ClientError) explainFailure(error, this, this.exchange?.streamId, this.endedAt)
    const body = this.#body
    this.#trace?.failed(error, this)
    this.#processed = error instanceof ClientError ? error.processed : processedAt(this.stage)
    this.#finish()
    if (body !== null) body.fail(error)
    else this.#reject(error)
    this.#context.onSettled(error, this.request, this.endedAt - this.calledAt)
  }

  /** Who keeps the response for long shall not keep the connection by it. */
  #finish(): void {
    this.stage = 'done'
    this.#context.sweeper.delete(this)
    this.#stopUpload()
    this.request.signal?.removeEventListener('abort', this)
    this.exchange = null
    this.connection = null
    this.#refusedBy = null
    this.#body = null
  }
}
