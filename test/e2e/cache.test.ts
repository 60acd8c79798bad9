/** `trunkline/cache` against real servers. */
import { gzipSync } from 'node:zlib'
import { cache } from 'trunkline/cache'
import { cookies } from 'trunkline/cookies'
import { describe, expect, test } from 'vitest'
import type { RouteHandler } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench } from './support/bench.ts'

const bench = new Bench()

describe.each(['h2', 'http/1.1'] as const)('%s', (protocol) => {
  async function setUp(handler: RouteHandler) {
    const server = await bench.server(protocol, { handler })
    const kept = cache()
    return { server, kept, client: bench.client({ networkInterceptors: [kept] }) }
  }

  test('a compressed body is kept as it came, and undone for each reader', async () => {
    const text = 'hello '.repeat(1000)
    const { server, kept, client } = await setUp((_request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', 'content-encoding': 'gzip' })
      response.end(gzipSync(text))
    })
    for (let time = 0; time < 3; time += 1) {
      const response = await client.fetch(server.origin)
      expect(await response.text()).toBe(text)
      expect(response.headers.get('age')).toBe(time === 0 ? null : '0')
    }
    const raw = await client.request(server.origin, { headers: { 'accept-encoding': 'gzip' } })
    expect([...(await raw.body.bytes()).subarray(0, 2)]).toEqual([0x1f, 0x8b])
    expect(server.counts.requests).toBe(1)
    expect(kept.stats()).toMatchObject({ fresh: 3, misses: 1 })
    expect(raw).toMatchObject({ connectionId: 0, protocol, timings: { attempts: 0 } })
  })

  test('what is stale is asked about, and a 304 served as what it stands for', async () => {
    const asked: (string | undefined)[] = []
    const { server, kept, client } = await setUp((request, response) => {
      const match = request.headers['if-none-match']
      asked.push(match)
      response.writeHead(match === '"1"' ? 304 : 200, { 'cache-control': 'no-cache', etag: '"1"' })
      response.end(match === '"1"' ? undefined : 'hello')
    })
    for (let time = 0; time < 3; time += 1) {
      const response = await client.fetch(server.origin)
      expect([response.status, await response.text()]).toEqual([200, 'hello'])
    }
    expect(asked).toEqual([undefined, '"1"', '"1"'])
    expect(kept.stats()).toMatchObject({ revalidated: 2, misses: 1 })
  })

  test('each step of a redirect has an entry of its own', async () => {
    const { server, client } = await setUp((request, response) => {
      const headers = { 'cache-control': 'max-age=60' }
      if (request.url === '/') response.writeHead(301, { ...headers, location: '/there' })
      else response.writeHead(200, headers)
      response.end(request.url)
    })
    const first = await client.fetch(server.origin)
    expect(await first.text()).toBe('/there')
    const again = await client.fetch(server.origin)
    expect([again.url, again.redirected, await again.text()]).toEqual([
      `${server.origin}/there`,
      true,
      '/there',
    ])
    expect(server.counts.requests).toBe(2)
  })

  test('after a POST the next GET asks again', async () => {
    let value = 'old'
    const { server, client } = await setUp((request, response) => {
      if (request.method === 'POST') value = 'new'
      response.writeHead(200, { 'cache-control': 'max-age=60' })
      response.end(value)
      request.resume()
    })
    const get = async () => (await client.fetch(server.origin)).text()
    expect([await get(), await get()]).toEqual(['old', 'old'])
    await (await client.fetch(server.origin, { method: 'POST', body: 'x' })).text()
    expect(await get()).toBe('new')
  })

  test('stale-if-error: a server that is gone is not missed', async () => {
    const { server, kept, client } = await setUp((_request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=0, stale-if-error=60' })
      response.end('hello')
    })
    expect(await (await client.fetch(server.origin)).text()).toBe('hello')
    await server.close()
    // Its time is over with the second in which it came.
    await waitFor(async () => {
      const response = await client.fetch(server.origin)
      expect(await response.text()).toBe('hello')
      return kept.stats().stale > 0
    })
  })

  test('stale-while-revalidate: the caller does not wait', async () => {
    let version = 0
    const { server, client } = await setUp((_request, response) => {
      version += 1
      response.writeHead(200, { 'cache-control': 'max-age=0, stale-while-revalidate=60' })
      response.end(`version ${version}`)
    })
    const get = async () => (await client.fetch(server.origin)).text()
    expect(await get()).toBe('version 1')
    await waitFor(async () => (await get()) === 'version 2')
  })

  test('beside cookies: responses vary by them, and none comes back from the cache', async () => {
    const server = await bench.server(protocol, {
      handler: (request, response) => {
        const headers: Record<string, string> = { 'cache-control': 'max-age=60', vary: 'cookie' }
        if (request.url === '/login') headers['set-cookie'] = 'user=ada; Path=/'
        response.writeHead(200, headers)
        response.end(request.headers.cookie ?? 'nobody')
      },
    })
    const client = bench.client({ networkInterceptors: [cookies(), cache()] })
    const get = async (path: string) => (await client.fetch(`${server.origin}${path}`)).text()
    expect(await get('/')).toBe('nobody')
    expect(await get('/login')).toBe('nobody')
    expect(await get('/')).toBe('user=ada')
    expect(await get('/')).toBe('user=ada')
    expect(server.counts.requests).toBe(3)
  })
})
