import { describe, expect, test } from 'vitest'
import { startH1Server, startH2Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

describe('ALPN', () => {
  test('h2 is offered first, http/1.1 second, in one handshake', async () => {
    const offers: (readonly string[])[] = []
    const peer = await bench.rawPeer({
      alpn: (offered) => {
        offers.push(offered)
        return 'h2'
      },
      autoRespond: {},
    })
    const client = bench.client()
    expect((await client.fetch(peer.origin)).protocol).toBe('h2')
    expect(offers).toEqual([['h2', 'http/1.1']])
    expect(peer.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1 })
  })

  test('a server without HTTP/2 is served over the very socket that was negotiated', async () => {
    const server = await bench.h1Server()
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/bytes/1000`)
    expect(response.protocol).toBe('http/1.1')
    expect((await response.bytes()).length).toBe(1000)
    expect(server.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1, requests: 1 })
    await drained(client.fetch(server.origin))
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 2 })
  })

  test('a server that does not know ALPN at all is taken for HTTP/1.1', async () => {
    const peer = await bench.rawPeer({
      alpn: 'none',
      onHttp1Connection: (connection) => connection.autoRespond({ body: 'plain old' }),
    })
    const response = await bench.client().fetch(peer.origin)
    expect(response.protocol).toBe('http/1.1')
    expect(await response.text()).toBe('plain old')
    expect(peer.tcpConnections).toBe(1)
  })

  test("protocols: ['http/1.1'] speaks HTTP/1.1 to a server that has both", async () => {
    const server = await bench.h2Server({ allowHTTP1: true })
    expect((await drained(bench.client({ protocols: ['http/1.1'] }).fetch(server.origin))).protocol).toBe(
      'http/1.1',
    )
    expect((await drained(bench.client().fetch(server.origin))).protocol).toBe('h2')
  })

  test("protocols: ['h2'] against a server without HTTP/2 (alert no_application_protocol) is ALPN_REJECTED", async () => {
    const server = await bench.h1Server()
    const client = bench.client({ protocols: ['h2'] })
    expect(await rejection(client.request(server.origin))).toMatchObject({
      name: 'ConnectError',
      code: 'ERR_TRUNKLINE_ALPN_REJECTED',
      processed: 'no',
    })
    const error = await rejection(client.fetch(server.origin))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('fetch failed')
    expect(error.cause.code).toBe('ERR_TRUNKLINE_ALPN_REJECTED')
    expect(server.counts.requests).toBe(0)
  })

  test("protocols: ['h2'] against a server that ignores ALPN is ALPN_REJECTED as well", async () => {
    const peer = await bench.rawPeer({ alpn: 'none', onHttp1Connection: () => {} })
    const client = bench.client({ protocols: ['h2'] })
    expect((await rejection(client.request(peer.origin))).code).toBe('ERR_TRUNKLINE_ALPN_REJECTED')
  })

  test('a server that shares no protocol with anybody is ALPN_REJECTED, and the origin works when it does', async () => {
    let policy: string | undefined
    const peer = await bench.rawPeer({ alpn: () => policy, autoRespond: { body: 'now' } })
    const client = bench.client()
    expect((await rejection(client.request(peer.origin))).code).toBe('ERR_TRUNKLINE_ALPN_REJECTED')
    policy = 'h2'
    expect(await (await client.fetch(peer.origin)).text()).toBe('now')
  })
})

describe('an origin that changes while the client runs', () => {
  test('downgrade to HTTP/1.1 on the same port, and the upgrade back: no request fails', async () => {
    const first = await startH2Server()
    bench.add(() => first.close())
    const client = bench.client()
    const { origin, port } = first
    expect((await drained(client.fetch(origin))).protocol).toBe('h2')
    await first.close()
    await noConnections(client)

    const second = await startH1Server({ port })
    bench.add(() => second.close())
    const downgraded = await Promise.all(
      Array.from({ length: 10 }, () => drained(client.fetch(`${origin}/bytes/100`))),
    )
    expect(new Set(downgraded.map(({ protocol }) => protocol))).toEqual(new Set(['http/1.1']))
    await second.close()
    await noConnections(client)

    const third = await bench.h2Server({ port })
    const upgraded = await Promise.all(
      Array.from({ length: 10 }, () => drained(client.fetch(`${origin}/bytes/100`))),
    )
    expect(new Set(upgraded.map(({ protocol }) => protocol))).toEqual(new Set(['h2']))
    // The burst was planned for HTTP/1.1; what was dialled too much is let go.
    const once = await Promise.all(Array.from({ length: 10 }, () => drained(client.fetch(origin))))
    expect(new Set(once.map(({ connectionId }) => connectionId)).size).toBe(1)
    expect(third.counts.requests).toBe(20)
    expect(client.stats().failed).toBe(0)
  })

  test('a server that answers some connections with h2 and some with HTTP/1.1 loses no request', async () => {
    const peer = await bench.rawPeer({
      alpn: (() => {
        let count = 0
        return () => (count++ % 2 === 0 ? 'h2' : 'http/1.1')
      })(),
      onConnection: (connection) => connection.autoRespond({ body: 'h2' }),
      onHttp1Connection: (connection) => connection.autoRespond({ body: 'http/1.1' }),
    })
    const client = bench.client()
    for (let round = 0; round < 4; round += 1) {
      const responses = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const response = await client.fetch(peer.origin)
          expect(await response.text()).toBe(response.protocol)
        }),
      )
      expect(responses).toHaveLength(10)
      // A dial that was one too many may still end in a connection.
      await waitFor(() => {
        for (const connection of [...peer.connections, ...peer.http1Connections]) connection.fin()
        return client.stats().origins.length === 0
      })
    }
    expect(client.stats().failed).toBe(0)
  })
})

describe('HTTP_1_1_REQUIRED', () => {
  test('a request that is reset with it is served over HTTP/1.1, whatever its method, and later ones go there at once', async () => {
    const offers: (readonly string[])[] = []
    const peer = await bench.rawPeer({
      alpn: (offered) => {
        offers.push(offered)
        return offered.includes('h2') ? 'h2' : 'http/1.1'
      },
      async onConnection(connection) {
        await connection.preface()
        const request = await connection.expectRequest()
        await request.body()
        connection.sendReset(request.streamId, 'HTTP_1_1_REQUIRED')
      },
      onHttp1Connection: (connection) =>
        connection.autoRespond(({ method, body }) => ({ body: `${method} ${body}` })),
    })
    const client = bench.client()
    const response = await client.fetch(peer.origin, { method: 'POST', body: 'payload' })
    expect(response.protocol).toBe('http/1.1')
    expect(await response.text()).toBe('POST payload')
    expect(response.timings.attempts).toBe(2)

    const next = await client.fetch(peer.origin)
    expect(await next.text()).toBe('GET ')
    expect(offers).toEqual([['h2', 'http/1.1'], ['http/1.1']])
    expect(peer.requestCount).toBe(1)
  })

  test('forgotten at the first contradiction: an origin that then refuses http/1.1 alone (alert) is asked anew, with h2', async () => {
    const peer = await bench.rawPeer({
      alpn: (() => {
        let count = 0
        const answers: (string | undefined)[] = ['h2', 'http/1.1']
        return (offered) => (count < 2 ? answers[count++] : offered.find((name) => name === 'h2'))
      })(),
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond({ body: 'h2 again' })
        await connection.preface()
        const { streamId } = await connection.expectRequest()
        connection.sendReset(streamId, 'HTTP_1_1_REQUIRED')
      },
      onHttp1Connection(connection) {
        connection.autoRespond(() => ({ body: 'over http/1.1', framing: 'close' }))
      },
    })
    const client = bench.client()
    expect(await (await client.fetch(peer.origin)).text()).toBe('over http/1.1')
    for (const connection of peer.http1Connections) connection.fin()
    await noConnections(client)
    const response = await client.fetch(peer.origin)
    expect(response.protocol).toBe('h2')
    expect(await response.text()).toBe('h2 again')
  })

  test("with protocols: ['h2'] there is nothing to fall back to, and the error says what the server wants", async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        connection.autoRespond(({ streamId }) => {
          connection.sendReset(streamId, 'HTTP_1_1_REQUIRED')
          return undefined
        })
      },
    })
    const client = bench.client({ protocols: ['h2'] })
    expect(await rejection(client.request(peer.origin))).toMatchObject({
      code: 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
      processed: 'no',
    })
  })
})
