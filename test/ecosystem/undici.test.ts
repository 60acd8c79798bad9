/** undici's functions, interceptors and mocks over our dispatcher, each behaviour that its documentation states. */
import { EventEmitter } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline as streamPipeline } from 'node:stream/promises'
import { createDispatcher, type TrunklineDispatcher } from 'trunkline/undici'
import * as undici from 'undici'
import { describe, expect, test } from 'vitest'
import { deterministicBytes, type RouteHandler, readBody } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { legacyHandler, newHandler } from './support/undici-handlers.ts'

const stand = new BridgeStand()
/** undici 6 lacks some interceptors, names no port in `interceptors.dns`, and shares no global with the Node of today. */
const since7 = 'cache' in undici.interceptors

async function open(protocol: 'h2' | 'http/1.1', handler?: RouteHandler, options = {}) {
  const track = await stand.open(protocol, handler, options)
  return { ...track, dispatcher: createDispatcher(track.client) }
}

describe.each(protocols)('over %s', (protocol) => {
  test('request: status, fields, body by every mixin, trailers, opaque', async () => {
    const { dispatcher, origin, server } = await open(protocol)
    const { statusCode, headers, body, opaque } = await undici.request(`${origin}/`, {
      dispatcher,
      opaque: 7,
    })
    expect([statusCode, headers['content-type'], opaque]).toEqual([200, 'application/json', 7])
    expect(await body.json()).toMatchObject({ hello: 'world' })
    const direct = await dispatcher.request({ origin, path: '/echo', method: 'POST', body: 'text' })
    expect([direct.headers['x-method'], await direct.body.text()]).toEqual(['POST', 'text'])
    const bytes = await undici.request(`${origin}/bytes/300000`, { dispatcher })
    expect(Buffer.from(await bytes.body.arrayBuffer())).toEqual(deterministicBytes(300_000))
    const trailing = await undici.request(`${origin}/trailers`, { dispatcher })
    await trailing.body.dump()
    expect(trailing.trailers).toMatchObject({ 'x-trailer': 'yes' })
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('query, headers in each form, repeats', async () => {
    const { dispatcher, origin } = await open(protocol)
    const forms = [
      { 'X-A': '1', 'x-b': ['2', '3'] },
      ['X-A', '1', 'x-b', ['2', '3']],
      new Map<string, string | string[]>([
        ['X-A', '1'],
        ['x-b', ['2', '3']],
      ]),
    ] as const
    for (const headers of forms) {
      const { body } = await undici.request(`${origin}/echo`, {
        dispatcher,
        headers: headers as never,
        query: { a: 'x y', b: [1, 2] },
      })
      expect(await body.json()).toMatchObject({
        url: '/echo?a=x%20y&b=1&b=2',
        headers: { 'x-a': '1', 'x-b': '2, 3' },
      })
    }
  })

  const bodies: readonly [string, () => unknown][] = [
    ['string', () => 'a body'],
    ['Buffer', () => Buffer.from('a body')],
    ['view', () => new Uint8Array(Buffer.from('xa bodyx')).subarray(1, 7)],
    ['Readable', () => Readable.from(['a ', 'body'])],
    [
      'async iterable',
      () =>
        (async function* () {
          yield 'a '
          yield 'body'
        })(),
    ],
    ['iterable', () => [Buffer.from('a '), Buffer.from('body')]],
    ['Blob', () => new Blob(['a body'])],
  ]
  test.each(bodies)('a body that is a %s', async (_name, make) => {
    const { dispatcher, origin } = await open(protocol)
    const { body } = await dispatcher.request({
      origin,
      path: '/upload',
      method: 'PUT',
      body: make() as never,
    })
    expect(await body.json()).toMatchObject({ length: 6 })
  })

  test('FormData', async () => {
    const { dispatcher, origin } = await open(protocol)
    const form = new FormData()
    form.set('a', '1')
    const { headers, body } = await dispatcher.request({
      origin,
      path: '/echo',
      method: 'POST',
      body: form as never,
    })
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(await body.text()).toContain('name="a"')
  })

  test('stream, pipeline and callbacks', async () => {
    const { dispatcher, origin } = await open(protocol)
    const chunks: Buffer[] = []
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        chunks.push(chunk)
        done()
      },
    })
    await undici.stream(`${origin}/bytes/100000`, { dispatcher, method: 'GET' }, ({ statusCode }) => {
      expect(statusCode).toBe(200)
      return sink
    })
    expect(Buffer.concat(chunks)).toEqual(deterministicBytes(100_000))
    const through = new PassThrough()
    const echoed: Buffer[] = []
    through.on('data', (chunk) => echoed.push(chunk))
    await streamPipeline(
      Readable.from(['one ', 'two']),
      undici.pipeline(`${origin}/echo`, { dispatcher, method: 'POST' }, ({ body }) => body),
      through,
    )
    expect(Buffer.concat(echoed).toString()).toBe('one two')
    const called = await new Promise<undici.Dispatcher.ResponseData>((resolve, reject) =>
      dispatcher.request({ origin, path: '/', method: 'GET' }, (error, data) =>
        error ? reject(error) : resolve(data),
      ),
    )
    await called.body.dump()
    expect(called.statusCode).toBe(200)
  })

  test('fetch of undici and of Node, given the dispatcher', async () => {
    const { dispatcher, origin, server } = await open(protocol)
    for (const fetch of [undici.fetch, globalThis.fetch] as (typeof undici.fetch)[]) {
      const response = await fetch(`${origin}/redirect/1`, { dispatcher } as never)
      expect([response.status, response.redirected, await response.json()]).toMatchObject([
        200,
        true,
        { hello: 'world' },
      ])
      const gzip = await fetch(`${origin}/gzip`, { dispatcher } as never)
      expect(await gzip.text()).toBe('Trunkline '.repeat(1000))
      const posted = await fetch(`${origin}/echo`, {
        dispatcher,
        method: 'POST',
        body: 'x'.repeat(100_000),
      } as never)
      expect((await posted.text()).length).toBe(100_000)
      const streamed = await fetch(`${origin}/upload`, {
        dispatcher,
        method: 'POST',
        body: new Blob(['streamed']).stream(),
        duplex: 'half',
      } as never)
      expect(await streamed.json()).toMatchObject({ length: 8 })
      const controller = new AbortController()
      const hanging = fetch(`${origin}/hang`, { dispatcher, signal: controller.signal } as never)
      await waitFor(() => server.counts.activeRequests === 1)
      controller.abort()
      await expect(hanging).rejects.toMatchObject({ name: 'AbortError' })
      await waitFor(() => server.counts.activeRequests === 0)
    }
    expect(server.counts.requests).toBeGreaterThan(10)
  })

  test.each([
    ['new', newHandler],
    ['legacy', legacyHandler],
  ] as const)('a %s handler hears everything, in order', async (_kind, make) => {
    const { dispatcher, origin } = await open(protocol)
    const { handler, seen, done } = make()
    expect(
      dispatcher.dispatch({ origin, path: '/trailers', method: 'POST', body: 'sent' }, handler as never),
    ).toBe(true)
    await done
    expect(seen.filter((name, index) => name !== seen[index - 1])).toEqual(
      ['start', 'bodySent', 'requestSent', 'responseStarted', 'head 200', 'data', 'end x-trailer'].filter(
        (name) => (seen.includes('data') ? true : name !== 'data'),
      ),
    )
  })

  test.each([
    ['new', newHandler],
    ['legacy', legacyHandler],
  ] as const)('a %s handler that pauses holds the body back until it resumes', async (_kind, make) => {
    const { dispatcher, origin, server, client } = await open(protocol)
    const size = 32 * 1024 * 1024
    const { handler, counted, done, resume } = make({ pauseAt: 1 })
    dispatcher.dispatch({ origin, path: `/bytes/${size}`, method: 'GET' }, handler as never)
    await waitFor(() => counted.bytes > 0)
    const at = counted.bytes
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(counted.bytes).toBe(at)
    expect(server.counts.activeRequests).toBe(1)
    resume()
    await done
    expect(counted.bytes).toBe(size)
    await waitFor(() => client.stats().active === 0)
  })

  test.each([
    ['new', newHandler],
    ['legacy', legacyHandler],
  ] as const)('a %s handler that aborts ends the stream, at each step', async (_kind, make) => {
    const { dispatcher, origin, server, client } = await open(protocol)
    const reason = new Error('no more of it')
    for (const abortAt of ['start', 'head 200', 'data'] as const) {
      const { handler, done } = make({ abortAt, reason })
      dispatcher.dispatch({ origin, path: '/stream/10000000', method: 'GET' }, handler as never)
      await expect(done).rejects.toBe(reason)
    }
    await waitFor(() => server.counts.activeRequests === 0 && client.stats().active === 0)
  })

  test('interim responses', async () => {
    const { dispatcher, origin } = await open(protocol)
    const infos: unknown[] = []
    const { body } = await undici.request(`${origin}/informational`, {
      dispatcher,
      onInfo: ({ statusCode, headers }) => infos.push([statusCode, headers.link]),
    })
    await body.dump()
    expect(infos).toEqual([[103, '</style.css>; rel=preload; as=style']])
  })

  test('signals: AbortSignal and EventEmitter', async () => {
    const { dispatcher, origin, server } = await open(protocol)
    const controller = new AbortController()
    const emitter = new EventEmitter()
    for (const [signal, abort] of [
      [controller.signal, () => controller.abort()],
      [emitter, () => emitter.emit('abort')],
    ] as const) {
      const request = undici.request(`${origin}/hang`, { dispatcher, signal })
      const failed = expect(request).rejects.toMatchObject({ name: 'AbortError' })
      await waitFor(() => server.counts.activeRequests === 1)
      abort()
      await failed
      await waitFor(() => server.counts.activeRequests === 0)
    }
  })

  test('a response that is destroyed halfway is cancelled', async () => {
    const { dispatcher, origin, server, client } = await open(protocol)
    const { body } = await undici.request(`${origin}/stream/100000000`, { dispatcher })
    body.on('error', () => {})
    await new Promise((resolve) => body.once('data', resolve))
    body.destroy()
    await waitFor(() => server.counts.activeRequests === 0 && client.stats().active === 0)
  })

  test('a body that is cut off', async () => {
    const { dispatcher, origin } = await open(protocol, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => {
        if (response.stream === undefined) response.socket?.destroy()
        else response.stream.close(2)
      })
    })
    const { body } = await undici.request(origin, { dispatcher })
    await expect(body.text()).rejects.toMatchObject({
      code: expect.stringMatching(/^UND_ERR_(?:SOCKET|RES_CONTENT_LENGTH_MISMATCH)$/),
    })
  })

  test('headersTimeout and bodyTimeout of one request', async () => {
    const { dispatcher, origin } = await open(protocol)
    await expect(undici.request(`${origin}/hang`, { dispatcher, headersTimeout: 50 })).rejects.toBeInstanceOf(
      undici.errors.HeadersTimeoutError,
    )
    const { body } = await undici.request(`${origin}/slow-body/3000`, { dispatcher, bodyTimeout: 50 })
    await expect(body.text()).rejects.toBeInstanceOf(undici.errors.BodyTimeoutError)
  })

  test('expectContinue', async () => {
    const { dispatcher, origin } = await open(protocol)
    const { body } = await undici.request(`${origin}/upload`, {
      dispatcher,
      method: 'POST',
      body: 'four',
      expectContinue: true,
    } as never)
    expect(await body.json()).toMatchObject({ length: 4 })
  })

  describe('composed interceptors', () => {
    const { interceptors } = undici

    test.runIf(since7)('redirect and decompress', async () => {
      const { dispatcher, origin } = await open(protocol)
      const composed = dispatcher.compose(
        interceptors.redirect({ maxRedirections: 3 }),
        interceptors.decompress(),
      )
      const { statusCode, body } = await undici.request(`${origin}/redirect/2?to=/gzip`, {
        dispatcher: composed,
      })
      expect([statusCode, await body.text()]).toEqual([200, 'Trunkline '.repeat(1000)])
    })

    test('retry, of statuses and of lost connections', async () => {
      let asked = 0
      const { dispatcher, origin } = await open(
        protocol,
        (request, response) => {
          asked += 1
          if (asked === 1) {
            if (request.stream === undefined) return request.socket.destroy()
            return request.stream.session?.destroy()
          }
          response.writeHead(asked === 2 ? 503 : 200)
          return response.end('at last')
        },
        { retry: false },
      )
      const composed = dispatcher.compose(
        interceptors.retry({ minTimeout: 1, maxTimeout: 10, maxRetries: 3 }),
      )
      const { statusCode, body } = await undici.request(origin, { dispatcher: composed })
      expect([statusCode, await body.text(), asked]).toEqual([200, 'at last', 3])
      asked = 1
      const agent = new undici.RetryAgent(dispatcher as never, { minTimeout: 1, maxTimeout: 10 })
      expect(await (await undici.request(origin, { dispatcher: agent })).body.text()).toBe('at last')
    })

    test.runIf(since7)('cache, deduplicate, dump and responseError', async () => {
      let asked = 0
      const { dispatcher, origin } = await open(protocol, (request, response) => {
        asked += 1
        response.setHeader('cache-control', 'max-age=100')
        response.writeHead(request.url === '/bad' ? 500 : 200)
        response.end('kept')
      })
      const cached = dispatcher.compose(interceptors.cache())
      for (let index = 0; index < 3; index += 1)
        expect(await (await undici.request(`${origin}/`, { dispatcher: cached })).body.text()).toBe('kept')
      expect(asked).toBe(1)
      const shared = dispatcher.compose(interceptors.deduplicate())
      const both = await Promise.all(
        [1, 2].map(async () => (await undici.request(`${origin}/x`, { dispatcher: shared })).body.text()),
      )
      expect([both, asked]).toEqual([['kept', 'kept'], 2])
      const dumping = dispatcher.compose(interceptors.dump({ maxSize: 1000 }))
      expect(await (await undici.request(origin, { dispatcher: dumping })).body.text()).toBe('')
      const strict = dispatcher.compose(interceptors.responseError())
      await expect(undici.request(`${origin}/bad`, { dispatcher: strict })).rejects.toMatchObject({
        statusCode: 500,
      })
    })

    test('dns: the address is dialled, the name is meant', async () => {
      const { dispatcher, origin, server } = await open(protocol)
      const composed = dispatcher.compose(interceptors.dns({ affinity: 4 } as never))
      const { body } = await undici.request(`${origin}/echo`, { dispatcher: composed })
      const { headers } = (await body.json()) as { headers: Record<string, string> }
      expect(headers[':authority'] ?? headers.host).toBe(since7 ? `localhost:${server.port}` : 'localhost')
    })
  })

  test('closing finishes what runs and takes no more', async () => {
    const { dispatcher, origin, client } = await open(protocol)
    const running = undici.request(`${origin}/slow-body/100`, { dispatcher }).then(({ body }) => body.text())
    await waitFor(() => client.stats().active === 1)
    const closed = dispatcher.close()
    await expect(undici.request(origin, { dispatcher })).rejects.toBeInstanceOf(
      undici.errors.ClientClosedError,
    )
    expect([await running, await closed, dispatcher.closed, dispatcher.destroyed]).toEqual([
      'first,last',
      undefined,
      true,
      true,
    ])
    await expect(undici.request(origin, { dispatcher })).rejects.toBeInstanceOf(
      undici.errors.ClientDestroyedError,
    )
  })

  test('destroying ends what runs, with the reason if there is one', async () => {
    for (const reason of [undefined, new Error('over')]) {
      const { dispatcher, origin, server } = await open(protocol)
      const running = undici.request(`${origin}/hang`, { dispatcher }).catch((error) => error)
      await waitFor(() => server.counts.activeRequests === 1)
      await (reason === undefined ? dispatcher.destroy() : dispatcher.destroy(reason))
      const error = await running
      if (reason === undefined) expect(error).toBeInstanceOf(undici.errors.ClientDestroyedError)
      else expect(error).toBe(reason)
    }
  })
})

