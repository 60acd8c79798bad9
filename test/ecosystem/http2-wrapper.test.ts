/** Node's `http` interface over our client, over HTTP/2 and HTTP/1.1 alike. */
import { createHash } from 'node:crypto'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Bridge, BridgeError, createBridge, detailsOf } from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { deterministicBytes, readBody, startH1Server, startH2Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { failureOf, responseTo, wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()

/** What a request tells, in its order. */
function eventsOf(request: ClientRequest): string[] {
  const seen: string[] = []
  const names = [
    'socket',
    'finish',
    'information',
    'continue',
    'response',
    'timeout',
    'abort',
    'error',
    'close',
  ]
  for (const name of names) request.on(name, () => seen.push(name))
  request.on('response', (message: IncomingMessage) => {
    for (const name of ['aborted', 'error', 'end', 'close'])
      message.on(name, () => seen.push(`response ${name}`))
  })
  return seen
}

describe.each(protocols)('over %s', (protocol) => {
  const version = protocol === 'h2' ? '2.0' : '1.1'

  test('all ways to ask', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const url = new URL('/echo?q=1', origin)
    const { hostname, port, pathname, search } = url
    const options = { hostname, port, path: pathname + search }
    const asks: (() => ClientRequest | Promise<ClientRequest>)[] = [
      () => bridge.get(url),
      () => bridge.get(url.href),
      () => bridge.get(options),
      () => bridge.get({ protocol: 'https:', host: hostname, port, path: '/echo?q=1' }),
      () => bridge.get(url, { headers: { 'x-a': '1' } }),
      () => bridge.request(url, { method: undefined }).end(),
      () => new bridge.ClientRequest(url).end(),
      async () => (await bridge.auto(url)).end(),
      () => https.get(url, { agent: bridge.agents.https }),
      () =>
        bridge.get({
          ...options,
          headers: { ':authority': `localhost:${port}`, ':path': '/echo?q=1', ':method': 'GET' },
        }),
    ]
    for (const ask of asks) {
      const asked = ask()
      const { message, json } = await wholeResponseTo(asked instanceof Promise ? await asked : asked)
      expect(json).toMatchObject({ method: 'GET', url: '/echo?q=1' })
      expect([message.httpVersion, message.complete]).toEqual([version, true])
      expect(detailsOf(message)).toMatchObject({ protocol, connectionId: expect.any(Number) })
    }
    const byListener = await new Promise((resolve) => bridge.get(url, resolve).on('error', resolve))
    ;(byListener as IncomingMessage).resume()
    expect((byListener as IncomingMessage).statusCode).toBe(200)
  })

  test('events come in the order of Node', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const request = bridge.request(`${origin}/upload`, { method: 'POST' })
    const seen = eventsOf(request)
    request.end('body')
    const closed = new Promise((resolve) => request.once('close', resolve))
    await wholeResponseTo(request)
    await closed
    expect(seen).toEqual(
      ['socket', 'finish', 'response', 'response end', 'close', 'response close'].sort(byOrder(seen)),
    )
    expect([request.destroyed, request.writableFinished]).toEqual([true, true])
  })

  test('an upload of many megabytes is held back by the server, and comes whole', async () => {
    let go = () => {}
    const { bridge, origin } = await stand.open(protocol, async (request, response) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      const hash = createHash('sha256')
      for await (const chunk of request) hash.update(chunk as Buffer)
      response.end(hash.digest('hex'))
    })
    const size = 24 * 1024 * 1024
    let given = 0
    const source = new Readable({
      read() {
        const length = Math.min(64 * 1024, size - given)
        this.push(length === 0 ? null : deterministicBytes(length, given))
        given += length
      },
    })
    const request = bridge.request(origin, { method: 'POST' })
    const answer = wholeResponseTo(request)
    const sent = pipeline(source, request)
    let before = -1
    const stands = () => {
      const still = given === before && given > 0
      before = given
      return still
    }
    await waitFor(stands, { interval: 200, timeout: 15_000 })
    expect(given).toBeLessThan(size)
    go()
    await sent
    expect((await answer).text).toBe(createHash('sha256').update(deterministicBytes(size)).digest('hex'))
  })

  test('a download goes through pipeline, and a slow reader holds it back', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const size = 8 * 1024 * 1024
    const message = await responseTo(bridge.get(`${origin}/stream/${size}`))
    const hash = createHash('sha256')
    const slow = new Transform({ transform: (chunk, _, done) => setImmediate(() => done(null, chunk)) })
    await pipeline(message, slow, hash)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(deterministicBytes(size)).digest('hex'))
  })

  test('head and fields arrive as they were set, repeats and cookies too', async () => {
    const { bridge, origin } = await stand.open(protocol, (request, response) => {
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'x-sent': JSON.stringify(request.headers) })
      response.end()
    })
    const request = bridge.request(origin, {
      method: 'PATCH',
      headers: { Cookie: ['c=3', 'd=4'], 'X-Many': ['1', '2'] },
    })
    request.setHeader('X-Late', 'yes')
    request.removeHeader('x-nothing')
    request.end()
    const { status, message } = await wholeResponseTo(request)
    expect([status, message.headers['set-cookie']]).toEqual([201, ['a=1', 'b=2']])
    expect(JSON.parse(String(message.headers['x-sent']))).toMatchObject({
      cookie: 'c=3; d=4',
      'x-many': '1, 2',
      'x-late': 'yes',
    })
    expect(() => request.setHeader('x', 'y')).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }),
    )
  })

  test('trailers of a response', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const { message } = await wholeResponseTo(bridge.get(`${origin}/trailers`))
    expect(message.trailers).toMatchObject({ 'x-trailer': 'yes' })
    expect(message.rawTrailers).toContain('x-trailer')
  })

  test('trailers of a request', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const request = bridge.request(`${origin}/upload`, { method: 'POST', headers: { trailer: 'x-sum' } })
    request.write('a')
    await new Promise((resolve) => setImmediate(resolve))
    request.addTrailers({ 'x-sum': '1' })
    request.end('b')
    expect((await wholeResponseTo(request)).json).toMatchObject({ length: 2, trailers: { 'x-sum': '1' } })
  })

  test('100 (Continue) before the body', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const headers = { expect: '100-continue', 'content-length': '4' }
    const request = bridge.request(`${origin}/upload`, { method: 'POST', headers })
    request.once('continue', () => request.end('body'))
    request.flushHeaders()
    expect((await wholeResponseTo(request)).json).toMatchObject({ length: 4 })
  })

  test.each([
    ['HEAD', '/bytes/100', 200, '100'],
    ['GET', '/status/204', 204, undefined],
    ['GET', '/status/304', 304, undefined],
  ])('%s %s has no body and ends', async (method, path, status, length) => {
    const { bridge, origin } = await stand.open(protocol)
    const { message, text } = await wholeResponseTo(bridge.request(origin + path, { method }).end())
    expect([message.statusCode, text]).toEqual([status, ''])
    if (length !== undefined) expect(message.headers['content-length']).toBe(length)
  })

  test('a response that nobody listens for is thrown away', async () => {
    const { bridge, client, origin } = await stand.open(protocol)
    const request = bridge.get(`${origin}/bytes/2000000`)
    await new Promise((resolve) => request.once('close', resolve))
    await waitFor(() => client.stats().active === 0)
  })

  test.each(['destroy', 'abort'] as const)('%s before the response ends the stream', async (way) => {
    const { bridge, server, client, origin } = await stand.open(protocol)
    const request = bridge.get(`${origin}/hang`)
    const seen = eventsOf(request)
    await waitFor(() => server.counts.activeRequests === 1)
    const failed = failureOf(request)
    request[way]()
    expect(await failed).toMatchObject({ code: 'ECONNRESET', message: 'socket hang up' })
    await waitFor(() => server.counts.activeRequests === 0 && client.stats().active === 0)
    expect(seen).toEqual(
      way === 'abort'
        ? ['socket', 'finish', 'abort', 'error', 'close']
        : ['socket', 'finish', 'error', 'close'],
    )
    if (protocol === 'h2') expect(server.counts.openSockets).toBe(1)
  })

  test('destroy with a reason, in the turn of the request and while it uploads', async () => {
    const { bridge, client, server, origin } = await stand.open(protocol)
    const atOnce = bridge.get(origin)
    atOnce.destroy(new Error('changed my mind'))
    expect((await failureOf(atOnce)).message).toBe('changed my mind')
    expect(server.counts.requests).toBe(0)
    const upload = bridge.request(`${origin}/hang`, { method: 'POST' })
    upload.write('some')
    await waitFor(() => server.counts.activeRequests === 1)
    upload.destroy(new Error('later'))
    expect((await failureOf(upload)).message).toBe('later')
    await waitFor(() => server.counts.activeRequests === 0 && client.stats().active === 0)
  })

  test('signal', async () => {
    const { bridge, server, origin } = await stand.open(protocol)
    const controller = new AbortController()
    const request = bridge.get(`${origin}/hang`, { signal: controller.signal })
    await waitFor(() => server.counts.activeRequests === 1)
    const failed = failureOf(request)
    controller.abort()
    expect(await failed).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' })
    await waitFor(() => server.counts.activeRequests === 0)
  })

  test('leaving a response halfway cancels it', async () => {
    const { bridge, client, server, origin } = await stand.open(protocol)
    const request = bridge.get(`${origin}/stream/100000000`)
    request.on('error', () => {})
    const message = await responseTo(request)
    for await (const _ of message) break
    expect(request.destroyed).toBe(true)
    await waitFor(() => message.aborted && server.counts.activeRequests === 0 && client.stats().active === 0)
  })

  test('a body that is cut off ends with the reason', async () => {
    const { bridge, origin } = await stand.open(protocol, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => {
        if (response.stream === undefined) response.socket?.destroy()
        else response.stream.close(2)
      })
    })
    const request = bridge.get(origin)
    const failed = new Promise((resolve) => request.once('error', resolve))
    const message = await responseTo(request)
    const error = await Readable.from(message)
      .toArray()
      .catch((reason) => reason)
    expect(error).toBeInstanceOf(BridgeError)
    expect(error).toMatchObject({ code: 'ECONNRESET', cause: { processed: 'yes' } })
    expect(await failed).toBe(error)
    expect(message.complete).toBe(false)
  })

  test('timeout by option and by setTimeout; a body that moves keeps it off', async () => {
    const { bridge, origin } = await stand.open(protocol)
    for (const prepare of [{ timeout: 40 }, {}]) {
      const request = bridge.get(`${origin}/hang`, prepare)
      const timedOut = new Promise<void>((resolve) => request.once('timeout', resolve))
      if (!('timeout' in prepare)) request.setTimeout(40)
      await timedOut
      const failed = failureOf(request)
      request.destroy()
      expect((await failed).code).toBe('ECONNRESET')
    }
    const moving = bridge.get(`${origin}/sse`, { timeout: 5000 })
    let timedOut = false
    moving.once('timeout', () => {
      timedOut = true
    })
    await wholeResponseTo(moving)
    expect(timedOut).toBe(false)
  })

  test('an answer before the upload is done', async () => {
    const { bridge, client, origin } = await stand.open(protocol, (request, response) => {
      response.writeHead(413, { 'content-length': '0' })
      response.end()
      request.resume()
    })
    const request = bridge.request(origin, { method: 'POST' })
    request.on('error', () => {})
    request.write('a')
    expect((await wholeResponseTo(request)).status).toBe(413)
    request.end('b')
    await waitFor(() => client.stats().active === 0)
  })

  test('50 at once', async () => {
    const { bridge, server, origin } = await stand.open(protocol)
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const request = bridge.request(`${origin}/echo`, { method: 'POST' })
        request.end(`body ${index}`)
        return (await wholeResponseTo(request)).text
      }),
    )
    expect(results).toEqual(Array.from({ length: 50 }, (_, index) => `body ${index}`))
    if (protocol === 'h2') expect(server.counts.tcpConnections).toBe(1)
  })
})

