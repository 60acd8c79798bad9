import type { Connected, Connector } from '../../../src/connect/connector.ts'
import { ConnectError } from '../../../src/core/errors.ts'
import type { Origin } from '../../../src/core/origin.ts'
import type { AlpnProtocol } from '../../../src/wire/contract.ts'
import { FakeSocket } from './wire.ts'

export const DIAL_TIMINGS = { dns: 1, connect: 2, tls: 3 } as const

/** A dial in flight, whose outcome the test decides. */
export class FakeDial {
  readonly origin: Origin
  readonly offer: readonly AlpnProtocol[]
  readonly signal: AbortSignal
  readonly socket = new FakeSocket()
  settled = false
  readonly #resolve: (connected: Connected) => void
  readonly #reject: (error: unknown) => void

  constructor(
    origin: Origin,
    offer: readonly AlpnProtocol[],
    signal: AbortSignal,
    resolve: (connected: Connected) => void,
    reject: (error: unknown) => void,
  ) {
    this.origin = origin
    this.offer = offer
    this.signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Resolves in microtasks: flush afterwards. */
  connect(protocol: AlpnProtocol = 'h2', resumed = false): void {
    this.settled = true
    const tls = this.origin.scheme === 'http' ? null : { version: 'TLSv1.3', resumed }
    this.#resolve({
      socket: this.socket.asSocket(),
      protocol,
      timings: DIAL_TIMINGS,
      tls,
      remoteAddress: '192.0.2.1',
    })
  }

  fail(error: unknown = connectFailed()): void {
    this.settled = true
    this.#reject(error)
  }
}

/** Dials as told. An aborted dial rejects with the signal's reason, unless the connector is stubborn. */
export class FakeConnector implements Connector {
  readonly dials: FakeDial[] = []
  stubborn = false

  connect(origin: Origin, offer: readonly AlpnProtocol[], signal: AbortSignal): Promise<Connected> {
    return new Promise((resolve, reject) => {
      const dial = new FakeDial(origin, offer, signal, resolve, reject)
      this.dials.push(dial)
      signal.addEventListener('abort', () => {
        if (!this.stubborn) dial.fail(signal.reason)
      })
    })
  }

  get pending(): readonly FakeDial[] {
    return this.dials.filter((dial) => !dial.settled)
  }

  get last(): FakeDial {
    return this.dials.at(-1) as FakeDial
  }
}

export function connectFailed(code: ConnectError['code'] = 'ERR_TRUNKLINE_CONNECT_FAILED'): ConnectError {
  return new ConnectError(code, 'no connection')
}
