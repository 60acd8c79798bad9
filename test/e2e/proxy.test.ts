import type { Socket } from 'node:net'
import type { ClientOptions, ProxySetting } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { EventLog } from '../support/event-log.ts'
import { TestProxy, type TestProxyOptions } from '../support/proxy.ts'
import type { TestServer } from '../support/servers.ts'
import { SocksProxy, type SocksProxyOptions } from '../support/socks-proxy.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, ca, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

const proxyOf = async (options?: TestProxyOptions) => bench.add(await TestProxy.start(options))
const socksOf = async (options?: SocksProxyOptions) => bench.add(await SocksProxy.start(options))

/** A client that can look nothing up but its proxy, and remembers what it was asked to. */
function clientOf(proxy: ProxySetting, options: ClientOptions = {}) {
  const lookups: string[] = []
  const resolver = async (name: string) => {
    lookups.push(name)
    return ['127.0.0.1']
  }
  const client = bench.client({ dns: { resolver }, proxy, ...options })
  return { client, lookups }
}

/** Ports from which the origin was connected to. */
function callersOf(server: TestServer): number[] {
  const ports: number[] = []
  server.server.on('connection', (socket: Socket) => ports.push(socket.remotePort ?? 0))
  return ports
}

const urlOf = (server: TestServer, path = '/', host = 'a.test') =>
  `${server.origin.split(':')[0]}://${host}:${server.port}${path}`

interface Way {
  readonly name: string
  start(): Promise<{ readonly setting: ProxySetting; readonly proxy: TestProxy | SocksProxy }>
}

const WAYS: readonly Way[] = [
  ...(['http', 'https', 'h2'] as const).map((kind) => ({
    name: `an ${kind} proxy`,
    start: async () => {
      const proxy = await proxyOf({ kind, login: 'user:p@ss' })
      const tls = kind === 'http' ? {} : { tls: { ca } }
      return { proxy, setting: { url: proxy.urlWith('user:p%40ss'), ...tls } }
    },
  })),
  {
    name: 'SOCKS 5',
    start: async () => {
      const proxy = await socksOf({ login: 'user:p@ss' })
      return { proxy, setting: `socks5h://user:p%40ss@localhost:${proxy.port}` }
    },
  },
  {
    name: 'SOCKS 4a',
    start: async () => {
      const proxy = await socksOf()
      return { proxy, setting: `socks4a://user@localhost:${proxy.port}` }
    },
  },
]

