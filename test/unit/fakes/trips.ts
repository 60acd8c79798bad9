import type { ClientRequest, ClientResponse } from '../../../src/core/dispatch.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { Sweeper } from '../../../src/core/sweeper.ts'
import type { OriginPool } from '../../../src/pool/origin-pool.ts'
import type { PhaseTimeouts } from '../../../src/pool/phase-timeouts.ts'
import { createRoundTrip } from '../../../src/pool/round-trip.ts'
import { clientRequest } from './exchange.ts'
import { World, type WorldOptions } from './pools.ts'
import type { FakeExchange } from './wire.ts'

/** A call in flight, and how it ended. */
export class Call {
  response: ClientResponse | null = null
  error: unknown = null
  readonly done: Promise<void>

  constructor(promise: Promise<ClientResponse>) {
    this.done = promise.then(
      (response) => {
        this.response = response
      },
      (error) => {
        this.error = error
      },
    )
  }

  get pending(): boolean {
    return this.response === null && this.error === null
  }
}

export interface TripOptions extends WorldOptions {
  readonly timeouts?: Partial<PhaseTimeouts>
  readonly responseBodyLimit?: number
}

export const NO_TIMEOUTS: PhaseTimeouts = {
  queue: Number.POSITIVE_INFINITY,
  headers: Number.POSITIVE_INFINITY,
  body: Number.POSITIVE_INFINITY,
}

/** Round trips over a pool whose connections are fake. */
export class Trips extends World {
  readonly lifetime = new Lifetime()
  readonly originPool: OriginPool
  /** What `onSettled` was told, in order. */
  readonly settled: unknown[] = []
  readonly #dispatch

  constructor(options: TripOptions = {}) {
    super(options)
    this.originPool = this.pool()
    this.#dispatch = createRoundTrip({
      clock: this.clock,
      lifetime: this.lifetime,
      sweeper: new Sweeper(this.clock, 50),
      timeouts: { ...NO_TIMEOUTS, ...options.timeouts },
      responseBodyLimit: options.responseBodyLimit ?? Number.POSITIVE_INFINITY,
      pool: () => this.originPool,
      onSettled: (error) => this.settled.push(error),
    })
  }

  send(part: Partial<ClientRequest> = {}, path = '/'): Call {
    return new Call(this.#dispatch(clientRequest(part, `https://example.test${path}`)))
  }

  /** Sends over a connection that stands; the exchange is the wire's view of it. */
  async sent(part: Partial<ClientRequest> = {}): Promise<{ call: Call; exchange: FakeExchange }> {
    const call = this.send(part)
    if (this.h2.connections.length === 0) await this.established()
    await this.flush()
    return { call, exchange: this.h2.last.lastExchange }
  }
}