describe('as the global dispatcher', () => {
  test.runIf(since7)("Node's own fetch, and undici's functions without any option", async () => {
    const { dispatcher, origin, server } = await open('h2')
    const before = undici.getGlobalDispatcher()
    undici.setGlobalDispatcher(dispatcher)
    try {
      // By default h2 goes to nobody but ours: the certificate is trusted by our client alone.
      const responses = await Promise.all([fetch(origin), undici.fetch(origin)])
      expect(await Promise.all(responses.map((response) => response.json()))).toMatchObject(
        Array(2).fill({ hello: 'world' }),
      )
      const { body } = await undici.request(origin)
      await body.dump()
      expect([server.counts.requests, server.counts.tcpConnections]).toEqual([3, 1])
    } finally {
      undici.setGlobalDispatcher(before)
    }
  })
})

describe('MockAgent', () => {
  async function mocked(): Promise<{
    mocks: undici.MockAgent
    origin: string
    dispatcher: TrunklineDispatcher
    requests(): number
  }> {
    const { dispatcher, origin, server } = await open('h2')
    const mocks = new undici.MockAgent({ agent: dispatcher as never })
    return { mocks, origin, dispatcher, requests: () => server.counts.requests }
  }

  test('answers what it was told of, and hands the rest to our client', async () => {
    const { mocks, origin, requests } = await mocked()
    mocks
      .get(origin)
      .intercept({ path: '/mocked', method: 'GET' })
      .reply(418, { tea: true }, { headers: { 'content-type': 'application/json' } })
    const first = await undici.request(`${origin}/mocked`, { dispatcher: mocks })
    expect([first.statusCode, await first.body.json(), requests()]).toEqual([418, { tea: true }, 0])
    const second = await undici.request(`${origin}/`, { dispatcher: mocks })
    expect([second.statusCode, await second.body.json()]).toMatchObject([200, { httpVersion: '2.0' }])
    mocks.assertNoPendingInterceptors()
  })

  test('lets nothing through when the network is off', async () => {
    const { mocks, origin, requests } = await mocked()
    mocks.disableNetConnect()
    mocks.get(origin).intercept({ path: '/once' }).reply(200, 'one')
    await expect(undici.fetch(`${origin}/other`, { dispatcher: mocks })).rejects.toThrow('fetch failed')
    expect(() => mocks.assertNoPendingInterceptors()).toThrow('1 interceptor is pending')
    expect(await (await undici.fetch(`${origin}/once`, { dispatcher: mocks })).text()).toBe('one')
    expect(requests()).toBe(0)
  })

  test('replies with errors, bodies matched, persistently', async () => {
    const { mocks, origin } = await mocked()
    const pool = mocks.get(origin)
    pool.intercept({ path: '/fails' }).replyWithError(new Error('as told'))
    await expect(undici.request(`${origin}/fails`, { dispatcher: mocks })).rejects.toThrow('as told')
    pool.intercept({ path: '/echo', method: 'POST', body: 'ping' }).reply(200, 'pong').persist()
    for (let index = 0; index < 2; index += 1) {
      const { body } = await undici.request(`${origin}/echo`, {
        dispatcher: mocks,
        method: 'POST',
        body: 'ping',
      })
      expect(await body.text()).toBe('pong')
    }
  })

  test('closes our dispatcher when it is closed', async () => {
    const { mocks, dispatcher } = await mocked()
    await mocks.close()
    expect(dispatcher.closed).toBe(true)
  })
})

