/** Limits, breaker, hooks and priority, as the composition root puts them together. */
import { describe, expect, test } from 'vitest'
import type { Interceptor } from '../../src/core/dispatch.ts'
import { busy, createClient, DESTROYED, established, fake, held, settledYet, URL_A } from './fakes/client.ts'

describe('in-flight limits', () => {
  test('hold requests back before they reach the pool, and are shown', async () => {
    const { client, connection, exchange } = await busy({ limits: { inFlight: 1 } })
    const second = held(client.request(URL_A))
    await fake.clock.flush()
    expect(connection.exchanges).toHaveLength(1)
    expect(client.stats()).toMatchObject({
      active: 2,
      queued: 0,
      inFlight: [{ origin: 'https://a.test', inFlight: 1, waiting: 1, limit: Number.POSITIVE_INFINITY }],
    })
    exchange.answer(200)
    await fake.clock.flush()
    connection.lastExchange.answer(204)
    expect((await second).status).toBe(204)
    expect(client.stats().inFlight).toEqual([])
    client.destroy()
  })

  test('can be changed while it runs, and what is not named stays', async () => {
    const { client, connection } = await busy({ limits: { inFlight: 1, queued: 5 } })
    for (let count = 0; count < 3; count += 1) held(client.request(URL_A))
    client.update({ limits: { inFlight: 3 } })
    await fake.clock.flush()
    expect(connection.exchanges).toHaveLength(3)
    expect(client.stats().inFlight).toMatchObject([{ inFlight: 3, waiting: 1 }])
    client.update({})
    expect(client.stats().inFlight).toMatchObject([{ inFlight: 3, waiting: 1 }])
    client.destroy()
  })

  test('those who wait end with the client', async () => {
    const { client } = await busy({ limits: { inFlight: 1 } })
    const waiting = held(client.request(URL_A))
    await fake.clock.flush()
    client.destroy()
    await expect(waiting).rejects.toMatchObject(DESTROYED)
  })

  test('close lets them have their turn', async () => {
    const { client, connection, exchange } = await busy({ limits: { inFlight: 1 } })
    const waiting = held(client.request(URL_A))
    await fake.clock.flush()
    const closed = client.close()
    exchange.answer(200)
    await fake.clock.flush()
    connection.lastExchange.answer(200)
    expect((await waiting).status).toBe(200)
    await fake.clock.flush()
    connection.close()
    await closed
  })
})

describe('update', () => {
  test.each([
    [{ limits: { inFlight: 0 } }, 'limits.inFlight'],
    [{ limits: { unknown: 1 } }, 'limits.unknown'],
    [{ http2: {} }, 'http2'],
    [null, 'createClient'],
  ])('%j is refused, and nothing changes', (options, name) => {
    const client = createClient()
    expect(() => client.update(options as object)).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining(name),
      }),
    )
    client.destroy()
  })

  test("reaches the pool's limits: those who found no room dial now", async () => {
    const { client } = await busy({ limits: { connections: 1 } })
    held(client.request('https://b.test/'))
    await fake.clock.flush()
    expect(fake.connector.dials).toHaveLength(1)
    client.update({ limits: { connections: 2 } })
    expect(fake.connector.dials).toHaveLength(2)
    client.destroy()
  })

  test('and the size of a body', async () => {
    const { client, exchange, response } = await busy()
    client.update({ limits: { responseBody: 3 } })
    exchange.answer(200, [], 'four')
    const { body } = await response
    await expect(body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TOO_LARGE' })
    client.destroy()
  })
})

describe('the breaker', () => {
  test('counts every attempt, and is shown', async () => {
    const { client, connection, exchange, response } = await busy({
      breaker: { minimumCalls: 2 },
      retry: { statuses: [503], baseDelay: 0 },
    })
    exchange.answer(503)
    await fake.clock.advance(1)
    connection.lastExchange.answer(503)
    expect((await response).status).toBe(503)
    await expect(client.request(URL_A)).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CIRCUIT_OPEN' })
    expect(client.stats().circuits).toMatchObject([{ origin: 'https://a.test', state: 'open', failed: 2 }])
    expect(connection.exchanges).toHaveLength(2)
    client.destroy()
  })

  test('refuses at once, though others wait for their turn', async () => {
    const { client, exchange } = await busy({ breaker: { minimumCalls: 1 }, limits: { inFlight: 1 } })
    const waiting = held(client.request(URL_A))
    await fake.clock.flush()
    // The head tells, its body holds the place.
    exchange.respond(503)
    await fake.clock.flush()
    await expect(client.request(URL_A)).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CIRCUIT_OPEN' })
    expect(settledYet(waiting)()).toBe(false)
    client.destroy()
  })

  test('is not there unless asked for', () => {
    const client = createClient()
    expect(client.stats()).toMatchObject({ circuits: [], inFlight: [] })
    client.destroy()
  })
})

test('hooks are outermost: they see the call once, with what its caller gave along', async () => {
  const order: string[] = []
  const traced: Interceptor = (next) => async (request) => {
    order.push('interceptor')
    return next({ ...request, headers: [...request.headers, 'x-seen', 'yes'] })
  }
  const client = createClient({
    interceptors: [traced],
    hooks: {
      beforeRequest: ({ context, headers }) =>
        void order.push(`before ${JSON.stringify([context, headers])}`),
      afterResponse: ({ status }) => void order.push(`after ${status}`),
    },
  })
  const response = client.request(URL_A, { context: { tenant: 'a' } as object })
  await fake.clock.flush()
  const connection = await established()
  expect(connection.lastExchange.head.headers).toEqual(['x-seen', 'yes'])
  connection.lastExchange.answer(200)
  await response
  expect(order).toEqual(['before [{"tenant":"a"},[]]', 'interceptor', 'after 200'])
  client.destroy()
})

test('headers that a hook made are held to the rules', async () => {
  const client = createClient({
    hooks: { beforeRequest: (request) => ({ ...request, headers: ['x y', 'z'] }) },
  })
  await expect(client.request(URL_A)).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER' })
  client.destroy()
})

test('priority goes out as a field, and orders those who wait', async () => {
  const { client, connection, exchange } = await busy({ limits: { inFlight: 1 } })
  const low = held(client.fetch(URL_A, { priority: 'low' }))
  const high = held(client.request(URL_A, { priority: { urgency: 0, incremental: true } }))
  await fake.clock.flush()
  exchange.answer(200)
  await fake.clock.flush()
  const { headers } = connection.lastExchange.head
  expect(headers).toEqual(['priority', 'u=0, i'])
  connection.lastExchange.answer(200)
  await high
  connection.lastExchange.answer(200)
  await low
  expect(connection.lastExchange.head.headers).toContain('u=5')
  client.destroy()
})

describe('closed', () => {
  test('resolves after close, and after destroy', async () => {
    const idle = createClient()
    const closed = settledYet(idle.closed)
    await fake.clock.flush()
    expect(closed()).toBe(false)
    await idle.close()
    await fake.clock.flush()
    expect(closed()).toBe(true)
    const { client } = await busy()
    client.destroy()
    await client.closed
  })
})

test('closeOnSignals listens as long as the client is there', async () => {
  const before = process.listenerCount('SIGUSR2')
  const client = createClient({ closeOnSignals: { signals: ['SIGUSR2'] } })
  expect(process.listenerCount('SIGUSR2')).toBe(before + 1)
  client.destroy()
  await fake.clock.flush()
  expect(process.listenerCount('SIGUSR2')).toBe(before)
})
