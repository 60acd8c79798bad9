/** Time limits, as the composition root puts them together: over all phases, and by request. */
import { describe, expect, test } from 'vitest'
import type { Interceptor } from '../../src/core/dispatch.ts'
import type { TimeoutError } from '../../src/core/errors.ts'
import type { TimedRequest } from '../../src/interceptors/total-timeout.ts'
import { busy, createClient, established, fake, held, settledYet, URL_A } from './fakes/client.ts'
import type { FakeConnection } from './fakes/wire.ts'

const TOTAL = { name: 'TimeoutError', code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT' }

async function reasonOf(promise: Promise<unknown>): Promise<TimeoutError> {
  return promise.then(
    () => Promise.reject(new Error('it was fulfilled')),
    (error) => error,
  )
}

/** A connection that was silent while a request was given up is doubted until it answers a PING. */
async function trusted(connection: FakeConnection): Promise<void> {
  await fake.clock.flush()
  connection.answerPing()
  await fake.clock.flush()
}

describe('timeouts.total runs out', () => {
  test('while the request waits for a dial: nothing was sent, and the dial is given up', async () => {
    const client = createClient({ timeouts: { total: 800 } })
    const response = held(client.request(URL_A, { method: 'POST', body: 'x' }))
    await fake.clock.advance(799)
    expect(settledYet(response)()).toBe(false)
    await fake.clock.advance(101)
    const error = await reasonOf(response)
    expect(error).toMatchObject({ ...TOTAL, processed: 'no', attempts: 0, origin: 'https://a.test' })
    expect(error.message).toContain('within 800 ms')
    expect(fake.connector.last.signal.aborted).toBe(true)
    client.destroy()
  })

  test('while the head is awaited: maybe processed, the stream is reset, earlier phases are told', async () => {
    const client = createClient()
    const response = held(client.request(URL_A, { timeouts: { total: 800 } }))
    await fake.clock.advance(40)
    const connection = await established()
    await fake.clock.advance(860)
    const error = await reasonOf(response)
    expect(error).toMatchObject({
      ...TOTAL,
      processed: 'maybe',
      phase: 'headers',
      attempts: 1,
      timings: { queue: 34, dns: 1, connect: 2, tls: 3 },
    })
    expect(error.message).toContain('(before: queue 34 ms, dns 1 ms, connect 2 ms, tls 3 ms)')
    expect(connection.lastExchange.resets).toHaveLength(1)
    client.destroy()
  })

  test('in the middle of the body: the reader gets it, and it says that the server answered', async () => {
    const { client, exchange, response } = await busy({ timeouts: { total: 800 } })
    await fake.clock.advance(100)
    exchange.respond().data('half')
    const text = held((await response).body.text())
    await fake.clock.advance(800)
    const error = await reasonOf(text)
    expect(error).toMatchObject({ ...TOTAL, processed: 'yes', phase: 'body', attempts: 1 })
    expect(error.timings.headers).toBe(100)
    expect(exchange.resets).toHaveLength(1)
    client.destroy()
  })

  test('not when the body has ended: nothing is left of it', async () => {
    const controller = new AbortController()
    const client = createClient({ timeouts: { total: 800 } })
    const response = held(client.request(URL_A, { signal: controller.signal }))
    const connection = await established()
    connection.lastExchange.answer(200, [], 'all')
    await fake.clock.advance(5000)
    expect(await (await response).body.text()).toBe('all')
    controller.abort()
    expect(client.stats().failed).toBe(0)
    client.destroy()
  })

  test('between two attempts: what the first one did counts', async () => {
    const retry = { limit: 3, statuses: [503], baseDelay: 60_000 }
    const client = createClient({ timeouts: { total: 800 } })
    const response = held(client.request(URL_A, { retry: { ...retry, maxDelay: 60_000 } }))
    const connection = await established()
    connection.lastExchange.respond(503, ['retry-after', '30']).finish()
    await fake.clock.advance(900)
    const error = await reasonOf(response)
    expect(error).toMatchObject({ ...TOTAL, processed: 'yes', phase: 'retry', attempts: 1 })
    client.destroy()
  })

  test('at a later attempt: attempts are those of all legs, and the worst of them counts', async () => {
    const client = createClient({ timeouts: { total: 800 } })
    const response = held(client.request(URL_A))
    const first = await established()
    first.lose()
    await fake.clock.flush()
    await fake.clock.advance(900)
    const error = await reasonOf(response)
    expect(error).toMatchObject({ ...TOTAL, processed: 'maybe', attempts: 1 })
    client.destroy()
  })

  test('behind a redirect: the whole call has one limit', async () => {
    const client = createClient({ timeouts: { total: 800 } })
    const response = held(client.request(URL_A, { redirect: 'follow' }))
    const connection = await established()
    await fake.clock.advance(500)
    connection.lastExchange.respond(302, ['location', '/b']).finish()
    await fake.clock.flush()
    expect(connection.exchanges).toHaveLength(2)
    await fake.clock.advance(299)
    expect(settledYet(response)()).toBe(false)
    await fake.clock.advance(101)
    expect(await reasonOf(response)).toMatchObject({
      ...TOTAL,
      processed: 'yes',
      phase: 'headers',
      attempts: 2,
    })
    client.destroy()
  })

  test('while the request waits for its turn', async () => {
    const { client } = await busy({ limits: { inFlight: 1 } })
    const second = held(client.request(URL_A, { timeouts: { total: 400 } }))
    await fake.clock.advance(500)
    expect(await reasonOf(second)).toMatchObject({ ...TOTAL, processed: 'no', phase: 'queue', attempts: 0 })
    client.destroy()
  })

  test('for an interceptor that hangs: it is waited for no longer, and what it did nobody knows', async () => {
    const hang: Interceptor = () => () => new Promise(() => {})
    const client = createClient({ interceptors: [hang], timeouts: { total: 400 } })
    const response = held(client.request(URL_A))
    await fake.clock.advance(600)
    expect(await reasonOf(response)).toMatchObject({ ...TOTAL, processed: 'maybe', attempts: 0 })
    client.destroy()
  })

  test('for an interceptor that throws at once, nothing is left behind', async () => {
    const broken: Interceptor = () => () => {
      throw new Error('mine')
    }
    const client = createClient({ interceptors: [broken], timeouts: { total: 400 } })
    await expect(client.request(URL_A)).rejects.toThrow('mine')
    client.destroy()
  })

  test('to fetch it is a TypeError with the TimeoutError as its cause', async () => {
    const client = createClient()
    const response = held(client.fetch(URL_A, { timeouts: { total: 400 } }))
    const connection = await established()
    await fake.clock.advance(500)
    const error = await reasonOf(response)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'fetch failed', cause: TOTAL })
    await trusted(connection)
    const second = held(client.fetch(URL_A, { timeouts: { total: 400 } }))
    await fake.clock.flush()
    connection.lastExchange.respond()
    const text = held((await second).text())
    await fake.clock.advance(500)
    expect(await reasonOf(text)).toMatchObject({ message: 'terminated', cause: TOTAL })
    client.destroy()
  })

  test('to fetch a stream that was not opened is told why', async () => {
    const client = createClient()
    let told: unknown
    const body = new ReadableStream({
      cancel(reason) {
        told = reason
      },
    })
    const call = client.fetch(URL_A, { method: 'POST', body, duplex: 'half', timeouts: { total: 400 } })
    held(call)
    await fake.clock.advance(500)
    await expect(call).rejects.toThrow('fetch failed')
    await fake.clock.flush()
    expect(told).toMatchObject(TOTAL)
    client.destroy()
  })
})

