import type { ServerHttp2Stream } from 'node:http2'
import type { Client, ClientOptions, ProxySetting } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { TestProxy, type TestProxyOptions } from '../support/proxy.ts'
import type { TestServer } from '../support/servers.ts'
import { SocksProxy, type SocksProxyOptions } from '../support/socks-proxy.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, ca, drained, rejection } from './support/bench.ts'

const bench = new Bench()
const KINDS = ['http', 'https', 'h2'] as const

const proxyOf = async (options?: TestProxyOptions) => bench.add(await TestProxy.start(options))
const socksOf = async (options?: SocksProxyOptions) => bench.add(await SocksProxy.start(options))
const urlOf = (server: { readonly port: number }, host = 'a.test') => `https://${host}:${server.port}/`

function settingOf(proxy: TestProxy, url = proxy.url): ProxySetting {
  return url.startsWith('http:') ? url : { url, tls: { ca } }
}

function clientOf(proxy: ProxySetting, options: ClientOptions = {}) {
  return bench.client({
    dns: { hosts: { localhost: '127.0.0.1' }, lookup: refuseToLookUp },
    proxy,
    ...options,
  })
}

const refuseToLookUp = ((name: string) => {
  throw new Error(`${name} was looked up`)
}) as never

const FAILED = { name: 'ConnectError', code: 'ERR_TRUNKLINE_PROXY_FAILED', processed: 'no' }

/** Everything that an error shows, its causes included. */
function allOf(error: unknown): string {
  const seen: string[] = []
  for (let one = error as Error | undefined; one instanceof Error; one = one.cause as Error | undefined)
    seen.push(one.stack ?? '', JSON.stringify(one), JSON.stringify(Object.entries(one)))
  return seen.join('\n')
}

/** A connection that is shared by tunnels is kept for the next one; it ends with the client. */
async function nothingLeft(proxy: TestProxy, client: Client): Promise<void> {
  if (proxy.sessions.size > 0) await client.close()
  await waitFor(() => proxy.openSockets === 0)
}

async function origins(count: number): Promise<string[]> {
  const servers = await Promise.all(Array.from({ length: Math.ceil(count / 3) }, server))
  const urls = servers.flatMap((one) =>
    ['a.test', 'b.test', 'trunkline.test'].map((host) => urlOf(one, host)),
  )
  return urls.slice(0, count)
}

async function server(): Promise<TestServer> {
  return bench.h2Server()
}

