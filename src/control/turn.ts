import type { Clock } from '../core/clock.ts'
import type { ClientRequest, Leg, Standing } from '../core/dispatch.ts'
import { TimeoutError } from '../core/errors.ts'
import type { Entry } from '../core/linked-queue.ts'
import type { Sweeper, Swept } from '../core/sweeper.ts'
import { periodOf } from '../pool/phase-timeouts.ts'

export interface TurnContext {
  readonly clock: Clock
  readonly sweeper: Sweeper
  /** ms a request may wait for its turn; Infinity: as long as the caller waits. */
  readonly queueTimeout: number
}

/** A request that waits for its turn. */
export class Turn implements Swept, Leg {
  readonly #context: TurnContext
  readonly #origin: string
  readonly #request: ClientRequest
  readonly #limit: number
  readonly #since: number
  readonly #resolve: () => void
  readonly #reject: (reason: unknown) => void
  entry: Entry<Turn> | null = null
  place = -1
  #over = false

  constructor(
    context: TurnContext,
    origin: string,
    request: ClientRequest,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#context = context
    this.#origin = origin
    this.#request = request
    this.#limit = request.timeouts?.queue ?? context.queueTimeout
    this.#since = context.clock.now()
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(): void {
    const { signal, journey } = this.#request
    journey?.add(this)
    if (signal?.aborted === true) return this.reject(signal.reason)
    signal?.addEventListener('abort', this.#onAbort)
    if (this.#limit !== Number.POSITIVE_INFINITY) this.#context.sweeper.add(this, periodOf(this.#limit))
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
    if (now - this.#since >= this.#limit) this.reject(waitedTooLong(this.#origin, this.#limit))
  }

  standing(): Standing {
    return { phase: this.#over ? null : 'queue', processed: 'no', attempts: 0, timings: {} }
  }

  readonly #onAbort = (): void => this.reject(this.#request.signal?.reason)

  #end(): void {
    this.#over = true
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    this.#context.sweeper.delete(this)
  }
}

function waitedTooLong(origin: string, ms: number): TimeoutError {
  return new TimeoutError(
    'ERR_TRUNKLINE_QUEUE_TIMEOUT',
    `The request to ${origin} did not get its turn within ${ms} ms: as many as allowed were in flight. Raise the in-flight ` +
      'limits, or timeouts.queue.',
    { origin, phase: 'queue' },
  )
}
