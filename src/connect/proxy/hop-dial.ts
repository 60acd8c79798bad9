import type { Clock } from '../../core/clock.ts'
import { type Origin, placeOf } from '../../core/origin.ts'
import { nextId } from '../../core/process-record.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import { DialProgress } from '../dial-progress.ts'
import { DialTrace, dialsAreObserved } from '../dial-trace.ts'

/**
 * A dial of the connection to a proxy. It is told as one of its own, since several tunnels may wait for it, and it may
 * outlive the one that caused it.
 */
export class HopDial {
  readonly id = nextId('dial')
  readonly controller = new AbortController()
  readonly progress: DialProgress
  readonly #trace: DialTrace | null

  constructor(proxy: Origin, clock: Clock) {
    this.#trace = dialsAreObserved() ? new DialTrace(this.id, proxy.key, clock).towardsProxy() : null
    this.progress = new DialProgress(this.#trace)
    const { host, port } = placeOf(proxy)
    this.#trace?.started(host, port, null)
  }

  became(protocol: AlpnProtocol, connectionId: number | null): void {
    this.#trace?.ended(protocol, connectionId, null)
  }

  /** Null: nobody waited for it any more. */
  failed(error: unknown): void {
    const reason = error ?? new DOMException('Nobody waits for it any more.', 'AbortError')
    this.#trace?.ended(null, null, reason)
  }
}
