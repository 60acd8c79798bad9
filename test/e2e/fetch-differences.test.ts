/** docs/fetch.md has a table of what is different from the platform's fetch. Here is what it says, line by line. */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'
import { type AnyFetch, parityRoutes } from './support/parity.ts'

const bench = new Bench()
const platform = globalThis.fetch as AnyFetch

/** The same server for both, over HTTP/1.1 without TLS: the platform's fetch can reach it without help. */
async function both() {
  const { origin } = await bench.h1Server({ plain: true, handler: parityRoutes })
  const ours = bench.client().fetch as unknown as AnyFetch
  const close = { connection: 'close' }
  const seenBy = async (fetch: AnyFetch, init: RequestInit) =>
    (await (await fetch(`${origin}/seen`, { ...init, headers: { ...close, ...init.headers } })).json()) as {
      method: string
      headers: string[]
      body: string
    }
  return { origin, ours, seenBy }
}

const answer = (origin: string, status: number, headers: object, body: string) =>
  `${origin}/answer?${new URLSearchParams({ status: String(status), headers: JSON.stringify(headers), body })}`

// biome-ignore lint/suspicious/noExplicitAny: a body that the types of fetch do not have
const post = (body: any): RequestInit => ({ method: 'POST', body })

describe('errors', () => {
  test('the cause is a ClientError, the system error one further', async () => {
    const closed = createServer().listen(0)
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const error = await rejection(bench.client().fetch(`http://127.0.0.1:${port}/`))
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    expect(error.cause).toMatchObject({
      name: 'ConnectError',
      code: 'ERR_TRUNKLINE_CONNECT_FAILED',
      processed: 'no',
    })
    expect(error.cause.cause.code).toBe('ECONNREFUSED')
    expect((await rejection(platform(`http://127.0.0.1:${port}/`))).cause.code).toBe('ECONNREFUSED')
  })
})

describe('the response object', () => {
  test('native methods do not take it', async () => {
    const server = await bench.h2Server()
    const response = await bench.client().fetch(server.origin)
    expect(await rejection((async () => Response.prototype.text.call(response))())).toBeInstanceOf(TypeError)
    const prototype = Object.getPrototypeOf(response)
    expect(prototype === Response.prototype).toBe(false)
    expect(Object.getPrototypeOf(prototype) === Response.prototype).toBe(true)
    expect(await response.json()).toMatchObject({ hello: 'world' })
  })

  test('a 407 is a response', async () => {
    const { origin, ours } = await both()
    expect((await drained(ours(answer(origin, 407, {}, 'x')))).status).toBe(407)
    await expect(platform(answer(origin, 407, { connection: 'close' }, ''))).rejects.toThrow('fetch failed')
  })

  test('statusText is Latin-1', async () => {
    const peer = await bench.h1Server({
      plain: true,
      handler: (_, response) => {
        ;(response as { statusMessage: string }).statusMessage = 'gr\u00fc\u00df'
        response.end()
      },
    })
    expect((await drained(bench.client().fetch(peer.origin))).statusText).toBe('grüß')
  })
})