test('the caller’s own signal comes first if it does, with its own reason', async () => {
  const controller = new AbortController()
  const client = createClient({ timeouts: { total: 800 } })
  const response = held(client.request(URL_A, { signal: controller.signal }))
  const connection = await established()
  controller.abort('mine')
  expect(await response.catch((error) => error)).toBe('mine')
  await trusted(connection)
  const body = new AbortController()
  const second = held(client.request(URL_A, { signal: body.signal }))
  await fake.clock.flush()
  connection.lastExchange.respond()
  const text = held((await second).body.text())
  body.abort('mine too')
  expect(await text.catch((error) => error)).toBe('mine too')
  client.destroy()
})

test('ten thousand requests with every limit there is have one timer', async () => {
  const timeouts = { queue: 9e6, dns: 9e6, connect: 9e6, tls: 9e6, headers: 9e6, body: 9e6, total: 9e6 }
  const client = createClient({ timeouts })
  const calls = Array.from({ length: 10_000 }, () => held(client.request(URL_A, { timeouts })))
  const connection = await established(20_000)
  const timers = fake.clock.pending
  expect(connection.exchanges).toHaveLength(10_000)
  for (const exchange of connection.exchanges) exchange.answer()
  await Promise.all(calls)
  // The sweep of the deadlines, and those of the one connection.
  expect(timers).toBeLessThan(6)
  client.destroy()
})