describe.each(KINDS)('a proxy (%s)', (kind) => {
  test.each([407, 403, 502, 504, 404, 302])('answers %i', async (status) => {
    const proxy = await proxyOf({ kind, answer: () => status })
    const client = clientOf(settingOf(proxy))
    const error = await rejection(client.request(urlOf(await server()), { method: 'POST', body: 'x' }))
    expect(error).toMatchObject({ ...FAILED, status, phase: 'proxy' })
    expect(error.origin).toMatch(/^https:\/\/a\.test:\d+$/)
    expect(error.message).toContain(String(status))
    await waitFor(() => proxy.openUpstreams === 0)
  })

  test('wants credentials, and says so; nothing shows those that were wrong', async () => {
    const proxy = await proxyOf({ kind, login: 'user:right' })
    const none = await rejection(clientOf(settingOf(proxy)).request(urlOf(await server())))
    expect(none).toMatchObject({ ...FAILED, status: 407 })
    expect(none.message).toMatch(/wants credentials.*It takes Basic/)
    const client = clientOf(settingOf(proxy, proxy.urlWith('user:wr0ng%20secret')))
    const wrong = await rejection(client.request(urlOf(await server())))
    expect(wrong.message).toMatch(/were not accepted/)
    expect(allOf(wrong)).not.toMatch(/wr0ng|dXNlcjp/)
    expect(JSON.stringify(client.stats())).not.toMatch(/wr0ng|dXNlcjp/)
  })

  test('never answers: timeouts.proxy', async () => {
    const proxy = await proxyOf({ kind, answer: () => 'handled' })
    const client = clientOf(settingOf(proxy), { timeouts: { proxy: 60 } })
    expect(await rejection(client.request(urlOf(await server())))).toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_TRUNKLINE_PROXY_TIMEOUT',
      phase: 'proxy',
      processed: 'no',
    })
    await nothingLeft(proxy, client)
  })

  test('never answers: timeouts.connect', async () => {
    const proxy = await proxyOf({ kind, answer: () => 'handled' })
    const client = clientOf(settingOf(proxy), { timeouts: { connect: 200 } })
    const error = await rejection(client.request(urlOf(await server())))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_PROXY_TIMEOUT', phase: 'proxy' })
    expect(error.timings).toHaveProperty('connect')
    await nothingLeft(proxy, client)
  })

  test('never answers: the request has limits of its own', async () => {
    const proxy = await proxyOf({ kind, answer: () => 'handled' })
    const client = clientOf(settingOf(proxy))
    const request = client.request(urlOf(await server()), { timeouts: { proxy: 60 } })
    expect(await rejection(request)).toMatchObject({ code: 'ERR_TRUNKLINE_PROXY_TIMEOUT', phase: 'proxy' })
  })

  test('is given up by the caller while it thinks: nothing is left', async () => {
    const proxy = await proxyOf({ kind, answer: () => 'handled' })
    const client = clientOf(settingOf(proxy))
    const abort = new AbortController()
    const asking = rejection(client.request(urlOf(await server()), { signal: abort.signal }))
    await waitFor(() => proxy.asks.length === 1)
    const reason = new Error('no longer')
    abort.abort(reason)
    expect(await asking).toBe(reason)
    await nothingLeft(proxy, client)
    expect(client.stats()).toMatchObject({ connections: 0, active: 0 })
  })

  test('closes in place of an answer; the next request is none the worse', async () => {
    const proxy = await proxyOf({
      kind,
      answer: (_ask, index, end) => {
        if (index > 1) return undefined
        end.destroy()
        return 'handled'
      },
    })
    const client = clientOf(settingOf(proxy))
    const target = await server()
    expect(await rejection(client.request(urlOf(target)))).toMatchObject(FAILED)
    await rejection(client.request(urlOf(target)))
    expect((await drained(client.fetch(urlOf(target)))).status).toBe(200)
  })

  test('opens the tunnel, and then closes it during the handshake with the origin', async () => {
    const proxy = await proxyOf({ kind })
    const peer = await bench.rawPeer({
      beforeTls: (tcp) => {
        tcp.once('data', () => tcp.destroy())
        return 'handled'
      },
    })
    const error = await rejection(clientOf(settingOf(proxy)).request(urlOf(peer)))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_FAILED', phase: 'tls', processed: 'no' })
    await waitFor(() => proxy.openUpstreams === 0)
  })

  test('opens the tunnel, and ends it in the same breath', async () => {
    const proxy = await proxyOf({
      kind,
      answer: (_ask, _index, end) => {
        if (kind === 'h2') (end as ServerHttp2Stream).respond({ ':status': 200 }, { endStream: true })
        else end.end('HTTP/1.1 200 OK\r\n\r\n')
        return 'handled'
      },
    })
    const client = clientOf(settingOf(proxy), { timeouts: { connect: 20_000 } })
    const error = await rejection(client.request(urlOf(await server())))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_FAILED', phase: 'tls', processed: 'no' })
    await nothingLeft(proxy, client)
  })

  test('never answers: timeouts.total', async () => {
    const proxy = await proxyOf({ kind, answer: () => 'handled' })
    const request = clientOf(settingOf(proxy)).request(urlOf(await server()), { timeouts: { total: 150 } })
    const error = await rejection(request)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT', phase: 'proxy' })
    expect(error.message).toContain('while the proxy was asked for a tunnel')
  })

  test('leads to an origin that says nothing in TLS: timeouts.tls', async () => {
    const proxy = await proxyOf({ kind })
    const peer = await bench.silentPeer()
    const client = clientOf(settingOf(proxy), { timeouts: { tls: 500 } })
    const error = await rejection(client.request(urlOf(peer)))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_TIMEOUT', phase: 'tls' })
    expect(error.timings).toHaveProperty('proxy')
    await waitFor(() => proxy.openUpstreams === 0)
  })

  test('leads to an origin whose certificate is not to be trusted', async () => {
    const proxy = await proxyOf({ kind })
    const target = await bench.h2Server({ certificate: 'otherCa' })
    const error = await rejection(clientOf(settingOf(proxy)).request(urlOf(target)))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED', phase: 'tls' })
    await waitFor(() => proxy.openUpstreams === 0)
  })

  test('is not there', async () => {
    const proxy = await proxyOf({ kind })
    const { url } = proxy
    await proxy.close()
    const client = bench.client({ proxy: url })
    const error = await rejection(client.request('https://a.test/'))
    expect(error).toMatchObject({ ...FAILED, phase: 'connect' })
    expect(error.cause).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECT_FAILED' })
  }, 10_000)
})

