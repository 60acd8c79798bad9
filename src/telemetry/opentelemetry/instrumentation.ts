import { type Context, context, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { ClientRequest, ClientResponse, Dispatch } from '../../core/dispatch.ts'
import { ClientError } from '../../core/errors.ts'
import { type RouteOf, routesOf } from '../route-templates.ts'
import { listen } from '../subscriptions.ts'
import { Attempt, type AttemptSurroundings } from './attempt.ts'
import { ATTRIBUTES as A, type RequestFacts, requestAttributes } from './attributes.ts'
import { ConnectionBook, type ConnectionMeter, type OpenConnection } from './connection-book.ts'
import { type Dial, DialBook } from './dial-book.ts'
import { makeDialSpans } from './dial-spans.ts'
import { guarded, threw } from './guarded.ts'
import { Instruments } from './instruments.ts'
import type { SettledOpenTelemetry } from './options.ts'
import { isSuppressed, withPropagation } from './propagation.ts'
import { createRedaction } from './redacted-url.ts'

const SCOPE = 'trunkline'

/** All that one call of `opentelemetry` set up. */
export class Instrumentation implements AttemptSurroundings {
  readonly settled: SettledOpenTelemetry
  readonly instruments: Instruments | null
  readonly #connections: ConnectionBook
  readonly #dials: DialBook | null
  readonly #routeOf: RouteOf
  readonly #redacted: (url: string) => string
  #stop: (() => void) | null

  constructor(settled: SettledOpenTelemetry) {
    this.settled = settled
    this.instruments = settled.metrics ? new Instruments(settled.meterProvider) : null
    this.#connections = new ConnectionBook(this.instruments ?? NOTHING_MEASURED)
    this.#dials = settled.dialSpans ? new DialBook() : null
    this.#routeOf = settled.routes === undefined ? () => null : routesOf(settled.routes, threw)
    this.#redacted = createRedaction(settled.redactedParameters)
    const endings = [listen(this.#connections.listeners)]
    // Calls are known to the events, and so to us, while anything of them is listened to: the rarest thing will do.
    endings.push(listen(settled.metrics ? this.#connections.streamListeners : { redirect: () => {} }))
    if (this.#dials !== null) endings.push(listen(this.#dials.listeners))
    this.#stop = () => {
      for (const end of endings) end()
      this.#connections.leave()
    }
  }

  dispose(): void {
    this.#stop?.()
    this.#stop = null
  }

  dispatch(next: Dispatch, request: ClientRequest): Promise<ClientResponse> {
    const active = context.active()
    const leaves = this.#stop === null || isSuppressed(active) || this.#ignores(request)
    return leaves ? next(request) : this.#follow(next, request, active)
  }

  /** Also learns from it whose connection it was. */
  connection(id: number): OpenConnection | undefined {
    this.#connections.claim(id)
    return this.#connections.get(id)
  }

  dialOf(connection: OpenConnection): readonly Dial[] {
    const dial = this.#dials?.get(connection.dialId)
    return dial === undefined ? [] : [dial]
  }

  dialsFailed(error: unknown, since: number): readonly Dial[] {
    if (!(error instanceof ClientError) || error.origin === undefined) return []
    return this.#dials?.failedSince(error.origin, since) ?? []
  }

  makeDials(parent: Context, dials: readonly Dial[]): void {
    for (const dial of dials) makeDialSpans(this.#tracer, parent, dial, this.#dials)
  }

  async #follow(next: Dispatch, request: ClientRequest, active: Context): Promise<ClientResponse> {
    const facts = this.#factsOf(request)
    const span = this.settled.spans ? this.#startSpan(request, facts, active) : null
    const own = span === null ? active : trace.setSpan(active, span)
    const attempt = new Attempt(this, request, facts, own, span)
    try {
      const response = await next(
        this.#propagates(request) ? withPropagation(request, own, this.settled.propagator) : request,
      )
      attempt.responded(response)
      return response
    } catch (error) {
      attempt.failed(error)
      throw error
    }
  }

  get #tracer(): Tracer {
    return (this.settled.tracerProvider ?? trace).getTracer(SCOPE)
  }

  #startSpan(request: ClientRequest, facts: RequestFacts, parent: Context): Span {
    const { settled } = this
    const url = this.#redacted(request.target.href)
    const attributes = requestAttributes(request, facts, url, settled)
    // What the events count of the call: attempts that were given to the network before this one.
    const resends = request.call?.attempts ?? 0
    if (resends > 0) attributes[A.resends] = resends
    const span = this.#tracer.startSpan(nameOf(facts), { kind: SpanKind.CLIENT, attributes }, parent)
    if (settled.onRequest !== undefined && span.isRecording())
      guarded(() => settled.onRequest?.(span, request))
    return span
  }

  #factsOf({ method, target }: ClientRequest): RequestFacts {
    return {
      method: this.settled.knownMethods.has(method) ? method : '_OTHER',
      template: this.#routeOf({ method, url: target.href }),
    }
  }

  #ignores(request: ClientRequest): boolean {
    const { ignore } = this.settled
    return ignore !== undefined && guarded(() => ignore(request)) === true
  }

  #propagates(request: ClientRequest): boolean {
    const { propagate } = this.settled
    return typeof propagate === 'boolean' ? propagate : guarded(() => propagate(request)) === true
  }
}

const NOTHING_MEASURED: ConnectionMeter = { opened() {}, turned() {}, left() {}, closed() {} }

function nameOf({ method, template }: RequestFacts): string {
  const shown = method === '_OTHER' ? 'HTTP' : method
  return template === null ? shown : `${shown} ${template}`
}