describe('timeouts as a function', () => {
  test('gives each request its limits, once for each call; the request’s own come first', async () => {
    const seen: TimedRequest[] = []
    const client = createClient({
      timeouts: (request) => {
        seen.push(request)
        return request.method === 'GET' ? { headers: 400, queue: 400 } : { headers: 4000 }
      },
    })
    const read = held(client.request(URL_A, { redirect: 'follow', context: { tag: 1 } as object }))
    const connection = await established()
    const write = held(client.request(URL_A, { method: 'PUT', body: 'x' }))
    const patient = held(client.request(URL_A, { timeouts: { headers: 9000 } }))
    await fake.clock.flush()
    connection.exchanges[0]?.respond(302, ['location', '/b']).finish()
    await fake.clock.advance(500)
    expect(await reasonOf(read)).toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' })
    await trusted(connection)
    await fake.clock.advance(4000)
    expect(await reasonOf(write)).toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' })
    expect(settledYet(patient)()).toBe(false)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://a.test/',
      'PUT https://a.test/',
      'GET https://a.test/',
    ])
    expect(seen[0]?.context).toEqual({ tag: 1 })
    client.destroy()
  })

  test('may leave all to the defaults, and may set a total', async () => {
    const { client } = await busy({
      timeouts: ({ method }) => (method === 'GET' ? undefined : { total: 400 }),
    })
    const write = held(client.request(URL_A, { method: 'DELETE' }))
    await fake.clock.advance(500)
    expect(await reasonOf(write)).toMatchObject(TOTAL)
    expect(client.stats().active).toBe(1)
    client.destroy()
  })

  test.each([[{ headers: 0 }], [5], [{ settings: 1 }]])('that gives %j fails the request', async (wrong) => {
    const client = createClient({ timeouts: () => wrong as object })
    const error = await reasonOf(client.request(URL_A))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
    expect(error.message).toContain('what timeouts gave')
    client.destroy()
  })

  test('that throws fails it with that', async () => {
    const client = createClient({
      timeouts: () => {
        throw new Error('mine')
      },
    })
    await expect(client.request(URL_A)).rejects.toThrow('mine')
    client.destroy()
  })
})

test('a request’s own queue limit holds for its turn as well', async () => {
  const { client } = await busy({ limits: { inFlight: 1 } })
  const second = held(client.request(URL_A, { timeouts: { queue: 80 } }))
  await fake.clock.advance(100)
  expect(await reasonOf(second)).toMatchObject({ code: 'ERR_TRUNKLINE_QUEUE_TIMEOUT' })
  client.destroy()
})
