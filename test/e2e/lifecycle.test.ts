import { createClient, MemoryTlsSessionStore } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { activeHandles, expectNoNewHandles } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, ca, drained, rejection } from './support/bench.ts'

const bench = new Bench()

const protocols = ['h2', 'http/1.1'] as const

describe.each(protocols)('close() over %s', (protocol) => {
  test('finishes what runs, its body included, takes nothing new, then leaves no connection', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const running = client.fetch(`${server.origin}/slow-body/200`)
    await waitFor(() => server.counts.activeRequests === 1)
    const closing = client.close()
    const error = await rejection(client.request(server.origin))
    expect(error).toMatchObject({ name: 'ClosedError', code: 'ERR_TRUNKLINE_CLIENT_CLOSED', processed: 'no' })
    expect((await rejection(client.fetch(server.origin))).cause.code).toBe('ERR_TRUNKLINE_CLIENT_CLOSED')
    expect((await rejection(client.connect(server.origin))).code).toBe('ERR_TRUNKLINE_CLIENT_CLOSED')
    expect(await (await running).text()).toBe('first,last')
    await closing
    expect(client.stats()).toMatchObject({ connections: 0, origins: [], active: 0 })
    await server.assertNoConnections()
    expect(server.counts.requests).toBe(1)
  })

  test('finishes what is queued and what is being dialled', async () => {
    const server = await bench.server(protocol)
    const client = bench.client({ http2: { maxConcurrentStreams: 1 }, http1: { maxSockets: 1 } })
    const all = Array.from({ length: 10 }, () => drained(client.fetch(server.origin)))
    const closing = client.close()
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    await closing
    expect(client.stats()).toMatchObject({ requests: 10, failed: 0, connections: 0 })
  })

  test('after its timeout, what is not finished ends with CLIENT_DESTROYED', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const head = rejection(client.request(`${server.origin}/hang`))
    const body = await client.request(`${server.origin}/slow-body/20000`)
    const text = rejection(body.body.text())
    await waitFor(() => server.counts.activeRequests === 2)
    await client.close({ timeout: 50 })
    for (const error of [await head, await text]) {
      expect(error).toMatchObject({ name: 'ClosedError', code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
      expect(error.message).toContain('50 ms')
    }
    await server.assertNoConnections()
  })

  test('is idempotent, also in parallel, and after destroy()', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    await drained(client.fetch(server.origin))
    await Promise.all([client.close(), client.close(), client[Symbol.asyncDispose]()])
    await client.close()
    client.destroy()
    await client.close()
    expect(client.stats().connections).toBe(0)
  })

  test('leaves no handle', async () => {
    const server = await bench.server(protocol)
    const before = activeHandles()
    const client = bench.client()
    await Promise.all(Array.from({ length: 10 }, () => drained(client.fetch(server.origin))))
    await client.close()
    await expectNoNewHandles(before)
  })

  test('await using closes at the end of the block', async () => {
    const server = await bench.server(protocol)
    let outer: ReturnType<typeof createClient>
    {
      await using client = createClient({ tls: { ca } })
      outer = client
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
      expect(client.stats().connections).toBe(1)
    }
    expect(outer.stats().connections).toBe(0)
    expect((await rejection(outer.request(server.origin))).code).toBe('ERR_TRUNKLINE_CLIENT_CLOSED')
    await server.assertNoConnections()
  })

  test('destroy() ends everything at once: requests, bodies, queue, dials', async () => {
    const server = await bench.server(protocol)
    const silent = await bench.silentPeer()
    const client = bench.client({ http2: { maxConcurrentStreams: 2 }, http1: { maxSockets: 2 } })
    const body = await client.request(`${server.origin}/slow-body/20000`)
    const pending = [
      rejection(body.body.text()),
      ...Array.from({ length: 3 }, () => rejection(client.request(`${server.origin}/hang`))),
      rejection(client.request(silent.origin)),
      rejection(client.connect(silent.origin)),
    ]
    await waitFor(() => server.counts.activeRequests === 2 && silent.tcpConnections === 1)
    const reason = new Error('shutting down')
    client.destroy(reason)
    for (const error of await Promise.all(pending)) {
      expect(error).toMatchObject({
        name: 'ClosedError',
        code: 'ERR_TRUNKLINE_CLIENT_DESTROYED',
        cause: reason,
      })
    }
    expect((await rejection(client.request(server.origin))).code).toBe('ERR_TRUNKLINE_CLIENT_CLOSED')
    await client.close()
    await server.assertNoConnections()
    await waitFor(() => silent.counts.openConnections === 0)
    expect(client.stats()).toMatchObject({ active: 0, queued: 0, connections: 0, origins: [] })
  })

  test('destroy() without a reason: CLIENT_DESTROYED', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const pending = rejection(client.request(`${server.origin}/hang`))
    await waitFor(() => server.counts.activeRequests === 1)
    client.destroy()
    expect(await pending).toMatchObject({ name: 'ClosedError', code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
  })

  test('destroy() while closing ends the wait', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const pending = rejection(client.request(`${server.origin}/hang`))
    await waitFor(() => server.counts.activeRequests === 1)
    const closing = client.close({ timeout: 60_000 })
    client.destroy()
    expect((await pending).code).toBe('ERR_TRUNKLINE_CLIENT_DESTROYED')
    await closing
  })
})

