import { type Attributes, type Context, type Span, SpanStatusCode } from '@opentelemetry/api'
import { wasDroppedUnread } from '../../core/body-queue.ts'
import type { ClientRequest, ClientResponse } from '../../core/dispatch.ts'
import { ClientError } from '../../core/errors.ts'
import { isError } from '../../core/is-error.ts'
import {
  ATTRIBUTES as A,
  errorAttributes,
  errorType,
  isErrorStatus,
  networkAttributes,
  protocolVersion,
  type RequestFacts,
  responseAttributes,
} from './attributes.ts'
import type { OpenConnection } from './connection-book.ts'
import type { Dial } from './dial-book.ts'
import { guarded } from './guarded.ts'
import type { Instruments } from './instruments.ts'
import type { SettledOpenTelemetry } from './options.ts'

/** What there is to know beside the attempt itself. */
export interface AttemptSurroundings {
  readonly settled: SettledOpenTelemetry
  /** Null: nothing is measured. */
  readonly instruments: Instruments | null
  connection(id: number): OpenConnection | undefined
  /** Of the dials of this process those that made the connection, and those that made none. */
  dialOf(connection: OpenConnection): readonly Dial[]
  dialsFailed(error: unknown, since: number): readonly Dial[]
  makeDials(parent: Context, dials: readonly Dial[]): void
}

/** One attempt: its span, or none, and its measurements. It holds no response, which may be collected unread. */
export class Attempt {
  readonly #around: AttemptSurroundings
  /** With the span in it. */
  readonly #context: Context
  readonly #span: Span | null
  /** For measurements; grows as more is known. */
  #measured: Attributes
  readonly #signal: AbortSignal | null
  readonly #origin: Attributes
  readonly #startedAt = performance.now()
  #headAt: number | null = null

  constructor(
    around: AttemptSurroundings,
    request: ClientRequest,
    facts: RequestFacts,
    context: Context,
    span: Span | null,
  ) {
    this.#around = around
    this.#context = context
    this.#span = span?.isRecording() ? span : null
    this.#signal = request.signal
    const { hostname, port, scheme } = request.target.origin
    this.#origin = {
      [A.method]: facts.method,
      [A.serverAddress]: hostname,
      [A.serverPort]: port,
      [A.scheme]: scheme,
      ...(facts.template === null ? {} : { [A.template]: facts.template }),
    }
    this.#measured = this.#origin
    around.instruments?.now.activeRequests.add(1, this.#origin)
  }

  get span(): Span | null {
    return this.#span
  }

  responded(response: ClientResponse): void {
    this.#headAt = performance.now()
    const { status, protocol, connectionId, timings } = response
    const { settled, instruments } = this.#around
    const connection = this.#around.connection(connectionId)
    this.#measured = { ...this.#measured, [A.status]: status }
    if (isErrorStatus(status)) this.#measured[A.errorType] = String(status)
    if (connectionId !== 0) {
      this.#measured[A.protocolVersion] = protocolVersion(protocol)
      instruments?.now.queueDuration.record(timings.queued / 1000, this.#origin)
    }
    if (this.#span !== null) this.#describe(this.#span, response, connection)
    if (settled.endAt === 'headers') this.#end(undefined, this.#headAt)
    else response.body.whenSettled(this.#onBody)
  }

  failed(error: unknown): void {
    if (this.#span !== null)
      this.#around.makeDials(this.#context, this.#around.dialsFailed(error, this.#startedAt))
    this.#fail(error)
    this.#end()
  }

  #describe(span: Span, response: ClientResponse, connection: OpenConnection | undefined): void {
    const { settled } = this.#around
    span.setAttributes(responseAttributes(response, connection, settled))
    // Why shows in the status code: the conventions want no more words.
    if (isErrorStatus(response.status)) span.setStatus({ code: SpanStatusCode.ERROR })
    // It stood already, or its dial is part of the wait.
    if (connection !== undefined && response.timings.connect !== null)
      this.#around.makeDials(this.#context, this.#around.dialOf(connection))
    if (settled.onResponse !== undefined) guarded(() => settled.onResponse?.(span, response))
  }

  readonly #onBody = (error: unknown): void => {
    const headAt = this.#headAt as number
    if (error === undefined) return this.#end()
    // Nobody ended it: the moment of the garbage collection says nothing.
    if (wasDroppedUnread(error)) return this.#end(true, headAt)
    // The reader had enough, which is no failure; that the call was aborted is one.
    if (errorType(error) === 'AbortError' && this.#signal?.aborted !== true) return this.#end(true)
    this.#fail(error)
    this.#end()
  }

  #fail(error: unknown): void {
    const known = error instanceof ClientError && error.connectionId !== undefined
    const connection = known ? this.#around.connection(error.connectionId as number) : undefined
    const network = connection === undefined ? {} : networkAttributes(connection)
    this.#measured = { ...this.#measured, [A.errorType]: errorType(error) }
    if (connection !== undefined) this.#measured[A.protocolVersion] = protocolVersion(connection.protocol)
    const span = this.#span
    if (span === null) return
    span.setAttributes({ ...network, ...errorAttributes(error) })
    if (isError(error)) span.recordException(error)
    const message = isError(error) ? error.message : String(error)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
  }

  #end(cancelled = false, at = performance.now()): void {
    if (cancelled) this.#span?.setAttribute(A.bodyCancelled, true)
    this.#span?.end(at)
    const { instruments } = this.#around
    instruments?.now.duration.record((at - this.#startedAt) / 1000, this.#measured, this.#context)
    instruments?.now.activeRequests.add(-1, this.#origin)
  }
}