describe.each(['http', 'https'] as const)('a proxy over HTTP/1.1 (%s)', (kind) => {
  const raw = async (bytes: string, end = false) =>
    proxyOf({
      kind,
      answer: (_ask, _index, socket) => {
        socket.write(bytes, 'latin1')
        if (end) socket.end()
        return 'handled'
      },
    })

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a head that never ends', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['a status line that is none', 'HTTP/1.1 OK\r\n\r\n'],
    ['101', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('says %s', async (_title, bytes) => {
    const proxy = await raw(bytes)
    const error = await rejection(clientOf(settingOf(proxy)).request(urlOf(await server())))
    expect(error).toMatchObject({ ...FAILED, phase: 'proxy' })
    await waitFor(() => proxy.openSockets === 0)
  })

  test('says half of a head, and closes', async () => {
    const proxy = await raw('HTTP/1.1 200 O', true)
    expect(await rejection(clientOf(settingOf(proxy)).request(urlOf(await server())))).toMatchObject(FAILED)
  })

  test('says 100 and 103 before it says 200, all in pieces', async () => {
    const target = await server()
    const proxy = await proxyOf({
      kind,
      answer: (ask, _index, socket) => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early')
        setImmediate(() => {
          socket.write(' Hints\r\nlink: x\r\n\r\nHTTP/1.0 20')
          import('node:net').then(({ connect }) => {
            const upstream = connect(Number(ask.target.split(':')[1]), '127.0.0.1', () => {
              socket.write('0 Established\r\ncontent-length: 5\r\n\r\n')
              upstream.pipe(socket)
              socket.pipe(upstream)
            })
            upstream.on('error', () => {})
            upstream.on('close', () => socket.destroy())
            socket.on('close', () => upstream.destroy())
          })
        })
        return 'handled'
      },
    })
    expect((await drained(clientOf(settingOf(proxy)).fetch(urlOf(target)))).status).toBe(200)
  })

  test('speaks behind its 200 before anybody asked: no TLS', async () => {
    const proxy = await raw('HTTP/1.1 200 OK\r\n\r\nwhat is this?')
    const error = await rejection(clientOf(settingOf(proxy)).request(urlOf(await server())))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_FAILED', phase: 'tls' })
    await waitFor(() => proxy.openSockets === 0)
  })

  test("407 to a request that was handed over is the proxy's", async () => {
    const proxy = await proxyOf({ kind, login: 'user:right' })
    const plain = await bench.h1Server({ plain: true })
    const error = await rejection(clientOf(settingOf(proxy)).request(`http://a.test:${plain.port}/`))
    expect(error).toMatchObject({ ...FAILED, status: 407 })
    expect(plain.counts.tcpConnections).toBe(0)
  })
})

