import { type ClientOptions, type SettledOptions, settleOptions } from './client-options.ts'
import { createConnector } from './connect/connector.ts'
import { type TlsOptions, TlsPolicy } from './connect/tls-identity.ts'
import { processTlsSessions } from './connect/tls-session-store.ts'
import { type Clock, systemClock } from './core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch } from './core/dispatch.ts'
import { ClosedError } from './core/errors.ts'
import { Lifetime } from './core/lifetime.ts'
import { parseTarget } from './core/origin.ts'
import { Sweeper } from './core/sweeper.ts'
import { createFetch, type Fetch } from './fetch/fetch.ts'
import { signalOf } from './fetch/options.ts'
import { compose } from './interceptors/compose.ts'
import { createDecompress } from './interceptors/decompress.ts'
import { createRedirect } from './interceptors/redirect.ts'
import { createRetry } from './interceptors/retry.ts'
import { RetryBudget } from './interceptors/retry-budget.ts'
import { shortcut } from './interceptors/shortcut.ts'
import { validate } from './interceptors/validate.ts'
import { sweepPeriod } from './pool/phase-timeouts.ts'
import type { Waiter } from './pool/pool-context.ts'
import type { ConnectionPolicy, PooledConnection } from './pool/pooled-connection.ts'
import { ProtocolMemory } from './pool/protocol-memory.ts'
import { createRoundTrip } from './pool/round-trip.ts'
import { SessionManager } from './pool/session-manager.ts'
import { noticeNewClient } from './process-warnings.ts'
import { createRequest, type Request } from './request.ts'
import { type ClientStats, originStats } from './stats.ts'
import { createNodeHttp1Engine } from './wire/node-http1/engine.ts'
import { createNodeHttp2Engine } from './wire/node-http2/engine.ts'

/** How long it is remembered which protocol an origin spoke, ms. */
const PROTOCOL_MEMORY_TTL = 10 * 60 * 1000

const DEFAULT_CLOSE_TIMEOUT = 10_000

/**
 * Silence on a draining session with open streams until it is asked by a PING, ms. One that has got a GOAWAY may die
 * without Node telling anybody, whatever keepAlive says.
 */
const DRAIN_INTERVAL = 1000

let connectionIds = 0

/** What `client.connect()` resolves to. */
export interface Preconnected {
  readonly protocol: 'h2' | 'http/1.1'
  readonly connectionId: number
  /** Whether the TLS handshake resumed an earlier TLS session. */
  readonly resumed: boolean
}

/**
 * A client: its own connections, limits and TLS identity. Make one and keep it; a client per call throws away what
 * this library is for.
 */
export interface Client {
  /** WHATWG fetch. Rejects with `TypeError` (its `cause` a `ClientError`) or with the signal's reason. */
  readonly fetch: Fetch
  /** The lower level. Rejects with a `ClientError` or the signal's reason. */
  readonly request: Request
  /**
   * Opens a connection to an origin ahead of need: DNS, TCP, TLS, ALPN and SETTINGS. Resolves when it can be used,
   * at once if one stands already.
   */
  connect(origin: string | URL, options?: { readonly signal?: AbortSignal }): Promise<Preconnected>
  stats(): ClientStats
  /**
   * Takes no more requests, finishes those it has, sends GOAWAY and closes. What is not finished after `timeout` ms
   * (default 10,000) ends with `ERR_TRUNKLINE_CLIENT_DESTROYED`. Resolves when every connection is gone.
   */
  close(options?: { readonly timeout?: number }): Promise<void>
  /** Ends everything now; open requests reject with `ERR_TRUNKLINE_CLIENT_DESTROYED`, its `cause` being `error`. */
  destroy(error?: Error): void
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a client.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option that is unknown or wrong.
 */
export function createClient(options: ClientOptions = {}): Client {
  const settled = settleOptions(options)
  noticeNewClient()
  return new TrunklineClient(settled, systemClock)
}

type Intake =
  | { readonly state: 'open' }
  | { readonly state: 'closing'; readonly done: Promise<void> }
  | { readonly state: 'destroyed' }

class TrunklineClient implements Client {
  readonly fetch: Fetch
  readonly request: Request
  readonly #clock: Clock
  readonly #sessions: SessionManager
  readonly #dispatch: Dispatch
  readonly #onIdle: (() => void)[] = []
  readonly #lifetime = new Lifetime()
  readonly #sweeper: Sweeper
  #intake: Intake = { state: 'open' }
  #active = 0
  #requests = 0
  #failed = 0
  #dials = 0
  #dialsFailed = 0
  #handshakes = 0
  #resumed = 0