describe('errors of undici', () => {
  test.each([
    ['a port that is closed', 'https://127.0.0.1:1', 'ECONNREFUSED'],
    ['a host that is unknown', 'https://nothing.invalid', 'ENOTFOUND'],
  ])('%s', async (_name, origin, code) => {
    const dispatcher = createDispatcher(stand.client())
    await expect(undici.request(origin, { dispatcher })).rejects.toMatchObject({ code, cause: { origin } })
  })

  test.each([
    ['a path without a slash', { path: 'x' }, 'UND_ERR_INVALID_ARG'],
    ['a path with a line break', { path: '/a\r\nb' }, 'UND_ERR_INVALID_ARG'],
    ['a method that is none', { method: 'G E T' }, 'UND_ERR_INVALID_ARG'],
    ['no origin', { origin: undefined }, 'UND_ERR_INVALID_ARG'],
    ['another scheme', { origin: 'ftp://localhost' }, 'UND_ERR_INVALID_ARG'],
    ['an odd list of headers', { headers: ['a'] }, 'UND_ERR_INVALID_ARG'],
    ['headers that are no headers', { headers: 7 }, 'UND_ERR_INVALID_ARG'],
    ['a header that is an object', { headers: { a: {} } }, 'UND_ERR_INVALID_ARG'],
    ['a header with a line break', { headers: { a: 'b\nc' } }, 'UND_ERR_INVALID_ARG'],
    ['a body that is none', { method: 'POST', body: 7 }, 'UND_ERR_INVALID_ARG'],
    ['a negative timeout', { headersTimeout: -1 }, 'UND_ERR_INVALID_ARG'],
    ['throwOnError', { throwOnError: true }, 'UND_ERR_INVALID_ARG'],
    ['maxRedirections', { maxRedirections: 3 }, 'UND_ERR_INVALID_ARG'],
    ['CONNECT', { method: 'CONNECT' }, 'UND_ERR_NOT_SUPPORTED'],
    ['an upgrade', { upgrade: 'websocket' }, 'UND_ERR_NOT_SUPPORTED'],
    [
      'a content-length that is wrong',
      { method: 'POST', body: 'four', headers: { 'content-length': '5' } },
      'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    ],
  ])('%s is refused before anything is sent', async (_name, options, code) => {
    const { dispatcher, origin, server } = await open('h2')
    const { handler, done } = newHandler()
    dispatcher.dispatch({ origin, path: '/', method: 'GET', ...options } as never, handler as never)
    await expect(done).rejects.toMatchObject({ code })
    expect(server.counts.requests).toBe(0)
  })

  test('connect and upgrade say that they are not supported', async () => {
    const { dispatcher, origin } = await open('h2')
    await expect(undici.connect(origin, { dispatcher } as never)).rejects.toBeInstanceOf(
      undici.errors.NotSupportedError,
    )
    await expect(undici.upgrade(origin, { dispatcher } as never)).rejects.toBeInstanceOf(
      undici.errors.NotSupportedError,
    )
  })

  test('a handler that is none', async () => {
    const { dispatcher, origin } = await open('h2')
    for (const handler of [undefined, null, 'x'])
      expect(() => dispatcher.dispatch({ origin, path: '/', method: 'GET' }, handler as never)).toThrow(
        'handler must be an object',
      )
  })

  test('a handler that throws hears of it, and its request ends', async () => {
    const { dispatcher, origin, client } = await open('h2')
    const failure = new Error('in the handler')
    const { handler, done } = newHandler({ throwAt: 'head 200', reason: failure })
    dispatcher.dispatch({ origin, path: '/stream/1000000', method: 'GET' }, handler as never)
    await expect(done).rejects.toBe(failure)
    await waitFor(() => client.stats().active === 0)
  })

  test('a body stream that fails ends the request with its error', async () => {
    const { dispatcher, origin } = await open('h2', async (request, response) => {
      await readBody(request).catch(() => {})
      response.end()
    })
    const failure = new Error('out of ink')
    const body = new Readable({
      read() {
        this.destroy(failure)
      },
    })
    await expect(undici.request(origin, { dispatcher, method: 'POST', body })).rejects.toBe(failure)
  })
})
