import { type ClientDispatch, createClientDispatch } from './client-dispatch.ts'
import { closedError, destroyedError } from './client-errors.ts'
import type { Client } from './client-interface.ts'
import {
  type ClientOptions,
  type ClientUpdate,
  type SettledOptions,
  settleOptions,
  settleUpdate,
} from './client-options.ts'
import { ClientTls } from './client-tls.ts'
import { closeOnSignals } from './close-on-signals.ts'
import { type CloseOptions, type CloseReport, CutList, NOTHING_CUT, settleClose } from './closing.ts'
import { type AddressBook, createAddressBook } from './connect/address-book.ts'
import { policiesOf } from './connection-policies.ts'
import { Admission } from './control/admission.ts'
import { type Clock, systemClock } from './core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from './core/dispatch.ts'
import type { ClientError, ClosedError } from './core/errors.ts'
import { Lifetime } from './core/lifetime.ts'
import { parseTarget } from './core/origin.ts'
import { nextId } from './core/process-record.ts'
import { Sweeper } from './core/sweeper.ts'
import { logIfAsked } from './debug-log.ts'
import type { Discovery } from './discovery/discovery.ts'
import { createFetch, type Fetch } from './fetch/fetch.ts'
import { signalOf } from './fetch/options.ts'
import { Figures } from './figures.ts'
import { type Breaker, createBreaker } from './interceptors/breaker.ts'
import { compose } from './interceptors/compose.ts'
import { createDecompress } from './interceptors/decompress.ts'
import { createHooks } from './interceptors/hooks.ts'
import { createRedirect } from './interceptors/redirect.ts'
import { createRetry } from './interceptors/retry.ts'
import { RetryBudget } from './interceptors/retry-budget.ts'
import { shortcut } from './interceptors/shortcut.ts'
import { createTotalTimeout } from './interceptors/total-timeout.ts'
import { validate } from './interceptors/validate.ts'
import { type ClientMap, createMap } from './map.ts'
import { createCoalescing } from './pool/coalescing.ts'
import { sweepPeriod } from './pool/phase-timeouts.ts'
import type { PoolLimits } from './pool/pool-context.ts'
import { ProtocolMemory } from './pool/protocol-memory.ts'
import { createRoundTrip } from './pool/round-trip.ts'
import { SessionManager } from './pool/session-manager.ts'
import { type Preconnected, preconnect } from './preconnect.ts'
import { noticeNewClient } from './process-warnings.ts'
import { createProxying, type Proxying } from './proxying.ts'
import { createRequest, type Request } from './request.ts'
import { createDiscovery } from './service-discovery.ts'
import {
  type ClientSnapshot,
  type ClientStats,
  clientSnapshot,
  clientStats,
  type StatsSources,
} from './stats.ts'
import { tellCalls } from './told-calls.ts'
import { createTunnels } from './websocket/tunnels.ts'
import { type OpenWebSocket, WebSockets } from './websocket/web-sockets.ts'
import type { Engine } from './wire/contract.ts'
import { createHttp2Engine } from './wire/http2/engine.ts'
import { createNodeHttp1Engine } from './wire/node-http1/engine.ts'
import { createNodeHttp2Engine } from './wire/node-http2/engine.ts'

/** How long it is remembered which protocol an origin spoke, ms. */
const PROTOCOL_MEMORY_TTL = 10 * 60 * 1000

const nextConnectionId = () => nextId('connection')

/**
 * Makes a client.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option that is unknown or wrong.
 */
