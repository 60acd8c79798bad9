import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import { noOptions } from '../core/no-options.ts'
import type { AlpnProtocol } from '../wire/contract.ts'

/** Why a protocol is remembered: the server chose it by ALPN, or asked for it with HTTP_1_1_REQUIRED. */
type Memory = { readonly protocol: AlpnProtocol; readonly required: boolean }

const ORIGINS_LIMIT = 1000

/**
 * What each origin spoke last. It only plans: how many connections to dial at once. The truth is what ALPN says on
 * each connection, and the first contradiction overwrites what is remembered. The one exception is an origin that
 * asked for HTTP/1.1 (RFC 9113 section 7): until the memory expires, nothing else is offered to it.
 */
export class ProtocolMemory {
  readonly #origins: LRUCache<string, Memory>

  /** `ttl`: ms to remember. */
  constructor(clock: Clock, ttl: number) {
    this.#origins = new LRUCache({ max: ORIGINS_LIMIT, ttl, perf: clock, ttlResolution: 0 })
  }

  expected(origin: string): AlpnProtocol | undefined {
    return this.#origins.get(origin, noOptions())?.protocol
  }

  requiresHttp1(origin: string): boolean {
    return this.#origins.get(origin, noOptions())?.required === true
  }

  spoke(origin: string, protocol: AlpnProtocol): void {
    const before = this.#origins.get(origin, noOptions())
    if (before?.required === true && protocol === 'http/1.1') return
    this.#origins.set(origin, { protocol, required: false }, noOptions())
  }

  requireHttp1(origin: string): void {
    this.#origins.set(origin, { protocol: 'http/1.1', required: true }, noOptions())
  }

  forget(origin: string): void {
    this.#origins.delete(origin)
  }
}
