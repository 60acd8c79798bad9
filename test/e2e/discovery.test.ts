import { staticResolver } from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { Endpoint, Resolver } from '../../src/discovery/resolver.ts'
import { Dnsmasq, dnsmasqMissing } from '../support/dnsmasq.ts'
import type { H2ServerOptions, TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

/** The service of these tests; the servers' certificate covers it. */
const URL_A = 'https://a.test/'

async function servers(count: number, options: H2ServerOptions = {}): Promise<TestServer[]> {
  return Promise.all(Array.from({ length: count }, () => bench.h2Server({ allowHTTP1: true, ...options })))
}

const at = (server: TestServer, more: Partial<Endpoint> = {}): Endpoint => ({
  host: '127.0.0.1',
  port: server.port,
  ...more,
})

const requests = (list: readonly TestServer[]) => list.map(({ counts }) => counts.requests)

/** A resolver whose set the test changes; `push` tells those who watch. */
function changing(first: readonly Endpoint[]) {
  let endpoints = first
  let wake = () => {}
  const resolver: Resolver = {
    resolve: async () => endpoints,
    async *watch(_name, signal) {
      signal.addEventListener('abort', () => wake())
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        if (!signal.aborted) yield endpoints
      }
    },
  }
  const push = (next: readonly Endpoint[]) => {
    endpoints = next
    wake()
  }
  return { resolver, push }
}

describe('a service', () => {
  test('is found by its name, and TLS and authority carry that name', async () => {
    const seen: unknown[] = []
    const [one, two] = (await servers(2, {
      handler: (request, response) => {
        seen.push([request.headers[':authority'], Reflect.get(request.socket, 'servername')])
        response.end('ok')
      },
    })) as [TestServer, TestServer]
    const client = bench.client({
      discovery: { match: ['.test'], resolver: staticResolver([at(one), at(two)]), balancer: 'round-robin' },
    })
    for (let turn = 0; turn < 4; turn += 1) {
      const { url, protocol } = await drained(client.fetch(URL_A))
      expect([url, protocol]).toEqual([URL_A, 'h2'])
    }
    expect(requests([one, two])).toEqual([2, 2])
    expect(seen).toEqual(Array.from({ length: 4 }, () => ['a.test', 'a.test']))
    expect(client.stats()).toMatchObject({
      connections: 2,
      services: [{ name: 'a.test', endpoints: [{ port: one.port, state: 'up' }, { port: two.port }] }],
    })
  })

  test('may be named as its endpoints are', async () => {
    const server = await bench.h2Server({
      handler: (request, response) => void response.end(request.headers[':authority']),
    })
    const resolver = staticResolver([{ host: 'localhost', port: server.port }])
    const client = bench.client({ discovery: { match: ['orders.service'], resolver, identity: 'endpoint' } })
    const response = await client.fetch('https://orders.service/')
    expect(await response.text()).toBe(`localhost:${server.port}`)
    expect(response.url).toBe('https://orders.service/')
  })

  test('must have a certificate for its name, wherever it is', async () => {
    const server = await bench.h2Server()
    const resolver = staticResolver([{ host: 'localhost', port: server.port }])
    const client = bench.client({ discovery: { match: ['orders.service', '10.9.8.7'], resolver } })
    for (const url of ['https://orders.service/', 'https://10.9.8.7/'])
      expect(await rejection(client.request(url))).toMatchObject({
        code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
        cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      })
  })

  test('speaks HTTP/1.1 and cleartext as well', async () => {
    const server = await bench.h1Server({ plain: true })
    const discovery = { match: ['a.test'], resolver: staticResolver([at(server)]) }
    const response = await bench.client({ discovery }).fetch('http://a.test/')
    expect([response.status, response.protocol]).toEqual([200, 'http/1.1'])
    await response.text()
  })

  test('of another name goes where its name leads', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ discovery: { match: ['.service'], resolver: staticResolver([]) } })
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    expect(client.stats().services).toEqual([])
  })

  test('without an endpoint, or whose resolver fails, ends in DISCOVERY_FAILED', async () => {
    const failing: Resolver = { resolve: () => Promise.reject(new Error('registry is down')) }
    const discovery = [
      { match: ['empty.service'], resolver: staticResolver([]) },
      { match: ['down.service'], resolver: failing },
      { match: ['odd.service'], resolver: { resolve: async () => [{ host: '', port: 0 }] } },
    ]
    const client = bench.client({ discovery })
    for (const [name, words] of [
      ['empty.service', 'knows no endpoint'],
      ['down.service', 'registry is down'],
      ['odd.service', 'not an endpoint'],
    ])
      expect(await rejection(client.request(`https://${name}/`))).toMatchObject({
        name: 'ConnectError',
        code: 'ERR_TRUNKLINE_DISCOVERY_FAILED',
        processed: 'no',
        phase: 'dns',
        message: expect.stringContaining(words as string),
      })
  })

  test('can be connected to ahead of need', async () => {
    const server = await bench.h2Server()
    const discovery = { match: ['a.test'], resolver: staticResolver([at(server)]) }
    const client = bench.client({ discovery })
    expect(await client.connect('https://a.test')).toMatchObject({ protocol: 'h2' })
    await drained(client.fetch(URL_A))
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 1 })
  })

  test('is held to the address guard', async () => {
    const server = await bench.h2Server()
    const discovery = { match: ['a.test'], resolver: staticResolver([at(server)]) }
    const client = bench.client({ discovery, addressGuard: true })
    expect(await rejection(client.request(URL_A))).toMatchObject({ code: 'ERR_TRUNKLINE_ADDRESS_BLOCKED' })
    expect(server.counts.tcpConnections).toBe(0)
  })
})