describe('what came, or did not', () => {
  test('a lost connection is tried once more, unless that is turned off', async () => {
    const urls: (string | undefined)[] = []
    const { origin } = await bench.h1Server({
      plain: true,
      handler: (request) => {
        urls.push(request.url)
        ;(request as IncomingMessage).socket.destroy()
      },
    })
    const ours = bench.client().fetch as unknown as AnyFetch
    await expect(ours(`${origin}/ours`)).rejects.toThrow('fetch failed')
    await expect(ours(`${origin}/once`, { retry: false } as RequestInit)).rejects.toThrow('fetch failed')
    await expect(platform(`${origin}/theirs`)).rejects.toThrow('fetch failed')
    expect(urls).toEqual(['/ours', '/ours', '/once', '/theirs'])
  })

  test('large headers', async () => {
    const ours = bench.client().fetch as unknown as AnyFetch
    const { origin } = await bench.h1Server({
      plain: true,
      handler: (_, response) => {
        response.writeHead(200, { connection: 'close', a: 'x'.repeat(20_000) })
        response.end()
      },
    })
    expect((await drained(ours(origin))).headers.get('a')).toHaveLength(20_000)
    await expect(platform(origin)).rejects.toThrow('fetch failed')
  })

  test('the reason of an abort is passed on, whatever it is', async () => {
    // A server of its own: the platform comes back with another connection, which the bench would look for.
    const server = createHttpServer((_, response) => response.write('a part')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ours = bench.client().fetch as unknown as AnyFetch
    const failure = async (fetch: AnyFetch) => {
      const controller = new AbortController()
      const { body } = await fetch(origin, { signal: controller.signal })
      controller.abort(null)
      return rejection((body as ReadableStream).getReader().read())
    }
    try {
      expect(await failure(ours)).toBe(null)
      expect(await failure(platform)).toMatchObject({ name: 'AbortError' })
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  test('no entries of resource timing', async () => {
    const { origin, ours } = await both()
    performance.clearResourceTimings()
    await drained(ours(answer(origin, 200, {}, 'x')))
    await new Promise(setImmediate)
    expect(performance.getEntriesByType('resource')).toEqual([])
  })
})

describe('content codings', () => {
  const whole = gzipSync('hello '.repeat(1000)).toString('latin1')
  const coded = (origin: string, coding: string, body: string) =>
    answer(origin, 200, { 'content-encoding': coding, connection: 'close' }, body)

  test('a body that was cut off fails', async () => {
    const { origin, ours } = await both()
    const url = coded(origin, 'gzip', whole.slice(0, -4))
    expect(await rejection((await ours(url)).text())).toMatchObject({
      message: 'terminated',
      cause: { code: 'ERR_TRUNKLINE_DECODE_FAILED' },
    })
    expect(await (await platform(url)).text()).toContain('hello')
  })

  test('identity and empty members are passed over', async () => {
    const { origin, ours } = await both()
    for (const coding of ['identity, gzip', 'gzip,'])
      expect(await (await ours(coded(origin, coding, whole))).text()).toBe('hello '.repeat(1000))
  })

  test('an empty body is empty', async () => {
    const { origin, ours } = await both()
    for (const coding of ['gzip', 'deflate', 'br', 'zstd'])
      expect(await (await ours(coded(origin, coding, ''))).text()).toBe('')
  })
})

describe('HTTP/1.1', () => {
  async function answering(bytes: string) {
    const peer = await bench.rawHttp1Peer({
      tls: false,
      async onConnection(connection) {
        await connection.expectRequest()
        connection.send(bytes)
        connection.fin()
      },
    })
    return { origin: peer.origin, ours: bench.client().fetch }
  }

  test.each(['identity', 'gzip, chunked'])('a transfer coding %s is refused', async (coding) => {
    const body = coding === 'identity' ? 'abc' : '3\r\nabc\r\n0\r\n\r\n'
    const { origin, ours } = await answering(`HTTP/1.1 200 OK\r\ntransfer-encoding: ${coding}\r\n\r\n${body}`)
    expect(await (await platform(origin)).text()).toBe('abc')
    expect((await rejection(ours(origin))).cause).toMatchObject({ code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE' })
  })

  test('a 100 that was not asked for is passed over', async () => {
    const { origin, ours } = await answering(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    )
    expect(await (await ours(origin)).text()).toBe('ok')
    await expect(platform(origin)).rejects.toThrow('fetch failed')
  })

  test('headers may be larger than 16 KiB', async () => {
    const { origin, ours } = await answering(
      `HTTP/1.1 200 OK\r\nlarge: ${'x'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`,
    )
    expect((await ours(origin)).headers.get('large')).toHaveLength(20_000)
    await expect(platform(origin)).rejects.toThrow('fetch failed')
  })
})

describe('the request', () => {
  test('a dispatcher of somebody else is asked, and nobody global', async () => {
    const { origin, ours } = await both()
    const asked: string[] = []
    const dispatcher = {
      dispatch({ path }: { path: string }) {
        asked.push(path)
        throw new Error('mine')
      },
    }
    const error = await rejection(ours(`${origin}/seen`, { dispatcher } as unknown as RequestInit))
    expect(error.message).toBe('fetch failed')
    expect(asked).toEqual(['/seen'])
    const request = new Request(`${origin}/unseen`, { dispatcher } as unknown as RequestInit)
    expect((await drained(ours(request))).status).toBe(200)
    expect(asked).toEqual(['/seen'])
  })

  test('no entry is made in the performance timeline', async () => {
    const { seenBy, ours } = await both()
    const entries = () => performance.getEntriesByType('resource').length
    performance.clearResourceTimings()
    await seenBy(ours, {})
    expect(entries()).toBe(0)
    await seenBy(platform, {})
    await waitFor(() => entries() === 1)
  })

  test('names itself, and its fields in lower case', async () => {
    const server = await bench.h1Server({
      plain: true,
      handler: (request, response) => {
        response.end(JSON.stringify(request.rawHeaders))
      },
    })
    const sent = (await (
      await bench.client().fetch(server.origin, { headers: { 'X-Mine': '1' } })
    ).json()) as string[]
    expect(sent).toContain('x-mine')
    expect(sent[sent.indexOf('user-agent') + 1]).toBe('trunkline')
  })

  test.each(['h2', 'http/1.1'] as const)('leaves out what is the connection’s, over %s', async (protocol) => {
    const server = await bench.server(protocol)
    const given = {
      'keep-alive': '5',
      'proxy-connection': 'x',
      'transfer-encoding': 'chunked',
      upgrade: 'x',
      te: 'gzip',
      host: 'elsewhere.test',
    }
    const response = await bench.client().fetch(`${server.origin}/headers`, { headers: given })
    const seen = (await response.json()) as Record<string, string>
    for (const name of ['keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te'])
      expect(seen).not.toHaveProperty(name)
    expect(seen[protocol === 'h2' ? ':authority' : 'host']).toBe(new URL(server.origin).host)
  })

  test('may expect 100 (Continue)', async () => {
    const { ours, seenBy } = await both()
    const init = { ...post('x'), headers: { expect: '100-continue' } }
    expect((await seenBy(ours, init)).body).toBe('x')
    await expect(seenBy(platform, init)).rejects.toThrow('fetch failed')
  })

  async function* dripping() {
    for (;;) {
      await nextTurn()
      yield 'x'
    }
  }

  test('a body that is not sent to its end is let go', async () => {
    const server = await bench.h1Server({ plain: true })
    const { fetch } = bench.client()
    const controller = new AbortController()
    const file = Readable.from(dripping())
    const cancelled = Promise.withResolvers<unknown>()
    const stream = new ReadableStream({ cancel: cancelled.resolve })
    const calls = [file, stream].map((body) =>
      fetch(`${server.origin}/hang`, { method: 'POST', body, duplex: 'half', signal: controller.signal }),
    )
    await waitFor(() => server.counts.activeRequests === 2)
    controller.abort('enough')
    for (const call of calls) expect(await rejection(call)).toBe('enough')
    expect(await cancelled.promise).toBe('enough')
    await waitFor(() => file.destroyed)
  })

  test('a wrong content-length and a control character are refused before anything is sent', async () => {
    const { ours, seenBy } = await both()
    for (const headers of [{ 'content-length': '5' }, { 'x-a': 'b\x01' }])
      expect((await rejection(seenBy(ours, { ...post('x'), headers }))).cause).toMatchObject({
        processed: 'no',
      })
  })

  test('shared memory is refused, a function called', async () => {
    const { ours, seenBy } = await both()
    const shared = new SharedArrayBuffer(2)
    for (const body of [shared, new Uint8Array(shared)])
      await expect(seenBy(ours, post(body))).rejects.toBeInstanceOf(TypeError)
    expect(
      (
        await seenBy(
          ours,
          post(() => ['a', 'b']),
        )
      ).body,
    ).toBe('ab')
  })

  test('an empty body has a length', async () => {
    const { ours, seenBy } = await both()
    const init = { method: 'DELETE', body: '' }
    expect((await seenBy(ours, init)).headers).toContain('content-length: 0')
    expect((await seenBy(platform, init)).headers).not.toContain('content-length: 0')
  })

  test('iterables need no duplex', async () => {
    const { ours, seenBy } = await both()
    async function* body() {
      yield 'a'
    }
    expect((await seenBy(ours, post(body()))).body).toBe('a')
    await expect(seenBy(platform, post(body()))).rejects.toThrow('duplex')
  })

  test('a Request of a stream that ends at once is sent with its length', async () => {
    const { origin, ours } = await both()
    const body = new Blob(['abc']).stream()
    const request = new Request(`${origin}/seen`, { method: 'POST', body, duplex: 'half' })
    const { headers } = (await (await ours(request)).json()) as { headers: string[] }
    expect(headers).toContain('content-length: 3')
  })

  test('a referrer of the same origin is told whole where the policy says so', async () => {
    const { origin, ours, seenBy } = await both()
    for (const referrerPolicy of ['same-origin', 'origin-when-cross-origin'] as const) {
      const { headers } = await seenBy(ours, { referrer: `${origin}/page?q`, referrerPolicy })
      expect(headers).toContain(`referer: ${origin}/page?q`)
    }
  })
})