  constructor(options: SettledOptions, clock: Clock) {
    this.#clock = clock
    this.#sweeper = new Sweeper(clock, sweepPeriod(options.timeouts))
    this.#sessions = this.#createSessions(options)
    const roundTrip = createRoundTrip({
      clock,
      lifetime: this.#lifetime,
      sweeper: this.#sweeper,
      timeouts: options.timeouts,
      responseBodyLimit: options.limits.responseBody,
      pool: (request) => this.#sessions.pool(request.target.origin),
      onSettled: (error) => this.#count(error),
    })
    // The one order of things: a request passes from the first line to the last, its response from the last to the first.
    const budget = new RetryBudget()
    const custom = options.interceptors.length + options.networkInterceptors.length > 0
    const dispatch = compose(
      [
        ...options.interceptors,
        shortcut(
          [
            createRedirect(clock),
            createRetry(clock, this.#lifetime, budget),
            createDecompress(options.limits.responseBody),
          ],
          (request) => budget.earn(request.target.origin.key),
        ),
        ...options.networkInterceptors,
        ...(custom ? [validate] : []),
      ],
      roundTrip,
    )
    this.#dispatch = (request) => this.#admit(dispatch, request)
    this.fetch = createFetch(this.#dispatch, options.retry)
    this.request = createRequest(this.#dispatch, options.retry)
  }

  connect(origin: string | URL, options: { readonly signal?: AbortSignal } = {}): Promise<Preconnected> {
    return new Promise((resolve, reject) => {
      if (this.#intake.state !== 'open') return reject(closedError(this.#intake.state))
      const signal = signalOf(options.signal)
      if (signal?.aborted) return reject(signal.reason)
      const pool = this.#sessions.pool(parseTarget(origin).origin)
      const waiter: Waiter = {
        start: (connection) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(preconnected(connection))
        },
        fail: (error) => {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      const onAbort = () => {
        pool.leavePreconnect(entry)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const entry = pool.preconnect(waiter)
    })
  }

  stats(): ClientStats {
    const now = this.#clock.now()
    const origins = [...this.#sessions.pools].map((pool) => originStats(pool, now))
    return {
      requests: this.#requests,
      failed: this.#failed,
      active: this.#active,
      queued: origins.reduce((sum, origin) => sum + origin.queued, 0),
      connections: origins.reduce((sum, origin) => sum + origin.connections.length, 0),
      dials: this.#dials,
      dialsFailed: this.#dialsFailed,
      handshakes: this.#handshakes,
      resumed: this.#resumed,
      origins,
    }
  }

  close(options: { readonly timeout?: number } = {}): Promise<void> {
    if (this.#intake.state === 'closing') return this.#intake.done
    if (this.#intake.state === 'destroyed') return this.#sessions.close()
    const done = this.#close(options.timeout ?? DEFAULT_CLOSE_TIMEOUT)
    this.#intake = { state: 'closing', done }
    return done
  }

  destroy(error?: Error): void {
    this.#end(destroyedError('was destroyed', error))
  }

  #end(error: ClosedError): void {
    this.#intake = { state: 'destroyed' }
    this.#sessions.destroy(error)
    this.#lifetime.end(error)
    this.#sweeper.stop()
    // An interceptor that hangs holds its call open for ever; `close` waits for it no longer.
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeout: number): Promise<void> {
    const timer = this.#clock.setTimeout(
      () => this.#end(destroyedError(`was closed and had requests open after ${timeout} ms`)),
      timeout,
      true,
    )
    try {
      await this.#idle()
      await this.#sessions.close()
    } finally {
      timer.cancel()
      this.#sweeper.stop()
      this.#intake = { state: 'destroyed' }
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

  #count(error: unknown): void {
    this.#requests += 1
    if (error !== null) this.#failed += 1
  }

  #createSessions(options: SettledOptions): SessionManager {
    const { http2, http1, limits, tlsSessions } = options
    const connector = createConnector({
      clock: this.#clock,
      policy: policyOf(options.tls),
      sessions: tlsSessions === false ? null : (tlsSessions ?? processTlsSessions),
      timeout: options.timeouts.connect,
      ...options.dns,
    })
    return new SessionManager({
      clock: this.#clock,
      connector,
      engines: {
        h2: createNodeHttp2Engine({ ...http2, clock: this.#clock }),
        'http/1.1': createNodeHttp1Engine({ maxHeaderListSize: http1.maxHeaderListSize }),
      },
      protocols: new ProtocolMemory(this.#clock, PROTOCOL_MEMORY_TTL),
      offer: options.protocols,
      cleartext: http2.priorKnowledge ? 'h2' : 'http/1.1',
      limits: { ...limits, maxSessions: http2.maxSessions, maxSockets: http1.maxSockets },
      policies: policiesOf(options),
      connections: limits.connections,
      nextConnectionId: () => ++connectionIds,
      onHandshake: ({ tls }) => {
        this.#dials += 1
        if (tls === null) return
        this.#handshakes += 1
        if (tls.resumed) this.#resumed += 1
      },
      onDialFailed: () => {
        this.#dialsFailed += 1
      },
    })
  }
}

function policyOf(options: TlsOptions): TlsPolicy {
  const policy = new TlsPolicy(options)
  // What node:tls cannot use shall fail where it is given, not at the first request.
  if (Object.keys(options).length > 0) policy.secureContext()
  return policy
}

function preconnected({ protocol, id, dialled }: PooledConnection): Preconnected {
  return { protocol, connectionId: id, resumed: dialled.tls?.resumed ?? false }
}

function policiesOf({
  http2,
  http1,
  keepAlive,
}: SettledOptions): Record<'h2' | 'http/1.1', ConnectionPolicy> {
  const { idleTimeout, maxLifetime, settingsTimeout, drainTimeout } = http2
  return {
    h2: {
      keepAlive: {
        ...keepAlive,
        drainInterval: Math.min(DRAIN_INTERVAL, keepAlive.interval || DRAIN_INTERVAL),
      },
      idleTimeout,
      maxLifetime,
      settingsTimeout,
      drainTimeout,
    },
    'http/1.1': {
      keepAlive: { ...keepAlive, interval: 0, drainInterval: 0 },
      idleTimeout: http1.idleTimeout,
      maxLifetime: http1.maxLifetime,
      settingsTimeout,
      drainTimeout,
    },
  }
}

function closedError(state: 'closing' | 'destroyed'): ClosedError {
  const how = state === 'closing' ? 'is closing' : 'was closed'
  return new ClosedError(
    'ERR_TRUNKLINE_CLIENT_CLOSED',
    `The client ${how} and takes no new requests. Close a client only when nothing uses it any more.`,
    { phase: 'close' },
  )
}

function destroyedError(how: string, cause?: Error): ClosedError {
  return new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', `The client ${how}; this request was cut off.`, {
    phase: 'close',
    ...(cause === undefined ? {} : { cause }),
  })
}