describe('a proxy over TLS', () => {
  test.each(['otherCa', 'expired', 'wrongHost'] as const)(
    'with a certificate that is no good: %s',
    async (certificate) => {
      const proxy = await proxyOf({ kind: 'https', certificate, login: 'user:right' })
      const error = await rejection(
        clientOf(settingOf(proxy, proxy.urlWith('user:right'))).request(urlOf(await server())),
      )
      expect(error).toMatchObject({ ...FAILED, phase: 'tls' })
      expect(error.cause).toMatchObject({ code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' })
      expect(proxy.asks).toEqual([])
    },
  )

  test('is not trusted by what the origins are trusted by', async () => {
    const proxy = await proxyOf({ kind: 'https' })
    const error = await rejection(clientOf(proxy.url).request(urlOf(await server())))
    expect(error.cause).toMatchObject({ code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' })
  })

  test('that says nothing in its handshake: timeouts.tls', async () => {
    const peer = await bench.silentPeer()
    const client = clientOf(`https://localhost:${peer.port}`, { timeouts: { tls: 100 } })
    const error = await rejection(client.request('https://a.test/'))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_TIMEOUT', name: 'TimeoutError', processed: 'no' })
    expect(error.message).toContain(`https://localhost:${peer.port}`)
  })

  test('has its TLS session resumed', async () => {
    const proxy = await proxyOf({ kind: 'https' })
    const client = clientOf(settingOf(proxy))
    const target = await server()
    for (const host of ['a.test', 'b.test', 'trunkline.test'])
      await drained(client.fetch(urlOf(target, host)))
    expect([proxy.handshakes, proxy.resumed]).toEqual([3, 2])
  })
})

describe('a proxy over HTTP/2', () => {
  test('carries the tunnels of many origins on one connection', async () => {
    const proxy = await proxyOf({ kind: 'h2' })
    const client = clientOf(settingOf(proxy))
    const urls = await origins(12)
    const answers = await Promise.all(urls.map((url) => drained(client.fetch(url))))
    expect(answers.map(({ status }) => status)).toEqual(urls.map(() => 200))
    expect([proxy.tcpConnections, proxy.asks.length]).toEqual([1, 12])
    expect(new Set(proxy.asks.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']))
  })

  test('opens another connection when the first is full', async () => {
    const proxy = await proxyOf({ kind: 'h2', settings: { maxConcurrentStreams: 3 } })
    const client = clientOf(settingOf(proxy))
    await Promise.all((await origins(7)).map((url) => drained(client.fetch(url))))
    expect(proxy.tcpConnections).toBe(3)
  })

  test('says GOAWAY: tunnels go on, new ones take another connection', async () => {
    const proxy = await proxyOf({ kind: 'h2' })
    const target = await server()
    const client = clientOf(settingOf(proxy))
    await drained(client.fetch(urlOf(target)))
    for (const session of proxy.sessions) session.close()
    await drained(client.fetch(urlOf(target)))
    expect(target.counts.tcpConnections).toBe(1)
    await drained(client.fetch(urlOf(target, 'b.test')))
    expect(proxy.tcpConnections).toBe(2)
  })

  test('resets the stream of one tunnel: others live on', async () => {
    const proxy = await proxyOf({
      kind: 'h2',
      answer: (ask, _index, end) => {
        if (!ask.target.startsWith('b.test')) return undefined
        ;(end as unknown as { close(code: number): void }).close(2)
        return 'handled'
      },
    })
    const target = await server()
    const client = clientOf(settingOf(proxy))
    await drained(client.fetch(urlOf(target)))
    expect(await rejection(client.request(urlOf(target, 'b.test')))).toMatchObject(FAILED)
    await drained(client.fetch(urlOf(target)))
    expect([proxy.tcpConnections, target.counts.tcpConnections]).toEqual([1, 1])
  })

  test('refuses a stream once: it is asked again', async () => {
    const proxy = await proxyOf({
      kind: 'h2',
      answer: (_ask, index, end) => {
        if (index > 0) return undefined
        ;(end as unknown as { close(code: number): void }).close(7)
        return 'handled'
      },
    })
    await drained(clientOf(settingOf(proxy)).fetch(urlOf(await server())))
    expect(proxy.asks).toHaveLength(2)
  })

  test('loses its connection under tunnels: their requests fail, the next ones do not', async () => {
    const proxy = await proxyOf({ kind: 'h2' })
    const target = await bench.h2Server()
    const client = clientOf(settingOf(proxy), { retry: false })
    const waiting = rejection(client.request(`${urlOf(target)}hang`))
    await waitFor(() => target.counts.requests === 1)
    proxy.dropConnections()
    expect((await waiting).code).toMatch(/CONNECTION_LOST|STREAM_RESET/)
    await drained(client.fetch(urlOf(target)))
  })

  test('that fell silent is not asked again over the same connection', async () => {
    let isSilent = true
    const proxy = await proxyOf({ kind: 'h2', answer: () => (isSilent ? 'handled' : undefined) })
    const target = await server()
    const client = clientOf(settingOf(proxy), { timeouts: { proxy: 500 } })
    await rejection(client.request(urlOf(target)))
    isSilent = false
    await drained(client.fetch(urlOf(target)))
  })

  test('that speaks HTTP/1.1 when asked for either', async () => {
    const proxy = await proxyOf({ kind: 'https' })
    const target = await server()
    const client = clientOf(settingOf(proxy))
    await Promise.all(
      ['a.test', 'b.test', 'trunkline.test'].map((host) => drained(client.fetch(urlOf(target, host)))),
    )
    expect([proxy.tcpConnections, proxy.asks.length]).toEqual([3, 3])
  })
})

describe('a SOCKS proxy', () => {
  test.each([
    [1, /failure/i],
    [2, /not ?allowed/i],
    [4, /host ?unreachable/i],
    [5, /refused/i],
  ])('replies %i', async (code, why) => {
    const proxy = await socksOf({ answer: () => code })
    const error = await rejection(
      clientOf(`socks5h://localhost:${proxy.port}`).request(urlOf(await server())),
    )
    expect(error).toMatchObject({ ...FAILED, phase: 'proxy' })
    expect(error.message).toMatch(why)
    await waitFor(() => proxy.openSockets === 0)
  })

  test('does not accept the credentials, and nothing shows them', async () => {
    const proxy = await socksOf({ login: 'user:right' })
    const error = await rejection(
      clientOf(`socks5h://user:s3cret@localhost:${proxy.port}`).request(urlOf(await server())),
    )
    expect(error).toMatchObject(FAILED)
    expect(allOf(error)).not.toContain('s3cret')
  })

  test('says something else', async () => {
    const peer = await bench.rawPeer({
      beforeTls: (tcp) => {
        tcp.write('HTTP/1.1 400 Bad Request\r\n\r\n')
        return 'handled'
      },
    })
    expect(
      await rejection(clientOf(`socks5h://localhost:${peer.port}`).request('https://a.test/')),
    ).toMatchObject(FAILED)
  })

  test('never answers', async () => {
    const proxy = await socksOf({ answer: () => 'handled' })
    const client = clientOf(`socks5h://localhost:${proxy.port}`, { timeouts: { proxy: 60 } })
    expect(await rejection(client.request(urlOf(await server())))).toMatchObject({
      code: 'ERR_TRUNKLINE_PROXY_TIMEOUT',
    })
    await waitFor(() => proxy.openSockets === 0)
  })

  test('closes in place of a reply', async () => {
    const proxy = await socksOf({
      answer: (_ask, socket) => {
        socket.destroy()
        return 'handled'
      },
    })
    expect(
      await rejection(clientOf(`socks5h://localhost:${proxy.port}`).request(urlOf(await server()))),
    ).toMatchObject(FAILED)
  })

  test('sends what the origin said first in one packet with its reply', async () => {
    const proxy = await socksOf({ together: true })
    const target = await bench.h2cServer()
    const client = clientOf(`socks5h://localhost:${proxy.port}`, { http2: { priorKnowledge: true } })
    expect((await drained(client.fetch(`http://a.test:${target.port}/`))).status).toBe(200)
  })

  test.each([
    ['socks5h', 'a.test'],
    ['socks5', '127.0.0.1'],
    ['socks4a', 'a.test'],
    ['socks4', '127.0.0.1'],
  ])('%s: is given %s', async (scheme, host) => {
    const proxy = await socksOf()
    const target = await server()
    const client = bench.client({
      dns: { hosts: { 'a.test': '127.0.0.1', localhost: '127.0.0.1' } },
      proxy: `${scheme}://localhost:${proxy.port}`,
    })
    await drained(client.fetch(urlOf(target)))
    expect(proxy.asks.map((ask) => ask.host)).toEqual([host])
  })
})
