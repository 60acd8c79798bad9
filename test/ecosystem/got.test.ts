/** got 16 by its option `request`, and http2-wrapper as got 15 calls it, over our client. */
import { createHash } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import got, { type Got, HTTPError, RequestError, TimeoutError } from 'got'
import http2wrapper from 'http2-wrapper'
import { createBridge } from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { deterministicBytes, type RouteHandler } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()

async function open(protocol: 'h2' | 'http/1.1', handler?: RouteHandler, options = {}) {
  const track = await stand.open(protocol, handler, options)
  const api: Got = got.extend({ request: track.bridge.request, prefixUrl: track.origin } as never)
  return { ...track, api }
}

describe.each(protocols)('got over %s', (protocol) => {
  test('JSON there and back, parameters, headers, hooks', async () => {
    const { api, server } = await open(protocol)
    const extended = api.extend({
      hooks: {
        beforeRequest: [
          ({ headers }) => {
            headers['x-hook'] = 'yes'
          },
        ],
      },
    })
    const answer = await extended.post('echo', { json: { n: 1 }, searchParams: { q: 'a b' } }).json()
    expect(answer).toEqual({ n: 1 })
    const { headers, url } = await extended('echo', { searchParams: { q: 'a b' } }).json<{
      headers: Record<string, string>
      url: string
    }>()
    expect([headers['x-hook'], url]).toEqual(['yes', '/echo?q=a+b'])
    if (protocol === 'h2') expect(server.counts.tcpConnections).toBe(1)
  })

  test('form, bytes, decoding, and what kind of response it was', async () => {
    const { api } = await open(protocol)
    expect(await api.post('echo', { form: { a: '1', b: '2' } }).text()).toBe('a=1&b=2')
    expect(Buffer.from(await api('bytes/100000').buffer())).toEqual(deterministicBytes(100_000))
    for (const coding of ['gzip', 'br', 'deflate'])
      expect(await api(coding).text()).toBe('Trunkline '.repeat(1000))
    const response = await api('')
    expect([response.statusCode, response.httpVersion, response.complete]).toEqual([
      200,
      protocol === 'h2' ? '2.0' : '1.1',
      true,
    ])
    expect(response.timings?.phases).toMatchObject({
      total: expect.any(Number),
      firstByte: expect.any(Number),
    })
  })

  test('redirects', async () => {
    const { api } = await open(protocol)
    const response = await api('redirect/3')
    expect([response.statusCode, response.redirectUrls.length]).toEqual([200, 3])
    const posted = await api.post('redirect/1?status=303', { body: 'x' })
    expect(posted.statusCode).toBe(200)
    await expect(api('redirect/5', { maxRedirects: 2 })).rejects.toMatchObject({
      code: 'ERR_TOO_MANY_REDIRECTS',
    })
  })

  test('retries, of statuses and of connections that are lost', async () => {
    let asked = 0
    const { api } = await open(
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
    const response = await api('', {
      retry: { limit: 3, calculateDelay: ({ computedValue }) => computedValue && 1 },
    })
    expect([response.body, response.retryCount, asked]).toEqual(['at last', 2, 3])
  })

  test('errors', async () => {
    const { api, bridge } = await open(protocol)
    await expect(api('status/404')).rejects.toBeInstanceOf(HTTPError)
    const nowhere = got.extend({ request: bridge.request as never, retry: { limit: 0 } })
    await expect(nowhere('https://127.0.0.1:1/')).rejects.toMatchObject({
      name: 'RequestError',
      code: 'ECONNREFUSED',
    })
    const pinned = api.extend({ https: { checkServerIdentity: () => undefined } })
    const error = await pinned('').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
  })

  test("got's own timeouts", async () => {
    const { api, client } = await open(protocol)
    for (const timeout of [{ request: 60 }, { response: 60 }, { socket: 60 }, { read: 60 }]) {
      const path = 'read' in timeout ? 'slow-body/3000' : 'hang'
      const error = await api(path, { timeout, retry: { limit: 0 } }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ code: 'ETIMEDOUT', event: Object.keys(timeout)[0] })
    }
    await api('', { timeout: { lookup: 1000, connect: 1000, secureConnect: 1000, send: 1000 } })
    await waitFor(() => client.stats().active === 0)
  })

  test('a signal', async () => {
    const { api, server } = await open(protocol)
    const controller = new AbortController()
    const request = api('hang', { signal: controller.signal })
    const failed = expect(request).rejects.toMatchObject({ name: 'AbortError' })
    await waitFor(() => server.counts.activeRequests === 1)
    controller.abort()
    await failed
    await waitFor(() => server.counts.activeRequests === 0)
  })

  test('streams, up and down, with progress', async () => {
    const { api } = await open(protocol)
    const size = 4 * 1024 * 1024
    const digest = createHash('sha256').update(deterministicBytes(size)).digest('hex')
    const hash = createHash('sha256')
    const download = api.stream(`stream/${size}`)
    let progress = 0
    download.on('downloadProgress', ({ transferred }) => {
      progress = transferred
    })
    await pipeline(download, hash)
    expect([hash.digest('hex'), progress]).toEqual([digest, size])
    const upload = api.stream.post('upload')
    const text: Buffer[] = []
    await pipeline(
      Readable.from([deterministicBytes(size)]),
      upload,
      new PassThrough().on('data', (chunk) => text.push(chunk)),
    )
    expect(JSON.parse(Buffer.concat(text).toString())).toMatchObject({ length: size, sha256: digest })
  })

  test('pagination', async () => {
    const { api } = await open(protocol, (request, response) => {
      const page = Number(new URL(request.url ?? '', 'https://x').searchParams.get('page') ?? 1)
      if (page < 3) response.setHeader('link', `</?page=${page + 1}>; rel="next"`)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify([page]))
    })
    expect(await api.paginate.all<number>('')).toEqual([1, 2, 3])
  })

  test('as an agent of its own http stack', async () => {
    const { bridge, origin } = await stand.open(protocol)
    const { http: plain, https: secure } = bridge.agents
    const response = await got(origin, { agent: { http: plain, https: secure } })
    expect(response.statusCode).toBe(200)
  })
})

