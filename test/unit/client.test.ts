/** The composition root, with a connector, engines and a clock that the test holds. */
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import type { ConnectorOptions } from '../../src/connect/connector.ts'
import type { Interceptor } from '../../src/core/dispatch.ts'
import { busy, createClient, fake, held, settledYet, URL_A } from './fakes/client.ts'

describe('requests', () => {
  test('go through fetch and request to the same connection', async () => {
    const { client, response, connection, exchange } = await busy()
    exchange.answer(200, [], 'one')
    expect(await (await response).body.text()).toBe('one')
    const fetched = client.fetch(URL_A)
    await fake.clock.flush()
    connection.lastExchange.answer(200, [], 'two')
    expect(await (await fetched).text()).toBe('two')
    expect(fake.connector.dials.length).toBe(1)
    client.destroy()
  })

  test('two clients share nothing', async () => {
    const clients = [createClient(), createClient()]
    for (const client of clients) held(client.request(URL_A))
    expect(fake.connector.dials.length).toBe(2)
    for (const client of clients) client.destroy()
  })

  test('connection ids are unique in the process', async () => {
    const one = await busy()
    const other = await busy()
    expect(one.connection.id).not.toBe(other.connection.id)
    for (const { client } of [one, other]) client.destroy()
  })

  test('interceptors see the logical call, network interceptors every hop', async () => {
    const seen: string[] = []
    const watch =
      (name: string): Interceptor =>
      (next) =>
      async (request) => {
        seen.push(`${name} ${request.target.path}`)
        return next(request)
      }
    const { client, exchange, connection } = await busy({
      interceptors: [watch('outer'), watch('inner')],
      networkInterceptors: [watch('network')],
    })
    exchange.answer(200)
    const response = client.fetch(`${URL_A}from`)
    await fake.clock.flush()
    connection.lastExchange.answer(302, ['location', '/to', 'content-length', '0'])
    await fake.clock.flush()
    connection.lastExchange.answer(200)
    expect((await response).redirected).toBe(true)
    expect(seen.slice(3)).toEqual(['outer /from', 'inner /from', 'network /from', 'network /to'])
    client.destroy()
  })

  test('timings of a redirected and decoded response can be read', async () => {
    const { client, exchange, connection } = await busy()
    exchange.answer(200)
    const fetched = client.fetch(URL_A)
    await fake.clock.flush()
    connection.lastExchange.answer(302, ['location', '/to', 'content-length', '0'])
    await fake.clock.flush()
    connection.lastExchange.respond(200, ['content-encoding', 'gzip']).data(gzipSync('text')).finish()
    const response = await fetched
    expect(response.timings).toMatchObject({ attempts: 1, firstByte: 0 })
    expect(inspect(response)).toContain('attempts: 1')
    expect(await response.text()).toBe('text')
    client.destroy()
  })

  test('headers that an interceptor made are held to the rules', async () => {
    const bad: Interceptor = (next) => (request) => next({ ...request, headers: ['x-a', 'b\r\nevil: 1'] })
    const client = createClient({ interceptors: [bad] })
    await expect(client.request(URL_A)).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER' })
    expect(fake.connector.dials.length).toBe(0)
  })

  test('an option that is wrong fails createClient, and a certificate that cannot be used as well', () => {
    expect(() => createClient({ http2: { maxSessions: 0 } })).toThrow('http2.maxSessions')
    expect(() => createClient({ tls: { cert: 'nonsense' } })).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining('tls'),
      }),
    )
  })
})

describe('connect', () => {
  test('dials ahead of need, and resolves when the connection is ready', async () => {
    const client = createClient()
    const preconnected = client.connect(URL_A)
    const settled = settledYet(preconnected)
    fake.connector.last.connect('h2', true)
    await fake.clock.flush()
    expect(settled()).toBe(false)
    fake.h2.last.ready()
    expect(await preconnected).toEqual({ protocol: 'h2', connectionId: fake.h2.last.id, resumed: true })
    client.destroy()
  })

  test('with a signal resolves at once when a connection stands, and leaves no listener on it', async () => {
    const { client, connection, exchange } = await busy()
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    expect(await client.connect(new URL(URL_A), { signal })).toMatchObject({ connectionId: connection.id })
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length)
    exchange.answer()
    const next = client.request(URL_A)
    await fake.clock.flush()
    connection.lastExchange.answer(200)
    expect((await next).status).toBe(200)
    client.destroy()
  })

  test('aborted, it rejects with the reason and gives the dial up', async () => {
    const client = createClient()
    const controller = new AbortController()
    const reason = new Error('enough')
    const preconnected = held(client.connect(URL_A, { signal: controller.signal }))
    controller.abort(reason)
    await expect(preconnected).rejects.toBe(reason)
    expect(fake.connector.last.signal.aborted).toBe(true)
    await expect(client.connect(URL_A, { signal: controller.signal })).rejects.toBe(reason)
    expect(fake.connector.dials.length).toBe(1)
  })

  test('rejects with what went wrong, a wrong URL and a wrong signal included', async () => {
    const client = createClient()
    const preconnected = held(client.connect(URL_A))
    fake.connector.last.fail()
    await expect(preconnected).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECT_FAILED' })
    await expect(client.connect('nonsense')).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_URL' })
    await expect(client.connect(URL_A, { signal: 'x' as unknown as AbortSignal })).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_INVALID_OPTION',
    })
  })
})