describe('close()', () => {
  test('tells an HTTP/2 server: GOAWAY NO_ERROR, then an orderly end', async () => {
    const peer = await bench.rawPeer({ autoRespond: {} })
    const client = bench.client()
    await drained(client.fetch(peer.origin))
    const closing = client.close()
    const [connection] = peer.connections
    expect((await connection?.expect('GOAWAY'))?.errorCode).toBe('NO_ERROR')
    expect(await connection?.expectClose()).toBe('fin')
    await closing
  })

  test('finishes a request that an interceptor holds back', async () => {
    const server = await bench.h2Server()
    const gate = Promise.withResolvers<void>()
    const client = bench.client({
      interceptors: [
        (next) => async (request) => {
          await gate.promise
          return next(request)
        },
      ],
    })
    const pending = drained(client.fetch(server.origin))
    let closed = false
    const closing = client.close().then(() => {
      closed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(false)
    gate.resolve()
    expect((await pending).status).toBe(200)
    await closing
    expect(client.stats()).toMatchObject({ connections: 0, origins: [] })
  })

  test('finishes a request that is on its way through redirects', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const pending = drained(client.fetch(`${server.origin}/redirect/10`))
    await waitFor(() => server.counts.requests > 0)
    await client.close()
    expect((await pending).url).toBe(`${server.origin}/`)
    expect(client.stats().connections).toBe(0)
  })

  test('of a client that was never used, or only failed', async () => {
    await bench.client().close()
    const client = bench.client()
    await rejection(client.fetch('https://localhost:1'))
    await client.close()
  })

  test('waits no longer than its timeout for an interceptor that never answers', async () => {
    const client = bench.client({ interceptors: [() => () => new Promise(() => {})] })
    void client.fetch('https://localhost:1').catch(() => {})
    await client.close({ timeout: 50 })
  })

  test('an interceptor that throws at once fails its request and leaves nothing to wait for', async () => {
    const why = new Error('mine')
    const client = bench.client({
      interceptors: [
        () => () => {
          throw why
        },
      ],
    })
    expect(await rejection(client.request('https://localhost:1'))).toBe(why)
    expect(client.stats().active).toBe(0)
    await client.close()
  })
})

describe.each(protocols)('connect() over %s', (protocol) => {
  test('makes the connection that the first request then uses', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const connected = await client.connect(server.origin)
    expect(connected).toEqual({ protocol, connectionId: expect.any(Number), resumed: false })
    expect(client.stats().connections).toBe(1)
    const response = await drained(client.fetch(server.origin))
    expect(response.connectionId).toBe(connected.connectionId)
    expect(response.timings).toMatchObject({ dns: null, connect: null, tls: null })
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 1 })
  })

  test('on an origin that is connected resolves with what stands, with a signal too', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const { signal } = new AbortController()
    const first = await client.connect(server.origin, { signal })
    const again = await Promise.all([
      client.connect(server.origin),
      client.connect(server.origin, { signal }),
    ])
    expect(again).toEqual([first, first])
    expect((await drained(client.fetch(server.origin))).connectionId).toBe(first.connectionId)
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('takes a URL of the origin, and says whether TLS was resumed', async () => {
    const server = await bench.server(protocol)
    const client = bench.client({ http2: { idleTimeout: 10 }, http1: { idleTimeout: 10 } })
    await drained(client.fetch(server.origin))
    await waitFor(() => client.stats().connections === 0)
    expect((await client.connect(new URL('/some/path?query', server.origin))).resumed).toBe(true)
  })
})

