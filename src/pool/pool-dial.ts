import { DialProgress } from '../connect/dial-progress.ts'
import { DialTrace, dialsAreObserved } from '../connect/dial-trace.ts'
import type { Clock } from '../core/clock.ts'
import { type Origin, placeOf } from '../core/origin.ts'
import { nextId } from '../core/process-record.ts'
import type { AlpnProtocol } from '../wire/contract.ts'

/** A dial of a pool, from its start until it has become a connection, or nothing. */
export class PoolDial {
  readonly id = nextId('dial')
  readonly controller = new AbortController()
  /** Dialled to take over from an aged connection rather than for a waiter. */
  readonly handover: boolean
  /** What its place was reserved for. */
  readonly http1: boolean
  readonly progress: DialProgress
  readonly #trace: DialTrace | null

  constructor(origin: Origin, clock: Clock, handover: boolean, http1: boolean) {
    this.handover = handover
    this.http1 = http1
    this.#trace = dialsAreObserved() ? new DialTrace(this.id, origin.key, clock) : null
    this.progress = new DialProgress(this.#trace)
    if (this.#trace === null) return
    const { host, port } = placeOf(origin)
    this.#trace.started(host, port, origin.proxy?.name ?? null)
  }

  became(protocol: AlpnProtocol, connectionId: number): void {
    this.#trace?.ended(protocol, connectionId, null)
  }

  /** It was made in vain: `error` says why, or the reason of the controller does. */
  failed(error: unknown, protocol: AlpnProtocol | null = null): void {
    this.#trace?.ended(
      protocol,
      null,
      error ?? new DOMException('Nobody waits for it any more.', 'AbortError'),
    )
  }
}
