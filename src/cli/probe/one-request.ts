import type { Connected } from '../../connect/connector.ts'
import { type HeaderList, headerValue } from '../../core/headers.ts'
import type { Target } from '../../core/origin.ts'
import type { Connection, ConnectionListener, Engine } from '../../wire/contract.ts'
import { version } from '../manifest.ts'
import type { ResponseFacts } from './report.ts'

/** A connection that an engine speaks on, and what can be waited for. */
export interface Attached {
  readonly connection: Connection
  /** The first SETTINGS came. Rejects when the connection ends before. */
  readonly ready: Promise<void>
  /** The connection is gone; null: in good order. */
  readonly closed: Promise<Error | null>
}

let ids = 0

/** Hands a socket to an engine. */
export function attach(engine: Engine, { socket }: Connected, target: Target): Attached {
  const ready = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<Error | null>()
  // Nobody may be waiting when it ends.
  ready.promise.catch(() => {})
  ids += 1
  const listener: ConnectionListener = {
    onReady: () => ready.resolve(),
    onSlots: () => {},
    onDraining: () => {},
    onClosed: (error) => {
      ready.reject(error ?? new Error('The server closed the connection before it sent SETTINGS.'))
      closed.resolve(error)
    },
  }
  const connection = engine.attach(socket, { id: ids, origin: target.origin }, listener)
  return { connection, ready: ready.promise, closed: closed.promise }
}

/** GET, until the response head is there; the body is not wanted. */
export function askFor(connection: Connection, target: Target): Promise<ResponseFacts> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const exchange = connection.open(headOf(target), 'none', {
      onInformational: () => {},
      onHeaders: (status, headers) => {
        resolve(factsOf(status, headers, performance.now() - startedAt))
        // Not within the engine's call.
        setImmediate(() => exchange.reset())
      },
      onData: () => {},
      onTrailers: () => {},
      onDrain: () => {},
      onEnd: () => {},
      onError: reject,
    })
    exchange.end()
  })
}

function headOf({ origin, path }: Target): Parameters<Connection['open']>[0] {
  return {
    method: 'GET',
    scheme: origin.scheme,
    authority: origin.authority,
    path,
    headers: ['user-agent', `trunkline/${version()}`, 'accept', '*/*'],
  }
}

function factsOf(status: number, headers: HeaderList, firstByte: number): ResponseFacts {
  return {
    status,
    server: headerValue(headers, 'server'),
    altSvc: headerValue(headers, 'alt-svc'),
    firstByte,
  }
}
