/** A client whose connector, engines and clock are fake. Import it before anything that imports `src/client.ts`. */
import { beforeEach, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client-options.ts'
import type { ConnectorOptions } from '../../../src/connect/connector.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeConnector } from './connector.ts'
import { type FakeConnection, FakeEngine } from './wire.ts'

export const fake = {
  clock: new FakeClock(1000),
  connector: new FakeConnector(),
  h2: new FakeEngine('h2'),
  h1: new FakeEngine('http/1.1'),
  connectorOptions: null as ConnectorOptions | null,
}

vi.mock('../../../src/core/clock.ts', () => ({
  systemClock: {
    now: () => fake.clock.now(),
    setTimeout: (run: () => void, ms: number, ref?: boolean) => fake.clock.setTimeout(run, ms, ref),
  },
}))
vi.mock('../../../src/connect/connector.ts', () => ({
  createConnector: (options: ConnectorOptions) => {
    fake.connectorOptions = options
    return fake.connector
  },
}))
vi.mock('../../../src/wire/node-http2/engine.ts', () => ({ createNodeHttp2Engine: () => fake.h2 }))
vi.mock('../../../src/wire/node-http1/engine.ts', () => ({ createNodeHttp1Engine: () => fake.h1 }))

export const { createClient } = await import('../../../src/client.ts')

beforeEach(() => {
  fake.clock = new FakeClock(1000)
  fake.connector = new FakeConnector()
  fake.h2 = new FakeEngine('h2')
  fake.h1 = new FakeEngine('http/1.1')
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  return () => void vi.restoreAllMocks()
})

export const URL_A = 'https://a.test/'
export const DESTROYED = { code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' }
export const CLOSED = { code: 'ERR_TRUNKLINE_CLIENT_CLOSED', processed: 'no', phase: 'close' }

/** The oldest dial in flight ends in an HTTP/2 connection that is ready. */
export async function established(limit = 100): Promise<FakeConnection> {
  fake.connector.pending[0]?.connect('h2')
  await fake.clock.flush()
  fake.h2.last.ready(limit)
  await fake.clock.flush()
  return fake.h2.last
}

/** Its rejections are looked at later. */
export function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

export function settledYet(promise: Promise<unknown>): () => boolean {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  return () => settled
}

/** A client, and a request of it that is on a connection. */
export async function busy(options: ClientOptions = {}) {
  const client = createClient(options)
  const response = held(client.request(URL_A))
  const connection = await established()
  return { client, response, connection, exchange: connection.lastExchange }
}