test('cleartext by http.request and by the bridge', async () => {
  const server = stand.add(await startH1Server({ plain: true }))
  const bridge = createBridge(stand.client())
  expect((await wholeResponseTo(http.get(server.origin, { agent: bridge.agents.http }))).status).toBe(200)
  expect((await wholeResponseTo(bridge.get(server.origin))).status).toBe(200)
})

test('a Host header says who is meant, the URL where he is', async () => {
  const { bridge, server } = await stand.open('h2')
  const { json } = await wholeResponseTo(
    bridge.get(`https://127.0.0.1:${server.port}/echo`, { headers: { host: `localhost:${server.port}` } }),
  )
  expect(json.headers[':authority'] ?? json.headers.host).toBe(`localhost:${server.port}`)
})

test.each([
  ['an unknown host', 'https://nothing.invalid/', 'ENOTFOUND', 'ERR_TRUNKLINE_DNS_FAILED'],
  ['a closed port', 'https://127.0.0.1:1/', 'ECONNREFUSED', 'ERR_TRUNKLINE_CONNECT_FAILED'],
])("%s has Node's code, and ours below", async (_name, url, code, below) => {
  const bridge = createBridge(stand.client())
  const error = await failureOf(bridge.get(url))
  expect([error.code, (error.cause as { code?: string }).code]).toEqual([code, below])
})