describe('an endpoint', () => {
  test('that cannot be reached costs no request: another one gets it, whatever the method', async () => {
    const [dead, living] = (await servers(2)) as [TestServer, TestServer]
    await dead.close()
    const resolver = staticResolver([at(dead), at(living)])
    const client = bench.client({
      discovery: { match: ['a.test'], resolver, balancer: 'round-robin', ejection: { failures: 2 } },
    })
    for (let turn = 0; turn < 10; turn += 1) {
      const response = await client.request(URL_A, { method: 'POST', body: 'once' })
      expect(response.status).toBe(200)
      await response.body.discard()
    }
    expect(living.counts.requests).toBe(10)
    expect(client.stats()).toMatchObject({
      dialsFailed: 2,
      services: [
        {
          endpoints: [
            { state: 'ejected', failures: 2 },
            { state: 'up', failures: 0 },
          ],
        },
      ],
    })
  })

  test('that answers 503 is not the one that the retry goes to', async () => {
    const busy = await bench.h2Server({ handler: (_request, response) => void response.writeHead(503).end() })
    const fine = await bench.h2Server()
    const resolver = staticResolver([at(busy), at(fine)])
    const client = bench.client({
      discovery: { match: ['a.test'], resolver, balancer: 'round-robin' },
      retry: { limit: 1, statuses: [503], baseDelay: 1 },
    })
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await drained(client.fetch(URL_A))).status),
    )
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
    expect(fine.counts.requests).toBe(6)
  })

  test('that failed is out for a while, is then probed by one request, and comes back', async () => {
    let broken = true
    const flaky = await bench.h2Server({
      handler: (_request, response) => void response.writeHead(broken ? 503 : 200).end(),
    })
    const fine = await bench.h2Server()
    const client = bench.client({
      discovery: {
        match: ['a.test'],
        resolver: staticResolver([at(flaky), at(fine)]),
        balancer: 'round-robin',
        ejection: { failures: 2, duration: 150 },
      },
    })
    const state = () => client.stats().services[0]?.endpoints[0]?.state
    const send = () => drained(client.fetch(URL_A))
    for (let turn = 0; turn < 4; turn += 1) await send()
    expect(state()).toBe('ejected')
    const then = flaky.counts.requests
    await Promise.all([send(), send(), send()])
    expect(flaky.counts.requests).toBe(then)
    broken = false
    await waitFor(() => client.stats().services[0]?.endpoints[0]?.ejectedFor === 0)
    await Promise.all([send(), send(), send(), send()])
    expect(state()).toBe('up')
    expect(flaky.counts.requests).toBeGreaterThan(then)
  })

  test('that goes away finishes what it has, gets nothing new, and its connection closes', async () => {
    const release: (() => void)[] = []
    const slow = (_request: unknown, response: { write(text: string): void; end(text: string): void }) => {
      response.write('begun ')
      release.push(() => response.end('and ended'))
    }
    const going = await bench.h2Server({ handler: slow as never })
    const staying = await bench.h2Server()
    const { resolver, push } = changing([at(going)])
    const client = bench.client({ discovery: { match: ['a.test'], resolver } })
    const response = await client.fetch(URL_A)
    push([at(staying)])
    await waitFor(() => client.stats().services[0]?.endpoints.length === 2)
    expect(client.stats().services[0]?.endpoints).toMatchObject([
      { port: staying.port, state: 'up' },
      { port: going.port, state: 'draining', inFlight: 1 },
    ])
    await drained(client.fetch(URL_A))
    expect(requests([going, staying])).toEqual([1, 1])
    release[0]?.()
    expect(await response.text()).toBe('begun and ended')
    await going.assertNoConnections()
    expect(client.stats().services[0]?.endpoints).toMatchObject([{ port: staying.port }])
  })

  test('that hangs is noticed by those whose time runs out', async () => {
    const hung = await bench.h2Server({ handler: () => {} })
    const fine = await bench.h2Server()
    const client = bench.client({
      discovery: {
        match: ['a.test'],
        resolver: staticResolver([at(hung), at(fine)]),
        balancer: 'round-robin',
        ejection: { failures: 2 },
      },
    })
    const send = () => drained(client.fetch(URL_A, { signal: AbortSignal.timeout(100) })).catch(() => null)
    await Promise.all([send(), send(), send(), send()])
    expect(client.stats().services[0]?.endpoints[0]?.state).toBe('ejected')
    expect((await send())?.status).toBe(200)
  })
})

