import { Dispatcher, errors } from 'undici'
import type { Client } from '../../client-interface.ts'
import { type DispatchOptions, requestOf } from './dispatch-options.ts'
import { HandlerExchange } from './exchange.ts'
import type { AnyHandler } from './handler.ts'
import { MockClients } from './mock-agents.ts'

type Callback = (error?: Error | null) => void

/**
 * A dispatcher of undici's over a client: for `dispatcher:` of undici's functions and of Node's `fetch`, for
 * `setGlobalDispatcher`, `compose` and `MockAgent`. Closing or destroying it does so to the client.
 */
export class TrunklineDispatcher extends Dispatcher {
  readonly #client: Client
  readonly #open = new Set<HandlerExchange>()
  readonly #mocks: MockClients
  #state: 'open' | 'closing' | 'destroyed' = 'open'

  constructor(client: Client) {
    super()
    this.#client = client
    this.#mocks = new MockClients(this, (options, handler) => this.#send(options, handler as AnyHandler))
  }

  get closed(): boolean {
    return this.#state !== 'open'
  }

  get destroyed(): boolean {
    return this.#state === 'destroyed'
  }

  /**
   * Sends a request. Always true: the client has a queue of its own, and `drain` never comes.
   * @throws InvalidArgumentError when there is no handler that could be told of anything else.
   */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (typeof handler !== 'object' || handler === null)
      throw new errors.InvalidArgumentError('handler must be an object')
    const mock = this.#mocks.mockOf(options?.origin)
    if (mock !== undefined) return mock.dispatch(options, handler)
    return this.#send(options, handler as AnyHandler)
  }

  #send(options: object, handler: AnyHandler): boolean {
    const exchange = new HandlerExchange(handler, (ended) => this.#open.delete(ended))
    this.#open.add(exchange)
    try {
      if (typeof options !== 'object' || options === null)
        throw new errors.InvalidArgumentError('opts must be an object.')
      if (this.#state === 'destroyed') throw new errors.ClientDestroyedError()
      if (this.#state === 'closing') throw new errors.ClientClosedError()
      exchange.begin(this.#client, requestOf(options as DispatchOptions))
    } catch (error) {
      exchange.refuse(error as Error)
    }
    return true
  }

  /** Takes no more requests, and closes the client when those that run have ended. */
  override close(callback: Callback): void
  override close(): Promise<void>
  override close(callback?: Callback): Promise<void> | undefined {
    if (this.#state === 'destroyed')
      return settle(Promise.reject(new errors.ClientDestroyedError()), callback)
    this.#state = 'closing'
    const closed = this.#client.close({ timeout: Number.POSITIVE_INFINITY }).then(() => {
      this.#state = 'destroyed'
    })
    return settle(closed, callback)
  }

  /** Ends everything now; requests that run fail with `error`, or `ClientDestroyedError`. */
  override destroy(error: Error | null, callback: Callback): void
  override destroy(callback: Callback): void
  override destroy(error: Error | null): Promise<void>
  override destroy(): Promise<void>
  override destroy(given?: Error | Callback | null, callback?: Callback): Promise<void> | undefined {
    const then = typeof given === 'function' ? given : callback
    const error = typeof given === 'function' ? null : (given ?? null)
    this.#state = 'destroyed'
    for (const exchange of [...this.#open]) exchange.abort(error ?? new errors.ClientDestroyedError())
    this.#client.destroy(error ?? undefined)
    return settle(this.#client.closed, then)
  }
}

/** A promise, or a call of `callback`, as undici has it. */
function settle(outcome: Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
  if (callback === undefined) return outcome
  if (typeof callback !== 'function') throw new errors.InvalidArgumentError('invalid callback')
  outcome.then(
    () => callback(null),
    (error) => callback(error),
  )
  return undefined
}
