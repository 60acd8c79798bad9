/** What was made beside proxies works through them: WebSockets, pins, the key log, options by origin, event streams. */
import { once } from 'node:events'
import type { ClientOptions, ProxySetting } from 'trunkline'
import { eventStream } from 'trunkline/sse'
import { describe, expect, test } from 'vitest'
import { TestProxy } from '../support/proxy.ts'
import { waitFor } from '../support/wait-for.ts'
import { startWebSocketServer } from '../support/web-socket-server.ts'
import { Bench, ca, drained, rejection } from './support/bench.ts'
import { PROXY_WAYS } from './support/proxy-ways.ts'

const bench = new Bench()
const WRONG = `sha256/${Buffer.alloc(32, 7).toString('base64')}`

const clientOf = (proxy: ProxySetting, options: ClientOptions = {}) =>
  bench.client({ proxy, dns: { resolver: async () => ['127.0.0.1'] }, ...options })

/** Secrets as the other side of the handshake has them. */
function secretsOf(server: { on(name: 'keylog', listener: (line: Buffer) => void): unknown }): string[] {
  const lines: string[] = []
  server.on('keylog', (line) => lines.push(line.toString().trim()))
  return lines
}

describe.each(PROXY_WAYS)('through $name', ({ kind, start }) => {
  test.each(['connect', 'upgrade', 'http/1.1', 'plain'] as const)('a WebSocket, over %s', async (over) => {
    const { setting, proxy } = await start(bench)
    const server = bench.add(await startWebSocketServer({ over }))
    const client = clientOf(setting)
    const socket = await client.websocket(server.url.replace('localhost', 'a.test'))
    socket.send('Ada ☃')
    const [data] = await once(socket, 'message')
    expect(String(data)).toBe('Ada ☃')
    expect(server.seen).toEqual([
      expect.objectContaining({ over: over === 'connect' ? 'h2' : 'http/1.1', path: '/chat' }),
    ])
    expect(JSON.stringify(server.seen)).not.toMatch(/proxy-authorization|dXNlcjpwQHNz/i)
    // Never as a request that is handed over: few proxies pass an upgrade on.
    if (proxy instanceof TestProxy)
      expect(new Set(proxy.asks.map(({ method }) => method))).toEqual(new Set(['CONNECT']))
    socket.close(1000)
    expect((await once(socket, 'close'))[0]).toBe(1000)
    await waitFor(() => client.stats().active === 0)
  })

  test('the secrets of the handshake with the origin are logged, and those of the one with the proxy', async () => {
    const { setting, proxy } = await start(bench)
    const server = await bench.h2Server()
    const secrets = secretsOf(server.server as never)
    const ofProxy = proxy instanceof TestProxy ? proxy.secrets : []
    const seen: string[] = []
    const client = clientOf(setting, { tls: { keyLog: (line) => seen.push(line) } })
    await drained(client.fetch(`https://a.test:${server.port}/`))
    expect(secrets.length).toBeGreaterThan(0)
    expect(ofProxy.length > 0).toBe(kind === 'https' || kind === 'h2')
    expect(seen.sort()).toEqual([...secrets, ...ofProxy].sort())
  })

  test('pins and options by origin are of the origin, not of the proxy', async () => {
    const { setting } = await start(bench)
    const server = await bench.h2Server()
    const url = `https://a.test:${server.port}/`
    const pinned = clientOf(setting, { tls: { pins: { 'a.test': [WRONG] } } })
    expect(await rejection(pinned.request(url))).toMatchObject({ code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' })
    // A pin of the proxy's name says nothing of a hop that has options of its own.
    const other = clientOf(setting, { tls: { pins: { localhost: [WRONG] } } })
    await drained(other.fetch(url))
    const own = clientOf(setting, {
      tls: { ca: [], perOrigin: { 'a.test': { ca, maxVersion: 'TLSv1.2' } } },
    })
    await drained(own.fetch(url))
    expect(own.stats().origins[0]?.connections[0]?.tls?.version).toBe('TLSv1.2')
  })

  test('an event stream', async () => {
    const { setting } = await start(bench)
    const server = await bench.h2Server({
      handler: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: 1\n\ndata: 2\n\n')
      },
    })
    const client = clientOf(setting)
    const seen: string[] = []
    for await (const { data } of eventStream(client, `https://a.test:${server.port}/`)) {
      seen.push(data)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['1', '2'])
    await waitFor(() => client.stats().active === 0)
  })
})

describe('a connection to an HTTP/2 proxy that falls silent', () => {
  test('is found by PING, and the next request takes another one', async () => {
    const proxy = bench.add(await TestProxy.start({ kind: 'h2' }))
    const relay = await bench.relay(proxy)
    const server = await bench.h2Server()
    const setting = { url: `https://localhost:${relay.port}`, tls: { ca } }
    const client = clientOf(setting, { keepAlive: { interval: 100, timeout: 200 } })
    await drained(client.fetch(`https://a.test:${server.port}/`))
    const before = client.stats().proxies[0]?.connections[0]?.id
    relay.blackHole()
    await waitFor(() => client.stats().proxies.length === 0, { timeout: 5000, message: 'its end' })
    relay.restore()
    await drained(client.fetch(`https://a.test:${server.port}/`))
    expect(client.stats().proxies[0]?.connections[0]?.id).toBeGreaterThan(before ?? 0)
    // It was never told of the end of the first.
    proxy.dropConnections()
  })
})

test('options that a proxy cannot have are refused by name', () => {
  for (const name of ['pins', 'perOrigin', 'reload', 'keyLog'])
    expect(() => clientOf({ url: 'https://localhost', tls: { [name]: {} } as never })).toThrow(
      `proxy.tls.${name}`,
    )
})