describe('stats', () => {
  test('count over the whole life, and show what is now', async () => {
    const { client, exchange, connection } = await busy()
    expect(client.stats()).toMatchObject({
      requests: 0,
      failed: 0,
      active: 1,
      queued: 0,
      connections: 1,
      dials: 1,
      dialsFailed: 0,
      handshakes: 1,
      resumed: 0,
      origins: [{ origin: 'https://a.test', connections: [{ requests: 1 }] }],
    })
    exchange.answer()
    await fake.clock.flush()
    expect(client.stats()).toMatchObject({ requests: 1, failed: 0, active: 0 })
    const failing = held(client.request(URL_A, { retry: false }))
    await fake.clock.flush()
    connection.lose()
    await expect(failing).rejects.toThrow()
    const undialled = held(client.request('https://b.test/'))
    fake.connector.last.fail()
    await expect(undialled).rejects.toThrow()
    await fake.clock.flush()
    expect(client.stats()).toMatchObject({
      requests: 3,
      failed: 2,
      active: 0,
      connections: 0,
      dials: 1,
      dialsFailed: 1,
      origins: [],
    })
  })

  test('a call is active until its body has ended', async () => {
    const { client, response, exchange } = await busy()
    exchange.respond()
    await response
    expect(client.stats().active).toBe(1)
    exchange.finish()
    expect(client.stats().active).toBe(0)
    client.destroy()
  })

  test('resumed handshakes are counted', async () => {
    const client = createClient()
    held(client.request(URL_A))
    fake.connector.last.connect('h2', true)
    await fake.clock.flush()
    expect(client.stats()).toMatchObject({ handshakes: 1, resumed: 1 })
    client.destroy()
  })
})

describe('what the options reach', () => {
  test('the connector', async () => {
    createClient({
      dns: { hosts: { 'a.test': '192.0.2.1' }, attemptTimeout: 70 },
      addressGuard: { deny: ['192.0.2.7'], allow: ['192.0.2.0/24'] },
      timeouts: { connect: 80, dns: 60 },
      tlsSessions: false,
    })
    expect(fake.connectorOptions).toMatchObject({
      attemptTimeout: 70,
      timeout: 80,
      dnsTimeout: 60,
      sessions: null,
    })
    const { addresses, guard } = fake.connectorOptions as ConnectorOptions
    expect(await addresses.find('a.test')).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect([guard?.blocks('192.0.2.1'), guard?.blocks('192.0.2.7')]).toEqual([false, true])
    createClient()
    const { sessions } = fake.connectorOptions as ConnectorOptions
    createClient()
    expect(sessions).not.toBeNull()
    expect(fake.connectorOptions?.guard).toBeNull()
    expect(fake.connectorOptions?.sessions).toBe(sessions)
  })

  test('the offer, and what is spoken in cleartext', () => {
    const offers: unknown[] = []
    for (const options of [{}, { protocols: ['http/1.1'] as const }, { http2: { priorKnowledge: true } }]) {
      const client = createClient(options)
      held(client.request(URL_A))
      held(client.request('http://a.test/'))
      offers.push(fake.connector.dials.slice(-2).map(({ offer }) => offer))
      client.destroy()
    }
    expect(offers).toEqual([
      [['h2', 'http/1.1'], ['http/1.1']],
      [['http/1.1'], ['http/1.1']],
      [['h2', 'http/1.1'], ['h2']],
    ])
  })

  test('the deadlines of a request', async () => {
    const { client, response } = await busy({ timeouts: { headers: 400 } })
    await fake.clock.advance(500)
    await expect(response).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' })
    client.destroy()
  })

  test('the size of a body', async () => {
    const { client, response, exchange } = await busy({ limits: { responseBody: 3 } })
    exchange.answer(200, [], 'four')
    await expect((await response).body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TOO_LARGE' })
    client.destroy()
  })
})
