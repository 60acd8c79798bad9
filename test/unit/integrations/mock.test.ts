import { ClientError, type ErrorCode } from 'trunkline'
import { createMock, MockClock, MockError, mockClient } from 'trunkline/mock'
import { describe, expect, test } from 'vitest'
import { rejection } from './rejection.ts'

const API = 'https://api.example.com'

describe('routes', () => {
  test('answers by method and URL, and records what came', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', `${API}/users/:id`).reply(({ params }) => ({ json: { id: params.id } }))
    mock.on(['POST', 'PUT'], '/users').reply({ status: 201, headers: { location: '/users/8' } })
    const user = await client.fetch(`${API}/users/7?full=1`)
    expect([user.status, await user.json()]).toEqual([200, { id: '7' }])
    expect(user.headers.get('content-type')).toBe('application/json')
    const made = await client.request(`${API}/users`, { method: 'POST', json: { name: 'Ada' } })
    expect([made.status, made.headers.location, made.protocol]).toEqual([201, '/users/8', 'h2'])
    expect(mock.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${API}/users/7?full=1`,
      `POST ${API}/users`,
    ])
    expect(mock.calls[0]?.params).toEqual({ id: '7' })
    expect(mock.calls[1]?.json()).toEqual({ name: 'Ada' })
    expect(mock.calls[1]?.headers['content-type']).toBe('application/json')
    mock.assertDone()
    expect(client.stats().connections).toBe(0)
  })

  test.each([
    [{ url: `${API}/a/*` }, '/a/b/c', true],
    [{ url: `${API}/a/*` }, '/b/a', false],
    [{ url: `${API}/a/:x/c` }, '/a/b%20b/c', true],
    [{ url: `${API}/a/:x/c` }, '/a//c', false],
    [{ url: '/a?x=1' }, '/a?y=2&x=1', true],
    [{ url: '/a?x=1' }, '/a?x=2', false],
    [{ url: 'https://other.example/a' }, '/a', false],
    [{ url: /\/v(?<version>\d)\// }, '/v2/x', true],
    [{ url: /^\/v/g }, '/v2/x', false],
    [{ url: (url: URL) => url.hash === '' && url.pathname.length === 3 }, '/ab', true],
    [{ headers: { 'X-Key': 'k' } }, '/', true],
    [{ headers: { 'x-key': /^K/i } }, '/', true],
    [{ headers: { 'x-key': (value: string) => value === 'z' } }, '/', false],
    [{ headers: { 'x-none': /./ } }, '/', false],
    [{ method: 'put' }, '/', false],
    [{ body: { user: { name: 'Ada' } } }, '/', true],
    [{ body: { user: { name: 'Bob' } } }, '/', false],
    [{ body: { list: [1] } }, '/', false],
    [{ body: /"Ada"/ }, '/', true],
    [{ body: (call: { text(): string }) => call.text().length > 3 }, '/', true],
  ])('%j for %s: %s', async (match, path, fits) => {
    const { client, mock } = mockClient()
    mock.on(match as object)
    const json = { user: { name: 'Ada', age: 7 }, list: [1, 2] }
    const call = client.request(`${API}${path}`, { method: 'POST', json, headers: { 'x-key': 'k' } })
    expect(
      await call.then(
        () => true,
        () => false,
      ),
    ).toBe(fits)
  })

  test('the answers in turn, and so many times', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', '/').reply({ status: 500 }, { status: 503 }, { status: 200 }).times(4)
    const statuses = []
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await client.request(API)).status)
    expect(statuses).toEqual([500, 503, 200, 200])
    expect((await rejection(client.request(API))).message).toContain('it has answered 4 times, and no more')
  })

  test('the first route that fits and has answers left takes it', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', '/').reply({ status: 201 }).once()
    mock.on('GET', '/').reply({ status: 202 })
    expect((await client.request(API)).status).toBe(201)
    expect((await client.request(API)).status).toBe(202)
  })

  test('a streamed upload, and trailers', async () => {
    const { client, mock } = mockClient()
    mock.on({ body: 'onetwo' }).reply({ body: ['a', Buffer.from('b')], trailers: { 'x-sum': '2' } })
    const body = async function* () {
      yield 'one'
      yield 'two'
    }
    const result = await client.request(API, { method: 'POST', body: body() })
    expect([await result.body.text(), await result.trailers]).toEqual(['ab', ['x-sum', '2']])
  })
})

describe('strict', () => {
  test('what no route is for fails, and the nearest routes are shown', async () => {
    const { client, mock } = mockClient()
    mock.on({ method: 'GET', url: `${API}/users/:id`, headers: { authorization: /^Bearer / } })
    mock.on('DELETE', 'https://else.example/')
    const error = await rejection(client.request(`${API}/user/7`, { headers: { authorization: 'Bearer x' } }))
    expect(error).toBeInstanceOf(MockError)
    expect(error.message).toBe(
      `The mock has no answer to GET ${API}/user/7. The nearest:\n` +
        `  GET ${API}/users/:id: the path is /user/7\n` +
        `  DELETE https://else.example/: the method is GET; the origin is ${API}`,
    )
    expect(await rejection(client.fetch(`${API}/user/7`))).toBeInstanceOf(MockError)
  })

  test('assertDone names what is pending, and what nobody was for', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', '/a').times(2)
    mock.on('GET', '/b').optional()
    await client.request(`${API}/a`)
    await rejection(client.request(`${API}/c`))
    expect(mock.pending).toHaveLength(1)
    expect(() => mock.assertDone()).toThrow(
      `The mock is not done:\n  GET /a: asked 1 of 2 times\n  GET ${API}/c: no route was for it`,
    )
    mock.reset()
    mock.assertDone()
    expect(mock.calls).toEqual([])
  })

  test('`using` asserts at the end of the block', async () => {
    const run = () => {
      using mock = createMock()
      mock.on('GET', '/never')
    }
    expect(run).toThrow(MockError)
  })

  test.each([
    [() => createMock({ strict: true } as object), 'there is no "strict"'],
    [() => createMock({ unmatched: 'maybe' as never }), "'refuse' or 'pass'"],
    [() => createMock().on({ path: '/' } as object), 'there is no "path"'],
    [() => createMock().on('GET', 'users'), 'Invalid URL pattern "users"'],
    [() => createMock().on('GET', '/').times(0), 'at least 1'],
    [() => createMock().on('GET', '/').reply(), 'one answer at least'],
    [() => createMock().on({ url: 5 } as object), 'url that a mock matches'],
    [() => createMock().on(5 as never, '/'), 'method that a mock matches'],
    [() => createMock().on({ headers: { a: 1 } } as object), 'headers that a mock matches'],
    ...[
      [{ staus: 500 }, 'there is no "staus"'],
      [{ error: 'ERR_TRUNKLINE_GOAWAY', status: 500 }, 'there is no "status"'],
      [{ status: '201' }, 'not 201'],
      [{ status: 103 }, 'not 103'],
      [{ delay: -1 }, 'delay'],
      [{ body: 'a', json: 1 }, 'not both'],
      [{ error: 'ERR_TRUNKLINE_NOPE' }, 'not ERR_TRUNKLINE_NOPE'],
      [{ breaksWith: 'gone' }, 'not gone'],
      [null, 'not with null'],
      [undefined, 'not with undefined'],
    ].map(
      ([reply, part]) =>
        [
          () =>
            createMock()
              .on('GET', '/')
              .reply(reply as never),
          part,
        ] as const,
    ),
  ] as const)('bad input %# is refused', (run, part) => {
    expect(run).toThrow(part)
  })
})

test('what a function gives is looked at, too', async () => {
  const { client, mock } = mockClient({ retry: false })
  mock.on('GET', '/').reply(() => ({ staus: 500 }) as object)
  expect(await rejection(client.request(API))).toMatchObject({
    name: 'TypeError',
    message: expect.stringContaining('there is no "staus"'),
  })
})

describe('time', () => {
  test('a delay that nobody waits for any more leaves no timer', async () => {
    const clock = new MockClock()
    const { client, mock } = mockClient({}, { clock })
    mock.on('GET', '/').reply({ delay: 60_000 })
    const controller = new AbortController()
    const call = rejection(client.request(API, { signal: controller.signal }))
    await clock.advance(1)
    expect(clock.pending).toBe(1)
    controller.abort(new Error('enough'))
    await call
    expect(clock.pending).toBe(0)
  })

  test('a delay passes when the clock is moved', async () => {
    const clock = new MockClock()
    const { client, mock } = mockClient({}, { clock })
    mock.on('GET', '/').reply({ delay: 60_000 })
    let status = 0
    const call = client.request(API).then((response) => {
      status = response.status
      return response
    })
    await clock.advance(59_999)
    expect([status, clock.pending]).toEqual([0, 1])
    await clock.advance(1)
    expect((await call).timings.firstByte).toBe(60_000)
  })

  test('silence is ended by the signal, with its reason', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', '/').reply('silence')
    const controller = new AbortController()
    const call = rejection(client.request(API, { signal: controller.signal }))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await call).toBe(reason)
  })
})

describe('failures', () => {
  const codes: readonly [ErrorCode, string, string][] = [
    ['ERR_TRUNKLINE_CONNECT_FAILED', 'ConnectError', 'no'],
    ['ERR_TRUNKLINE_CERTIFICATE_REJECTED', 'ConnectError', 'no'],
    ['ERR_TRUNKLINE_PROXY_FAILED', 'ConnectError', 'no'],
    ['ERR_TRUNKLINE_EVENT_STREAM_REFUSED', 'ProtocolError', 'maybe'],
    ['ERR_TRUNKLINE_HEADERS_TIMEOUT', 'TimeoutError', 'maybe'],
    ['ERR_TRUNKLINE_QUEUE_TIMEOUT', 'TimeoutError', 'no'],
    ['ERR_TRUNKLINE_PING_TIMEOUT', 'ConnectionError', 'maybe'],
    ['ERR_TRUNKLINE_STREAM_RESET', 'StreamError', 'maybe'],
    ['ERR_TRUNKLINE_CIRCUIT_OPEN', 'LimitError', 'no'],
    ['ERR_TRUNKLINE_MALFORMED_RESPONSE', 'ProtocolError', 'maybe'],
    ['ERR_TRUNKLINE_REQUEST_BODY_FAILED', 'BodyError', 'maybe'],
    ['ERR_TRUNKLINE_CLIENT_DESTROYED', 'ClosedError', 'maybe'],
    ['ERR_TRUNKLINE_INVALID_HEADER', 'InvalidRequestError', 'no'],
  ]
  test.each(codes)('%s is a %s', async (code, name, processed) => {
    const { client, mock } = mockClient({ retry: false })
    mock.on('GET', '/').reply({ error: code })
    const error = await rejection(client.request(API))
    expect(error).toBeInstanceOf(ClientError)
    expect(error).toMatchObject({ code, name, processed, origin: API })
  })

  test('retries and redirects are those of the client', async () => {
    const { client, mock } = mockClient()
    mock
      .on('GET', '/a')
      .reply({ error: 'ERR_TRUNKLINE_CONNECTION_LOST' }, { status: 302, headers: { location: '/b' } })
    mock.on('GET', '/b').reply({ body: 'here' })
    const response = await client.fetch(`${API}/a`)
    expect([response.redirected, response.url, await response.text()]).toEqual([true, `${API}/b`, 'here'])
    expect(mock.calls).toHaveLength(3)
  })

  test('a body that breaks off', async () => {
    const { client, mock } = mockClient()
    mock.on('GET', '/').reply({ body: ['half'], breaksWith: 'ERR_TRUNKLINE_CONNECTION_LOST' })
    const { body } = await client.request(API)
    const seen: string[] = []
    const read = async () => {
      for await (const chunk of body) seen.push(Buffer.from(chunk).toString())
    }
    expect(await rejection(read())).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'yes' })
    expect(seen).toEqual(['half'])
  })

  test('an error of your own', async () => {
    const { client, mock } = mockClient()
    const error = new Error('mine')
    mock.on('GET', '/').reply({ error })
    expect(await rejection(client.request(API))).toBe(error)
  })

  test('pieces come no faster than they are read', async () => {
    let made = 0
    const { client, mock } = mockClient()
    mock.on('GET', '/').reply({
      body: (async function* () {
        for (; made < 1000; made += 1) yield Buffer.alloc(64 * 1024)
      })(),
    })
    const { body } = await client.request(API)
    await new MockClock().advance(0)
    expect(made).toBeLessThan(10)
    body.cancel()
    await new MockClock().advance(0)
    expect(made).toBeLessThan(10)
  })
})

test('as an interceptor, before redirects; and beside the network', async () => {
  const passing = createMock({ unmatched: 'pass' })
  passing.on('GET', '/mocked').reply({ status: 204 })
  const { client, mock } = mockClient({ interceptors: [passing] })
  mock.on('GET', '/other').reply({ status: 203 })
  expect((await client.request(`${API}/mocked`)).status).toBe(204)
  expect((await client.request(`${API}/other`)).status).toBe(203)
})