test('a certificate that is not trusted keeps its code', async () => {
  const server = stand.add(await startH2Server({ certificate: 'selfSigned' }))
  const bridge = createBridge(stand.client())
  const error = await failureOf(bridge.get(server.origin))
  expect(error.code).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/)
})

test.each([
  ['a relative URL', (b: Bridge) => b.request('/path')],
  [
    'a header with a line break',
    (b: Bridge) => b.request('https://localhost/', { headers: { a: 'b\r\nc: d' } }),
  ],
  ['a path with a space', (b: Bridge) => b.request({ host: 'localhost', path: '/a b' })],
])('%s throws at once', (_name, ask) => {
  expect(() => ask(createBridge(stand.client()))).toThrow()
})

test.each([
  ['CONNECT', { method: 'CONNECT', path: 'localhost:1' }, 'ERR_TRUNKLINE_INVALID_URL'],
  ['a path for a proxy', { path: 'http://elsewhere.example/' }, 'ERR_TRUNKLINE_INVALID_URL'],
])('%s is refused', async (_name, options, code) => {
  const request = createBridge(stand.client()).request({ host: 'localhost', port: 1, ...options })
  request.end()
  expect((await failureOf(request)).code).toBe(code)
})

test('a message of the server is read, and its body not before', async () => {
  const { bridge, origin } = await stand.open('h2', async (request, response) => {
    response.end(String((await readBody(request)).length))
  })
  const request = bridge.request(origin, { method: 'PUT' })
  for (let index = 0; index < 100; index += 1) request.write(Buffer.alloc(1000))
  request.end()
  expect((await wholeResponseTo(request)).text).toBe('100000')
})

function byOrder(seen: readonly string[]): (a: string, b: string) => number {
  return (a, b) => seen.indexOf(a) - seen.indexOf(b)
}
