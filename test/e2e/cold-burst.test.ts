import { describe, expect, test } from 'vitest'
import { Bench, rejection } from './support/bench.ts'

const bench = new Bench()

describe('cold burst', () => {
  test('50 cold requests to one origin make exactly one TCP connection and one TLS handshake', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const bodies = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const response = await client.fetch(`${server.origin}/bytes/${index + 1}`)
        expect(response.protocol).toBe('h2')
        return (await response.bytes()).length
      }),
    )
    expect(bodies).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    expect(server.counts).toMatchObject({
      tcpConnections: 1,
      tlsHandshakes: 1,
      requests: 50,
      totalSessions: 1,
    })
    expect(client.stats()).toMatchObject({ requests: 50, failed: 0, dials: 1, handshakes: 1, connections: 1 })
  })

  test('the first request goes out at once; the other 49 wait for SETTINGS, then go as far as they allow', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        // The whole first flight, while our SETTINGS are still withheld: the preface, SETTINGS, a PING, one request.
        connection.answerPings = false
        const first = await connection.expectRequest()
        expect(first.path).toBe('/0')
        await connection.expectNo('HEADERS', undefined, { within: 100 })
        connection.autoRespond({ body: 'ok' })
        connection.sendPing((await connection.expect('PING')).opaque, { ack: true })
        await first.respond({ body: 'ok' })
      },
    })
    const client = bench.client()
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const response = await client.fetch(`${peer.origin}/${index}`)
        expect(await response.text()).toBe('ok')
        return response.status
      }),
    )
    expect(statuses).toEqual(Array(50).fill(200))
    expect(peer.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1 })
    expect(peer.violations).toEqual([])
  })

  test('no request of the burst is refused at a limit of 10 that nobody knew before SETTINGS', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 10 } })
        connection.autoRespond({ body: 'ok' })
      },
    })
    const client = bench.client()
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await client.fetch(peer.origin)).status),
    )
    expect(statuses).toEqual(Array(50).fill(200))
    expect(peer.connections[0]?.streams.maxConcurrentSeen).toBeLessThanOrEqual(10)
    expect(peer.requestCount).toBe(50)
  })

  test('fetch, request and connect at once share the one dial', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const [fetched, requested, connected] = await Promise.all([
      client.fetch(server.origin),
      client.request(server.origin),
      client.connect(server.origin),
    ])
    expect(fetched.connectionId).toBe(connected.connectionId)
    expect(requested.connectionId).toBe(connected.connectionId)
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('each origin of a burst gets one connection', async () => {
    const servers = [await bench.h2Server(), await bench.h2Server(), await bench.h2Server()]
    const client = bench.client()
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        client.fetch(servers[index % 3]?.origin ?? '').then((response) => response.text()),
      ),
    )
    expect(servers.map(({ counts }) => counts.tcpConnections)).toEqual([1, 1, 1])
    expect(
      client
        .stats()
        .origins.map(({ origin }) => origin)
        .sort(),
    ).toEqual(servers.map(({ origin }) => origin).sort())
  })

  test('when the one dial of a burst fails, every request fails once, after one dial, and the next burst works', async () => {
    const server = await bench.h2Server()
    const relay = await bench.relay(server)
    await relay.refuse(true)
    const client = bench.client()
    const origin = `https://localhost:${relay.port}`
    const errors = await Promise.all(Array.from({ length: 50 }, () => rejection(client.request(origin))))
    expect(new Set(errors.map((error) => error.code))).toEqual(new Set(['ERR_TRUNKLINE_CONNECT_FAILED']))
    expect(client.stats()).toMatchObject({ requests: 50, failed: 50, dialsFailed: 1, dials: 0, queued: 0 })
    await relay.refuse(false)
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await client.fetch(origin)).status),
    )
    expect(statuses).toEqual(Array(50).fill(200))
    expect(relay.connections.total).toBe(1)
  })

  test('a cold burst to an HTTP/1.1 server is spread over its sockets, and every request is answered', async () => {
    const server = await bench.h1Server()
    const client = bench.client({ http1: { maxSockets: 6 } })
    const responses = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const response = await client.fetch(`${server.origin}/bytes/${index}`)
        expect((await response.bytes()).length).toBe(index)
        return response.protocol
      }),
    )
    expect(new Set(responses)).toEqual(new Set(['http/1.1']))
    expect(server.counts.tcpConnections).toBeLessThanOrEqual(6)
    expect(server.counts.requests).toBe(50)
  })
})