export function createClient(options: ClientOptions = {}): Client {
  const settled = settleOptions(options)
  noticeNewClient()
  logIfAsked()
  const client = new TrunklineClient(settled, systemClock)
  if (settled.closeOnSignals !== false) closeOnSignals(client, settled.closeOnSignals)
  return client
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

type Intake =
  | { readonly state: 'open' }
  | { readonly state: 'closing'; readonly done: Promise<CloseReport> }
  | { readonly state: 'destroyed' }

class TrunklineClient implements Client {
  readonly fetch: Fetch
  readonly request: Request
  readonly dispatch: ClientDispatch
  readonly map: ClientMap
  readonly websocket: OpenWebSocket
  readonly #webSockets: WebSockets
  readonly closed: Promise<void>
  readonly #id = nextId('client')
  readonly #clock: Clock
  readonly #sessions: SessionManager
  readonly #dispatch: Dispatch
  readonly #onIdle: (() => void)[] = []
  readonly #lifetime = new Lifetime()
  readonly #sweeper: Sweeper
  /** One object for all who go by them: `update` changes it. */
  readonly #limits: Mutable<SettledOptions['limits'] & PoolLimits>
  readonly #admission: Admission
  readonly #breaker: Breaker | null
  readonly #discovery: Discovery | null
  readonly #addresses: AddressBook
  readonly #tls: ClientTls
  readonly #proxying: Proxying
  readonly #cut = new CutList()
  readonly #figures: Figures
  #onClosed: () => void = () => {}
  #intake: Intake = { state: 'open' }
  #active = 0

  constructor(options: SettledOptions, clock: Clock) {
    this.#clock = clock
    this.#figures = new Figures(options.measure)
    const { queue, headers, body, total } = options.timeouts
    const timeouts = { queue, headers, body }
    this.#sweeper = new Sweeper(clock, sweepPeriod(timeouts))
    this.#limits = {
      ...options.limits,
      maxSessions: options.http2.maxSessions,
      maxSockets: options.http1.maxSockets,
    }
    this.#addresses = createAddressBook(options.dns, clock)
    this.#tls = new ClientTls(options, clock, (concerns) => this.#sessions.renew(concerns))
    const h2 = (options.engine === 'wire' ? createHttp2Engine : createNodeHttp2Engine)({
      ...options.http2,
      clock,
    })
    this.#proxying = createProxying(options, {
      clock,
      clientId: this.#id,
      tls: this.#tls,
      addresses: this.#addresses,
      engine: h2,
      nextConnectionId,
    })
    this.#sessions = this.#createSessions(options, h2)
    const limits = this.#limits
    this.#breaker = options.breaker === null ? null : createBreaker(options.breaker, clock)
    this.#admission = new Admission({
      clock,
      limits,
      lifetime: this.#lifetime,
      sweeper: this.#sweeper,
      adaptive: options.adaptive,
      queueTimeout: queue,
    })
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
    this.#discovery = createDiscovery(options, {
      clock,
      lifetime: this.#lifetime,
      closed: this.closed,
      pools: () => this.#sessions.pools,
    })
    const roundTrip = createRoundTrip({
      clock,
      lifetime: this.#lifetime,
      sweeper: this.#sweeper,
      timeouts,
      get responseBodyLimit() {
        return limits.responseBody
      },
      pool: (request) => this.#sessions.pool(request.target.origin),
      onSettled: (error, request, duration) => this.#count(error, request, duration),
    })
    // The one order of things: a request passes from the first line to the last, its response from the last to the first.
    const budget = new RetryBudget()
    const custom = [options.interceptors, options.networkInterceptors, Object.keys(options.hooks)].some(
      ({ length }) => length > 0,
    )
    const dispatch = compose(
      [
        createTotalTimeout({ clock, sweeper: this.#sweeper, total, limitsFor: options.timeoutsFor, custom }),
        ...(Object.keys(options.hooks).length > 0 ? [createHooks(options.hooks)] : []),
        ...options.interceptors,
        shortcut(
          [createRedirect(clock), createRetry(clock, this.#lifetime, budget), createDecompress(limits)],
          (request) => budget.earn(request.target.origin.key),
        ),
        ...options.networkInterceptors,
        ...(custom ? [validate] : []),
        ...(this.#breaker === null ? [] : [this.#breaker.peek]),
        this.#admission.interceptor,
        ...(this.#breaker === null ? [] : [this.#breaker.guard]),
        ...(this.#discovery === null ? [] : [this.#discovery.interceptor]),
        ...this.#proxying.interceptors,
        createTunnels(() => this.#sessions, options.protocols),
        ...this.#coalescing(options),
      ],
      roundTrip,
    )
    this.#dispatch = tellCalls({ clock, clientId: this.#id, correlation: options.correlation }, (request) =>
      this.#admit(dispatch, request),
    )
    this.fetch = createFetch(this.#dispatch, options.retry)
    this.request = createRequest(this.#dispatch, options.retry)
    this.dispatch = createClientDispatch(this.#dispatch, options.retry)
    this.map = createMap(this.fetch)
    this.#webSockets = new WebSockets(this.#dispatch, clock)
    this.websocket = this.#webSockets.open
  }

  async connect(
    origin: string | URL,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Preconnected> {
    if (this.#intake.state !== 'open') throw closedError(this.#intake.state)
    const signal = signalOf(options.signal)
    if (signal?.aborted) throw signal.reason
    const wanted = parseTarget(origin).origin
    const place = this.#discovery === null ? wanted : await this.#discovery.place(wanted, signal)
    const through = this.#proxying.place(place, signal)
    return preconnect(this.#sessions.pool(through instanceof Promise ? await through : through), signal)
  }

  stats(): ClientStats {
    const sources: StatsSources = {
      pools: this.#sessions.pools,
      figures: this.#figures,
      active: this.#active,
      dns: this.#addresses.stats(),
      inFlight: this.#admission.stats(),
      circuits: this.#breaker?.stats() ?? [],
      services: this.#discovery?.stats() ?? [],
      proxies: this.#proxying.stats(this.#clock.now()),
      tls: this.#tls,
    }
    return clientStats(sources, this.#clock.now())
  }

  snapshot(): ClientSnapshot {
    return clientSnapshot(this.stats(), this.#figures, { clientId: this.#id, state: this.#intake.state })
  }

  update(options: ClientUpdate): void {
    const { limits, tls } = settleUpdate(options)
    if (tls !== null) this.#tls.update(tls)
    Object.assign(this.#limits, limits)
    this.#admission.changed()
    this.#sessions.update(this.#limits)
  }

  close(options: CloseOptions = {}): Promise<CloseReport> {
    if (this.#intake.state === 'closing') return this.#intake.done
    if (this.#intake.state === 'destroyed') return this.#sessions.close().then(() => NOTHING_CUT)
    const done = this.#close(settleClose(options))
    this.#intake = { state: 'closing', done }
    return done
  }

  destroy(error?: Error): void {
    this.#end(destroyedError('was destroyed', error))
  }

  #end(error: ClosedError): void {
    this.#intake = { state: 'destroyed' }
    this.#tls.stop()
    this.#sessions.destroy(error)
    this.#proxying.destroy(error)
    this.#lifetime.end(error)
    this.#sweeper.stop()
    // An interceptor that hangs holds its call open for ever; `close` waits for it no longer.
    for (const resolve of this.#onIdle.splice(0)) resolve()
    this.#figures.end()
    this.#onClosed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close({ timeout, queued }: Required<CloseOptions>): Promise<CloseReport> {
    let cut = 0
    const refusal = closedError('closing')
    this.#webSockets.close()
    const rejected =
      queued === 'reject' ? this.#admission.rejectAll(refusal) + this.#sessions.rejectQueued(refusal) : 0
    const end = () => {
      cut = this.#active
      this.#end(destroyedError(`was closed and had requests open after ${timeout} ms`))
    }
    const timer = this.#clock.setTimeout(end, timeout, true)
    try {
      await this.#idle()
      await this.#sessions.close()
      await this.#proxying.close()
      return { rejected, cut, requests: this.#cut.requests }
    } finally {
      timer.cancel()
      this.#tls.stop()
      this.#sweeper.stop()
      this.#intake = { state: 'destroyed' }
      this.#figures.end()
      this.#onClosed()
    }
  }

  #idle(): Promise<void> {
    return this.#active === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** Counts a call in, and out when its response has ended: `close` waits for that, not for the head alone. */
  #admit(dispatch: Dispatch, request: ClientRequest): Promise<ClientResponse> {
    if (this.#intake.state !== 'open') return Promise.reject(closedError(this.#intake.state))
    this.#active += 1
    try {
      const answer: unknown = dispatch(request)
      // An interceptor of the user's may give the response itself, or throw.
      const promise = answer instanceof Promise ? answer : Promise.resolve(answer)
      return promise.then(this.#onResponse, this.#onFailure)
    } catch (error) {
      return this.#onFailure(error)
    }
  }

  // Made once for all requests.
  readonly #onResponse = (response: ClientResponse): ClientResponse => {
    response.body.whenSettled(this.#onLeft)
    return response
  }

  readonly #onFailure = (error: unknown): Promise<never> => {
    this.#leave()
    return Promise.reject(error)
  }

  readonly #onLeft = (): void => this.#leave()

  #leave(): void {
    this.#active -= 1
    if (this.#active === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #count(error: unknown, request: ClientRequest, duration: number): void {
    this.#figures.settled(error, request, duration)
    if (error === null) return
    if ((error as ClientError).code === 'ERR_TRUNKLINE_CLIENT_DESTROYED') this.#cut.add(request)
  }

  #coalescing({ http2 }: SettledOptions): Interceptor[] {
    if (!http2.coalesce) return []
    const pools = () => this.#sessions.pools
    const { policyOf } = this.#tls
    return [createCoalescing({ clock: this.#clock, addresses: this.#addresses, policyOf, pools })]
  }

  #createSessions(options: SettledOptions, h2: Engine): SessionManager {
    const { http2, http1 } = options
    return new SessionManager({
      clock: this.#clock,
      clientId: this.#id,
      connector: this.#proxying.connector,
      engines: {
        h2,
        'http/1.1': createNodeHttp1Engine({ maxHeaderListSize: http1.maxHeaderListSize }),
      },
      protocols: new ProtocolMemory(this.#clock, PROTOCOL_MEMORY_TTL),
      offer: options.protocols,
      cleartext: http2.priorKnowledge ? 'h2' : 'http/1.1',
      limits: this.#limits,
      policies: policiesOf(options),
      spanning: this.#limits,
      nextConnectionId,
      onHandshake: (connected, origin) => this.#figures.dialled(connected, origin),
      onDialFailed: (origin) => this.#figures.dialFailed(origin),
      onSentAway: (goAway, origin) => this.#figures.sentAway(goAway, origin),
    })
  }
}
