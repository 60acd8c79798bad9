import type { Socket } from 'node:net'
import type { ClientOptions, ProxySetting } from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'
import { PROXY_WAYS } from './support/proxy-ways.ts'

const bench = new Bench()

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

describe.each(PROXY_WAYS)('through $name', (way) => {
  const start = () => way.start(bench)

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
