/** faults.md section 2 G, 151 to 154: redirects and codings. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import type { FetchInit, FetchResponse } from '../../../src/index.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { expectGood } from './expectations.ts'
import { type Routes, rejection, serving as serve } from './fetch-scene.ts'
import type { Http2Scene } from './http2-scene.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()
const serving = serve(stage)

const to =
  (location: string, status = 302) =>
  () => ({ status, headers: { location } })

const fetchText = async (promise: Promise<FetchResponse>) => (await promise).text()

describe('redirects', () => {
  fault(151, 'a loop', async () => {
    const scene = await serving({ '/a': to('/b'), '/b': to('/a') })
    expect(await rejection(scene.client.fetch(`${scene.origin}/a`))).toMatchObject({
      name: 'ProtocolError',
      code: 'ERR_TRUNKLINE_TOO_MANY_REDIRECTS',
    })
    expect(scene.peer.requestCount).toBe(21)
    expectGood(await scene.send('/probe'))
  })

  fault(151, '20 hops are no loop', async () => {
    const scene = await serving({
      '/n': (request) => {
        const left = Number(request.path.split('?')[1])
        return { status: 302, headers: { location: left === 1 ? '/' : `/n?${left - 1}` } }
      },
    })
    expect(await fetchText(scene.client.fetch(`${scene.origin}/n?20`))).toBe('good')
  })

  for (const location of [
    'file:///etc/passwd',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'ftp://localhost/',
    'https://',
  ]) {
    fault(151, `to ${location}`, async () => {
      const scene = await serving({ '/a': to(location) })
      expect(await rejection(scene.client.fetch(`${scene.origin}/a`))).toMatchObject({
        name: 'ProtocolError',
        code: 'ERR_TRUNKLINE_REDIRECT_REFUSED',
      })
      expectGood(await scene.send('/probe'))
    })
  }

  const credentials = {
    authorization: 'secret',
    cookie: 'secret',
    'proxy-authorization': 'secret',
    'x-kept': 'kept',
  }
  const seen = (request: RawRequest) => ({ body: JSON.stringify(request.headers) })

  fault(152, 'to another port: credentials are left out', async () => {
    const other = await serving({ '/seen': seen })
    const scene = await serving({ '/a': to(`${other.origin}/seen`, 307) })
    const text = await fetchText(
      scene.client.fetch(`${scene.origin}/a`, { headers: credentials, method: 'POST', body: 'x' }),
    )
    expect(text).not.toContain('secret')
    expect(text).toContain('kept')
    expect(JSON.parse(text)).toMatchObject({ ':method': 'POST', ':authority': new URL(other.origin).host })
  })

  fault(152, 'to another host: credentials are left out', async () => {
    const scene = await serving({ '/seen': seen })
    const { port } = scene.peer
    const client = { dns: { lookup: toLoopback } }
    const hop = await serving({ '/a': to(`https://a.test:${port}/seen`) }, { client })
    const text = await fetchText(hop.client.fetch(`${hop.origin}/a`, { headers: credentials }))
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({ ':authority': `a.test:${port}` })
  })

  fault(152, 'away and back: credentials do not come back', async () => {
    const other = await serving({ '/b': () => to(`${scene.origin}/seen`)() })
    const scene: Http2Scene = await serving({ '/a': to(`${other.origin}/b`), '/seen': seen })
    const text = await fetchText(scene.client.fetch(`${scene.origin}/a`, { headers: credentials }))
    expect(text).not.toContain('secret')
  })

  fault(152, 'to the same origin: credentials stay', async () => {
    const scene = await serving({ '/a': to('/seen'), '/seen': seen })
    const text = await fetchText(scene.client.fetch(`${scene.origin}/a`, { headers: credentials }))
    expect(JSON.parse(text)).toMatchObject(credentials)
  })

  // The catalogue would refuse it by default. The Fetch standard follows it, and so does the platform.
  fault(153, 'from https to http: followed, as by the platform, and without credentials', async () => {
    const plain = await stage.http1({ tls: false, isBad: () => false })
    const scene = await serving({ '/a': to(`${plain.origin}/`) })
    const headers = { authorization: 'Bearer secret', cookie: 'session=secret' }
    const response = await scene.client.fetch(`${scene.origin}/a`, { headers })
    expect([response.url, response.redirected]).toEqual([`${plain.origin}/`, true])
    await response.bytes()
    expect(plain.peer.connections[0]?.received).not.toContain('secret')
  })

  const rules: readonly [status: number, method: string, becomes: string][] = [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
  ]
  for (const [status, method, becomes] of rules) {
    fault(153, `${status} after ${method}: ${becomes}`, async () => {
      const bodies: string[] = []
      const scene = await serving({
        '/a': to('/b', status),
        '/b': async (request) => {
          bodies.push(
            `${request.method} ${await request.body()} ${request.headers['content-type'] ?? 'none'}`,
          )
          return {}
        },
      })
      const hasBody = method !== 'HEAD' && method !== 'DELETE'
      const init = { method, ...(hasBody ? { body: 'text', headers: { 'content-type': 'a/b' } } : {}) }
      await fetchText(scene.client.fetch(`${scene.origin}/a`, init))
      const kept = becomes === method && hasBody
      expect(bodies).toEqual([`${becomes} ${kept ? 'text a/b' : ' none'}`])
    })
  }

  fault(153, '307 with a body that was read: an error, and nothing is sent', async () => {
    async function* source() {
      yield 'once'
    }
    const scene = await serving({
      '/a': async (request) => {
        await request.body()
        return to('/b', 307)()
      },
    })
    const init = { method: 'POST', body: source(), duplex: 'half' } as FetchInit
    expect(await rejection(scene.client.fetch(`${scene.origin}/a`, init))).toMatchObject({
      name: 'BodyError',
      code: 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
    })
    expect(scene.peer.requestCount).toBe(1)
  })
})

const toLoopback = ((_host: string, _options: unknown, callback: (error: null, list: object[]) => void) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])) as never

describe('codings', () => {
  const bomb = Buffer.alloc(50 * 2 ** 20)
  const codings: readonly [name: string, encode: (bytes: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (bytes) => brotliCompressSync(bytes, { params: { 1: 1 } })],
    ['zstd', zstdCompressSync],
  ]
  const encoded = (coding: string, body: Buffer): Routes => ({
    '/coded': () => ({ headers: { 'content-encoding': coding }, body }),
  })

  /** Node 22 decodes a zstd body that was cut off without a word, so that there the coding is left alone. */
  const undone = codings.filter(
    ([name]) => name !== 'zstd' || Number.parseInt(process.versions.node, 10) >= 24,
  )

  fault(154, 'a coding that is not asked for is not undone', async () => {
    const scene = await serving(encoded('zstd, x-unknown', Buffer.from('as it is')))
    const response = await scene.client.fetch(`${scene.origin}/coded`)
    expect(await response.text()).toBe('as it is')
    const [request] = scene.connection(0).received.filter((frame) => frame.type === 'HEADERS')
    const offered = request?.headers?.[request.headers.indexOf('accept-encoding') + 1]
    expect(offered?.split(', ').sort()).toEqual(undone.map(([name]) => name).sort())
  })

  for (const [name, encode] of undone) {
    fault(154, `a bomb of ${name}: an output limit`, async () => {
      const scene = await serving(encoded(name, encode(bomb)), {
        client: { limits: { responseBody: 2 ** 20 } },
      })
      const response = await scene.client.fetch(`${scene.origin}/coded`)
      expect(await rejection(response.arrayBuffer())).toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TOO_LARGE' })
      expectGood(await scene.send('/probe'))
    })

    fault(154, `a bomb of ${name} that nobody reads: bounded`, async () => {
      const scene = await serving(encoded(name, encode(bomb)))
      const before = process.memoryUsage().arrayBuffers
      const response = await scene.client.fetch(`${scene.origin}/coded`)
      await settleDown(100)
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6)
      await response.body?.cancel()
      expectGood(await scene.send('/probe'))
    })

    fault(154, `${name} that is cut off: an error`, async () => {
      const whole = encode(Buffer.from('Trunkline '.repeat(5000)))
      const scene = await serving(encoded(name, whole.subarray(0, whole.length - 12)))
      const response = await scene.client.fetch(`${scene.origin}/coded`)
      expect(await rejection(response.text())).toMatchObject({ code: 'ERR_TRUNKLINE_DECODE_FAILED' })
      expectGood(await scene.send('/probe'))
    })

    fault(154, `${name} that is garbage: an error`, async () => {
      const scene = await serving(encoded(name, Buffer.alloc(1000, 0xff)))
      const response = await scene.client.fetch(`${scene.origin}/coded`)
      expect(await rejection(response.text())).toMatchObject({ code: 'ERR_TRUNKLINE_DECODE_FAILED' })
    })
  }

  fault(154, 'more than 5 codings are refused', async () => {
    const scene = await serving(encoded(Array(6).fill('gzip').join(', '), gzipSync('x')))
    expect(await rejection(scene.client.fetch(`${scene.origin}/coded`))).toMatchObject({
      code: 'ERR_TRUNKLINE_DECODE_FAILED',
    })
    expectGood(await scene.send('/probe'))
  })
})
