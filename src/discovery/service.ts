import type { Clock, Timer } from '../core/clock.ts'
import { ConnectError, TimeoutError } from '../core/errors.ts'
import { isError } from '../core/is-error.ts'
import type { Lifetime } from '../core/lifetime.ts'
import type { SettledDiscovery } from './discovery-options.ts'
import { EndpointSet } from './endpoint-set.ts'
import { checkedEndpoints } from './resolver.ts'

/** Waits before a watch that broke is taken up again, ms; doubled each time. */
const FIRST_BACKOFF = 1000
const LONGEST_BACKOFF = 30_000

export interface ServiceContext {
  readonly clock: Clock
  readonly lifetime: Lifetime
  /** ms that a request waits for the first set of endpoints. */
  readonly timeout: number
  drain(originKey: string): void
}

/** One service name: what its resolver says, asked once by whoever comes first, and then kept up to date. */
export class Service {
  readonly name: string
  readonly options: SettledDiscovery
  readonly endpoints: EndpointSet
  readonly #context: ServiceContext
  readonly #end = new AbortController()
  #known = false
  #underWay: Promise<void> | null = null
  #nextRefresh = 0
  #failures = 0
  #watching = false
  #rewatch: Timer | null = null

  constructor(name: string, options: SettledDiscovery, context: ServiceContext) {
    this.name = name
    this.options = options
    this.#context = context
    this.endpoints = new EndpointSet(options, context.clock, (key) => context.drain(key))
  }

  /**
   * Resolves when a set of endpoints is known, at once if one is; null then, so that nobody need wait. Rejects with a
   * `ConnectError`, a `TimeoutError` or the signal's reason.
   */
  ready(signal: AbortSignal | null): Promise<void> | null {
    if (!this.#known) return this.#within(this.#resolve(), signal)
    const due = !this.#watching && this.#context.clock.now() >= this.#nextRefresh
    if (!due) return null
    const resolved = this.#resolve()
    if (this.endpoints.size === 0) return this.#within(resolved, signal)
    // The old set serves until the new one is there; a resolver that fails leaves it in place.
    resolved.catch(() => {})
    return null
  }

  /** Watches and asks no more. */
  close(): void {
    this.#end.abort()
    this.#rewatch?.cancel()
  }

  #resolve(): Promise<void> {
    if (this.#underWay !== null) return this.#underWay
    const asked = this.#ask().finally(() => {
      if (this.#underWay === asked) this.#underWay = null
    })
    this.#underWay = asked
    return asked
  }

  async #ask(): Promise<void> {
    const { clock } = this.#context
    const { resolver, refresh } = this.options
    try {
      this.#accept(await resolver.resolve(this.name, this.#end.signal))
      this.#failures = 0
      this.#nextRefresh = clock.now() + refresh
    } catch (cause) {
      this.#nextRefresh = clock.now() + Math.min(refresh, backoff(this.#failures))
      this.#failures += 1
      throw discoveryFailed(this.name, cause)
    }
    if (resolver.watch !== undefined) this.#startWatch()
  }

  #accept(given: unknown): void {
    const endpoints = checkedEndpoints(given)
    if (this.#end.signal.aborted) return
    this.#known = true
    this.endpoints.replace(endpoints)
  }

  #startWatch(): void {
    if (this.#watching || this.#end.signal.aborted) return
    this.#watching = true
    void this.#watch(0)
  }

  async #watch(failures: number): Promise<void> {
    let failed = failures
    try {
      for await (const endpoints of this.options.resolver.watch?.(this.name, this.#end.signal) ?? []) {
        this.#accept(endpoints)
        failed = 0
      }
    } catch {
      // The set stays as it was; the next watch may go better.
    }
    if (this.#end.signal.aborted) return
    this.#rewatch = this.#context.clock.setTimeout(() => void this.#watch(failed + 1), backoff(failed))
  }

  #within(resolved: Promise<void>, signal: AbortSignal | null): Promise<void> {
    const { clock, timeout, lifetime } = this.#context
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const leave = () => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
        lifetime.unwatch(fail)
      }
      const fail = (error: unknown) => {
        leave()
        reject(error)
      }
      const onAbort = () => fail(signal?.reason)
      const onTime = () => {
        // Nobody shall join a question that is not answered.
        this.#underWay = null
        fail(discoveryTimeout(this.name, timeout))
      }
      const timer = timeout === Number.POSITIVE_INFINITY ? null : clock.setTimeout(onTime, timeout, true)
      signal?.addEventListener('abort', onAbort)
      lifetime.watch(fail)
      resolved.then(() => {
        leave()
        resolve()
      }, fail)
    })
  }
}

export function noEndpoint(name: string): ConnectError {
  return discoveryFailed(name, null)
}

function backoff(failures: number): number {
  return Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(failures, 10))
}

function discoveryFailed(name: string, cause: unknown): ConnectError {
  const why = cause === null ? 'its resolver knows no endpoint' : `its resolver failed (${messageOf(cause)})`
  return new ConnectError(
    'ERR_TRUNKLINE_DISCOVERY_FAILED',
    `No endpoint for the service ${name}: ${why}. Is the service registered and healthy?`,
    { phase: 'dns', ...(cause === null ? {} : { cause }) },
  )
}

function discoveryTimeout(name: string, ms: number): TimeoutError {
  return new TimeoutError(
    'ERR_TRUNKLINE_DNS_TIMEOUT',
    `The resolver of the service ${name} did not answer within ${ms} ms. Raise timeouts.dns or timeouts.connect if it needs longer.`,
    { phase: 'dns' },
  )
}

function messageOf(cause: unknown): string {
  return isError(cause) ? cause.message : String(cause)
}
