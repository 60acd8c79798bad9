import type { Clock } from '../core/clock.ts'
import type { ClientRequest } from '../core/dispatch.ts'
import { TimeoutError } from '../core/errors.ts'
import type { Entry } from '../core/linked-queue.ts'
import type { Sweeper, Swept } from '../core/sweeper.ts'

export interface TurnContext {
  readonly clock: Clock
  readonly sweeper: Sweeper
  /** ms a request may wait for its turn; Infinity: as long as the caller waits. */
  readonly queueTimeout: number
}

/** A request that waits for its turn. */
export class Turn implements Swept {
  readonly #context: TurnContext
  readonly #origin: string
  readonly #signal: AbortSignal | null
  readonly #since: number
  readonly #resolve: () => void
  readonly #reject: (reason: unknown) => void
  entry: Entry<Turn> | null = null
  sweepIndex = -1

  constructor(
    context: TurnContext,
    origin: string,
    request: ClientRequest,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#context = context
    this.#origin = origin
    this.#signal = request.signal
    this.#since = context.clock.now()
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(): void {
    if (this.#signal?.aborted === true) return this.reject(this.#signal.reason)
    this.#signal?.addEventListener('abort', this.#onAbort)
    if (this.#context.queueTimeout !== Number.POSITIVE_INFINITY) this.#context.sweeper.add(this)
  }

  admit(): void {
    this.#end()
    this.#resolve()
  }

  reject(reason: unknown): void {
    this.#end()
    this.#reject(reason)
  }

  check(now: number): void {
    const { queueTimeout } = this.#context
    if (now - this.#since >= queueTimeout) this.reject(waitedTooLong(this.#origin, queueTimeout))
  }

  readonly #onAbort = (): void => this.reject(this.#signal?.reason)

  #end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#context.sweeper.delete(this)
  }
}

function waitedTooLong(origin: string, ms: number): TimeoutError {
  return new TimeoutError(
    'ERR_TRUNKLINE_QUEUE_TIMEOUT',
    `The request to ${origin} had no turn within ${ms} ms: as many as allowed were in flight. Raise the in-flight ` +
      'limits, or timeouts.queue.',
    { origin, phase: 'queue' },
  )
}