describe.each(WAYS)('through $name', ({ start }) => {
  test.each(['h2', 'http/1.1'] as const)(
    'an origin that speaks %s, and nobody but the proxy sees a SYN',
    async (protocol) => {
      const { proxy, setting } = await start()
      const server = await bench.server(protocol)
      const callers = callersOf(server)
      const { client, lookups } = clientOf(setting)
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => client.request(urlOf(server, '/echo'))),
      )
      for (const response of answers) {
        expect([response.status, response.protocol]).toEqual([200, protocol])
        expect(response.timings.proxy).toBeGreaterThanOrEqual(0)
        const { headers } = (await response.body.json()) as { headers: Record<string, string> }
        expect(Object.keys(headers)).not.toContain('proxy-authorization')
        expect(JSON.stringify(headers)).not.toMatch(/user|p@ss|dXNlcjpwQHNz/)
      }
      expect(callers.length).toBeGreaterThan(0)
      expect(callers.filter((port) => !proxy.upstreamPorts.has(port))).toEqual([])
      expect(new Set(lookups)).toEqual(new Set(['localhost']))
      const [origin] = client.stats().origins
      expect(origin?.proxy).toMatch(/^\w+:\/\/localhost:\d+$/)
      expect(JSON.stringify(client.stats())).not.toContain('p@ss')
      if (protocol === 'h2') expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 5 })
    },
  )

  test('a plain http: origin', async () => {
    const { proxy, setting } = await start()
    const server = await bench.h1Server({ plain: true })
    const callers = callersOf(server)
    const { client, lookups } = clientOf(setting)
    for (let round = 0; round < 3; round += 1) {
      const response = await client.request(urlOf(server, '/echo?a=b'))
      const { url, headers } = (await response.body.json()) as {
        url: string
        headers: Record<string, string>
      }
      expect([url, headers.host]).toEqual(['/echo?a=b', `a.test:${server.port}`])
      expect(Object.keys(headers)).not.toContain('proxy-authorization')
    }
    expect(callers.filter((port) => !proxy.upstreamPorts.has(port))).toEqual([])
    expect(new Set(lookups)).toEqual(new Set(['localhost']))
  })

  test('HTTP/2 without TLS, whose server speaks first', async () => {
    const { setting } = await start()
    const server = await bench.h2cServer()
    const { client } = clientOf(setting, { http2: { priorKnowledge: true } })
    const response = await client.request(urlOf(server, '/echo'))
    expect([response.status, response.protocol]).toEqual([200, 'h2'])
    await response.body.bytes()
  })

  test('a body of megabytes, both ways', async () => {
    const { setting } = await start()
    const server = await bench.h2Server({
      handler: (request, response) => void request.pipe(response as never),
    })
    const { client } = clientOf(setting)
    const body = Buffer.alloc(5_000_000, 'abcdefghij')
    const response = await client.fetch(urlOf(server), { method: 'POST', body })
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
  })

  test('the TLS session with the origin is resumed', async () => {
    const { setting } = await start()
    const server = await bench.h2Server()
    const { client } = clientOf(setting)
    await drained(client.fetch(urlOf(server)))
    server.dropConnections()
    await noConnections(client)
    await drained(client.fetch(urlOf(server)))
    expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 1 })
  })

  test('client.connect() ahead of need, and close() leaves nothing', async () => {
    const { proxy, setting } = await start()
    const server = await bench.h2Server()
    const { client } = clientOf(setting)
    expect(await client.connect(urlOf(server))).toMatchObject({ protocol: 'h2' })
    await drained(client.fetch(urlOf(server)))
    expect(server.counts.tcpConnections).toBe(1)
    await client.close()
    await waitFor(() => proxy.openSockets === 0)
  })

  test('its events tell of the whole way, and whatever begins ends', async () => {
    const { proxy, setting } = await start()
    const server = await bench.h2Server()
    using log = new EventLog()
    const { client } = clientOf(setting)
    const givenUp = new AbortController()
    const hosts = ['a.test', 'b.test', 'trunkline.test']
    const lost = rejection(client.request(urlOf(server, '/', 'c.test'), { signal: givenUp.signal }))
    const answers = hosts.map((host) => drained(client.fetch(urlOf(server, '/', host))))
    givenUp.abort()
    await Promise.all([lost, ...answers])
    await client.close()
    expect({ open: log.open, faults: log.faults }).toEqual({ open: [], faults: [] })
    const { protocol } = new URL(typeof setting === 'string' ? setting : (setting as { url: string }).url)
    expect(log.all('dial:start').map((dial) => dial.proxy)).toEqual(
      Array(4).fill(`${protocol}//localhost:${proxy.port}`),
    )
    expect(log.all('dial:end').filter(({ error }) => error === null)).toHaveLength(3)
    const succeeded = log.all('tls:end').filter(({ error }) => error === null)
    const named = (withProxy: boolean) =>
      new Set(succeeded.filter((one) => one.withProxy === withProxy).map(({ servername }) => servername))
    expect(named(false)).toEqual(new Set(hosts))
    expect(named(true)).toEqual(
      new Set(proxy instanceof TestProxy && proxy.handshakes > 0 ? ['localhost'] : []),
    )
    expect(
      log.all('connect:end').filter(({ port, error }) => port === proxy.port && error === null),
    ).not.toEqual([])
  })

  test('destroy() in the middle leaves nothing', async () => {
    const { proxy, setting } = await start()
    const server = await bench.h2Server()
    const { client } = clientOf(setting)
    const waiting = rejection(client.request(urlOf(server, '/hang')))
    await waitFor(() => server.counts.requests === 1)
    client.destroy()
    expect(await waiting).toMatchObject({ code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
    await waitFor(() => proxy.openSockets === 0)
  })
})