describe('connect()', () => {
  test('fails as a request would', async () => {
    const client = bench.client()
    expect(await rejection(client.connect('https://localhost:1'))).toMatchObject({
      name: 'ConnectError',
      code: 'ERR_TRUNKLINE_CONNECT_FAILED',
    })
    const server = await bench.h2Server({ certificate: 'expired' })
    expect((await rejection(client.connect(server.origin))).code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
  })

  test('can be aborted: before, and during the dial, which is given up', async () => {
    const peer = await bench.silentPeer()
    const client = bench.client()
    const reason = new Error('no longer needed')
    expect(await rejection(client.connect(peer.origin, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(peer.tcpConnections).toBe(0)
    const controller = new AbortController()
    const pending = client.connect(peer.origin, { signal: controller.signal })
    await waitFor(() => peer.tcpConnections === 1)
    controller.abort(reason)
    expect(await rejection(pending)).toBe(reason)
    await waitFor(() => peer.counts.openConnections === 0)
    expect(client.stats().origins).toEqual([])
  })
})

describe('stats()', () => {
  test('is plain data that tells what the client is doing', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 2 })
    // A store of its own: that of the process is counted for all.
    const client = bench.client({ tlsSessions: new MemoryTlsSessionStore() })
    expect(client.stats()).toEqual({
      requests: 0,
      failed: 0,
      errors: {},
      active: 0,
      queued: 0,
      connections: 0,
      dials: 0,
      dialsFailed: 0,
      handshakes: 0,
      resumed: 0,
      origins: [],
      services: [],
      inFlight: [],
      proxies: [],
      circuits: [],
      dns: { cached: 0, lookups: 0, failed: 0 },
      tlsSessions: { hits: 0, misses: 0, failures: 0, timeouts: 0, paused: false },
      tlsReload: null,
    })
    await client.connect(server.origin)
    const controller = new AbortController()
    const { signal } = controller
    const pending = [1, 2, 3].map(() => rejection(client.fetch(`${server.origin}/hang`, { signal })))
    await waitFor(() => server.counts.activeRequests === 2)
    const stats = client.stats()
    expect(stats).toMatchObject({ active: 3, queued: 1, connections: 1, dials: 1, handshakes: 1 })
    expect(structuredClone(stats)).toEqual(stats)
    expect(stats.origins).toHaveLength(1)
    expect(stats.origins[0]).toMatchObject({ origin: server.origin, queued: 1, dialling: 0 })
    expect(stats.origins[0]?.connections[0]).toMatchObject({
      protocol: 'h2',
      standing: 'ready',
      openExchanges: 2,
      maxConcurrentStreams: 2,
      requests: 2,
      idle: null,
      tls: { version: 'TLSv1.3', resumed: false },
      remoteAddress: '127.0.0.1',
      goAway: null,
    })
    controller.abort()
    await Promise.all(pending)
    await waitFor(() => client.stats().active === 0)
    expect(client.stats()).toMatchObject({ requests: 3, failed: 3, queued: 0 })
    await drained(client.fetch(server.origin))
    expect(client.stats().origins[0]?.connections[0]?.idle).toBeGreaterThanOrEqual(0)
    expect(client.stats()).toMatchObject({ requests: 4, failed: 3 })
  })
})

describe('interceptors', () => {
  test('see the logical call once, network interceptors every attempt; both may change requests and answer themselves', async () => {
    const server = await bench.h2Server()
    const seen: string[] = []
    const client = bench.client({
      interceptors: [
        (next) => (request) => {
          seen.push(`call ${request.target.path}`)
          return next({ ...request, headers: [...request.headers, 'x-added', 'yes'] })
        },
      ],
      networkInterceptors: [
        (next) => async (request) => {
          seen.push(`network ${request.target.path}`)
          const response = await next(request)
          seen.push(`answer ${response.status}`)
          return response
        },
      ],
    })
    const response = await client.fetch(`${server.origin}/redirect/1?to=/headers`)
    expect(await response.json()).toMatchObject({ 'x-added': 'yes' })
    expect(seen).toEqual([
      'call /redirect/1?to=/headers',
      'network /redirect/1?to=/headers',
      'answer 302',
      'network /headers',
      'answer 200',
    ])
  })
})