describe.skipIf(dnsmasqMissing !== null)(
  `SRV and A records${dnsmasqMissing === null ? '' : ` (${dnsmasqMissing})`}`,
  () => {
    test('of a name server lead to the endpoints, priority before weight', async () => {
      const { dnsAddressResolver, dnsSrvResolver } = await import('trunkline')
      const [first, second, third] = (await servers(3)) as [TestServer, TestServer, TestServer]
      const srv = (server: TestServer, priority: number, weight: number) =>
        `--srv-host=_https._tcp.a.test,node.test,${server.port},${priority},${weight}`
      await using dnsmasq = await Dnsmasq.start([
        srv(first, 1, 30),
        srv(second, 1, 10),
        srv(third, 2, 100),
        '--host-record=node.test,127.0.0.1',
        '--host-record=b.test,127.0.0.1',
      ])
      const names = [dnsmasq.server]
      const client = bench.client({
        dns: { resolver: 'resolve', servers: names },
        discovery: [
          {
            match: ['a.test'],
            resolver: dnsSrvResolver({ servers: names }),
            balancer: 'weighted',
            refresh: 0,
          },
          { match: ['b.test'], resolver: dnsAddressResolver({ servers: names, port: first.port }) },
          { match: ['.test'], resolver: dnsSrvResolver({ servers: names }) },
        ],
      })
      for (let turn = 0; turn < 8; turn += 1) await drained(client.fetch(URL_A))
      expect(requests([first, second, third])).toEqual([6, 2, 0])
      await drained(client.fetch('https://b.test/'))
      expect(first.counts.requests).toBe(7)
      expect(await rejection(client.request('https://nobody.test/'))).toMatchObject({
        code: 'ERR_TRUNKLINE_DISCOVERY_FAILED',
        message: expect.stringContaining('knows no endpoint'),
      })
      // The records change; the set that was known serves until the new one is there.
      await dnsmasq.restart([srv(third, 2, 100), '--host-record=node.test,127.0.0.1'])
      await waitFor(async () => {
        await drained(client.fetch(URL_A))
        return third.counts.requests > 0
      })
      // A name server that is gone changes nothing.
      await dnsmasq.stop()
      const before = third.counts.requests
      await drained(client.fetch(URL_A))
      expect(third.counts.requests).toBe(before + 1)
    })
  },
)