/**
 * got 15 itself is in got15.test.ts, where it is installed. This is what it hands to `http2wrapper.auto` with `http2: true`:
 * `agent` as a copy of the user's object, and its options by the names of Node's.
 */
describe('http2-wrapper, as got 15 calls it with agent.http2', () => {
  const asGot15 = (agent: object, more: object = {}) => ({
    agent,
    ca: undefined,
    cert: undefined,
    key: undefined,
    passphrase: undefined,
    pfx: undefined,
    rejectUnauthorized: true,
    checkServerIdentity: undefined,
    ciphers: undefined,
    lookup: undefined,
    family: undefined,
    setHost: true,
    maxHeaderSize: undefined,
    localAddress: undefined,
    createConnection: undefined,
    timeout: undefined,
    h2session: undefined,
    method: 'GET',
    headers: { 'user-agent': 'got', accept: 'application/json', 'accept-encoding': 'gzip, deflate, br' },
    ...more,
  })

  test.each(protocols)('over %s', async (protocol) => {
    const { bridge, origin } = await stand.open(protocol)
    // got 15 has no option for it, and so makes a probe.
    const probe = { resolveProtocol: bridge.resolveProtocol as never }
    const get = await http2wrapper.auto(new URL(`${origin}/echo`), {
      ...asGot15(bridge.agents),
      ...probe,
    } as never)
    expect((await wholeResponseTo(get.end())).json).toMatchObject({ method: 'GET' })
    const post = await http2wrapper.auto(new URL(`${origin}/upload`), {
      ...asGot15(bridge.agents, { method: 'POST' }),
      ...probe,
    } as never)
    post.write(Buffer.alloc(1_000_000))
    post.end('the end')
    expect((await wholeResponseTo(post)).json).toMatchObject({ length: 1_000_007 })
    const gone = await http2wrapper.auto(new URL(`${origin}/hang`), {
      ...asGot15(bridge.agents),
      ...probe,
    } as never)
    const failed = new Promise((resolve) => gone.once('error', resolve))
    gone.end()
    setImmediate(() => gone.destroy(new Error('enough')))
    expect(await failed).toMatchObject({ message: 'enough' })
  })

  test('the request option, which got 15 has as well, needs no probe', async () => {
    const { bridge, origin, server } = await stand.open('h2')
    const { agent: _agent, ...options } = asGot15({}, { agent: undefined })
    const { json } = await wholeResponseTo(bridge.request(new URL(`${origin}/echo`), options as never).end())
    expect(json).toMatchObject({ method: 'GET' })
    expect(server.counts.tcpConnections).toBe(1)
  })
})

test("Node's own globals are as they were", () => {
  createBridge(stand.client())
  expect(http.globalAgent).toBeInstanceOf(http.Agent)
  expect(https.globalAgent.constructor.name).toBe('Agent')
})
