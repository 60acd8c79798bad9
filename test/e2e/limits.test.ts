import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

describe('limits.connections, over all origins', () => {
  test.each(['h2', 'http/1.1'] as const)(
    'an idle connection gives way to another origin, least recently used first (%s)',
    async (protocol) => {
      const [first, second, third] = await Promise.all([
        bench.server(protocol),
        bench.server(protocol),
        bench.server(protocol),
      ])
      const client = bench.client({ limits: { connections: 2 } })
      await drained(client.fetch(first.origin))
      await drained(client.fetch(second.origin))
      await drained(client.fetch(first.origin))
      await drained(client.fetch(third.origin))
      await waitFor(() => second.counts.openSockets === 0, {
        message: () => `the second origin to give way: ${JSON.stringify(client.stats().origins)}`,
      })
      expect(first.counts.openSockets).toBe(1)
      expect(client.stats().connections).toBe(2)
      expect(
        client
          .stats()
          .origins.map(({ origin }) => origin)
          .sort(),
      ).toEqual([first.origin, third.origin].sort())
    },
  )

  test('busy connections are not evicted: the other origin waits its turn, and is served', async () => {
    const busy = await bench.h2Server()
    const other = await bench.h2Server()
    const client = bench.client({ limits: { connections: 1 } })
    const slow = await client.fetch(`${busy.origin}/slow-body/100`)
    const waiting = drained(client.fetch(other.origin))
    await waitFor(() => client.stats().queued === 1)
    expect(other.counts.tcpConnections).toBe(0)
    expect(await slow.text()).toBe('first,last')
    expect((await waiting).status).toBe(200)
    await waitFor(() => busy.counts.openSockets === 0)
  })

  test('many origins through few connections: all are served, the limit is never exceeded', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => bench.h2Server()))
    const client = bench.client({ limits: { connections: 2 } })
    let most = 0
    const responses = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const response = await drained(client.fetch(servers[index % 6]?.origin ?? ''))
        most = Math.max(
          most,
          servers.reduce((sum, { counts }) => sum + counts.openSockets, 0),
        )
        return response.status
      }),
    )
    expect(responses).toEqual(Array(60).fill(200))
    expect(client.stats()).toMatchObject({ failed: 0, queued: 0 })
    // A server sees the end of a connection a moment after the client has let it go.
    expect(most).toBeLessThanOrEqual(3)
  })

  test('an aborted request does not keep the place that it waited for', async () => {
    const busy = await bench.h2Server()
    const [second, third] = [await bench.h2Server(), await bench.h2Server()]
    const client = bench.client({ limits: { connections: 1 } })
    const controller = new AbortController()
    const slow = client.fetch(`${busy.origin}/hang`, { signal: controller.signal })
    await waitFor(() => busy.counts.activeRequests === 1)
    const aborted = new AbortController()
    const waiting = rejection(client.fetch(second.origin, { signal: aborted.signal }))
    const served = drained(client.fetch(third.origin))
    await waitFor(() => client.stats().queued === 2)
    aborted.abort('enough')
    expect(await waiting).toBe('enough')
    controller.abort('enough')
    expect(await rejection(slow)).toBe('enough')
    expect((await served).status).toBe(200)
    expect(second.counts.tcpConnections).toBe(0)
  })
})

describe('limits.connectionsPerOrigin', () => {
  test('bounds HTTP/1.1 sockets below http1.maxSockets', async () => {
    const server = await bench.h1Server()
    const client = bench.client({ limits: { connectionsPerOrigin: 2 }, http1: { maxSockets: 10 } })
    await drained(client.fetch(server.origin))
    await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(`${server.origin}/delay/5`))))
    expect(server.counts.tcpConnections).toBe(2)
  })
})

describe('http1.maxSockets', () => {
  test('so many sockets to one origin, and no more; they are kept alive and reused', async () => {
    const server = await bench.h1Server()
    const client = bench.client({ http1: { maxSockets: 3 } })
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 12 }, () => drained(client.fetch(`${server.origin}/delay/2`))))
    }
    expect(server.counts).toMatchObject({ tcpConnections: 3, openSockets: 3, requests: 36 })
  })

  test('is per origin', async () => {
    const servers = [await bench.h1Server(), await bench.h1Server()]
    const client = bench.client({ http1: { maxSockets: 1 } })
    await Promise.all(servers.flatMap(({ origin }) => [1, 2, 3].map(() => drained(client.fetch(origin)))))
    expect(servers.map(({ counts }) => counts.tcpConnections)).toEqual([1, 1])
  })
})

describe('http2.maxSessions', () => {
  test('2 opens a second session only when the first one is full', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 2 })
    const client = bench.client({ http2: { maxSessions: 2 } })
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([1, 2].map(() => drained(client.fetch(`${server.origin}/delay/5`))))
    }
    expect(server.counts.totalSessions).toBe(1)
    await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(`${server.origin}/delay/5`))))
    expect(server.counts).toMatchObject({ totalSessions: 2, maxConcurrentSeen: 2 })
    expect(client.stats()).toMatchObject({ failed: 0, connections: 2 })
  })

  test('a cold burst dials once, and once more only when SETTINGS say that one is not enough', async () => {
    const roomy = await bench.h2Server({ maxConcurrentStreams: 100 })
    const tight = await bench.h2Server({ maxConcurrentStreams: 10 })
    const client = bench.client({ http2: { maxSessions: 4 } })
    await Promise.all(Array.from({ length: 50 }, () => drained(client.fetch(`${roomy.origin}/delay/20`))))
    expect(roomy.counts.totalSessions).toBe(1)
    await Promise.all(Array.from({ length: 50 }, () => drained(client.fetch(`${tight.origin}/delay/20`))))
    expect(tight.counts.totalSessions).toBeGreaterThan(1)
    expect(tight.counts.totalSessions).toBeLessThanOrEqual(4)
    expect(tight.counts.maxConcurrentSeen).toBeLessThanOrEqual(10)
  })

  test('the default of 1 queues instead', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 1 })
    const client = bench.client()
    await Promise.all(Array.from({ length: 10 }, () => drained(client.fetch(server.origin))))
    expect(server.counts).toMatchObject({ totalSessions: 1, maxConcurrentSeen: 1 })
  })

  test('when the second session cannot be had, the first one serves everybody', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 1 })
    const relay = await bench.relay(server)
    const client = bench.client({ http2: { maxSessions: 2 } })
    const origin = `https://localhost:${relay.port}`
    await drained(client.fetch(origin))
    await relay.refuse(true)
    const responses = await Promise.all(Array.from({ length: 10 }, () => drained(client.fetch(origin))))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(client.stats()).toMatchObject({ failed: 0, connections: 1 })
    expect(client.stats().dialsFailed).toBeGreaterThan(0)
  })
})

describe('idle connections', () => {
  test.each(['h2', 'http/1.1'] as const)(
    'idleTimeout closes them, with GOAWAY over h2, and not while a request is open (%s)',
    async (protocol) => {
      const server = await bench.server(protocol)
      const client = bench.client({ http2: { idleTimeout: 50 }, http1: { idleTimeout: 50 } })
      const slow = await client.fetch(`${server.origin}/slow-body/200`)
      expect(await slow.text()).toBe('first,last')
      expect(client.stats().connections).toBe(1)
      await noConnections(client)
      await server.assertNoConnections()
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
      expect(client.stats()).toMatchObject({ dials: 2, failed: 0 })
    },
  )

  test('the peer is told: GOAWAY NO_ERROR, then an orderly end', async () => {
    const peer = await bench.rawPeer({ autoRespond: {} })
    const client = bench.client({ http2: { idleTimeout: 20 } })
    await drained(client.fetch(peer.origin))
    const [connection] = peer.connections
    expect((await connection?.expect('GOAWAY'))?.errorCode).toBe('NO_ERROR')
    expect(await connection?.expectClose()).toBe('fin')
  })

  test('idleTimeout: Infinity never closes', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ http2: { idleTimeout: Number.POSITIVE_INFINITY } })
    await drained(client.fetch(server.origin))
    expect(client.stats().connections).toBe(1)
  })

  test("a server's Keep-Alive: timeout is honoured before it closes, so that no request meets the closing socket", async () => {
    const server = await bench.h1Server({ keepAliveTimeout: 2000 })
    const client = bench.client()
    await drained(client.fetch(server.origin))
    // The client goes first: the server still has the socket when the client has none.
    await waitFor(() => client.stats().connections === 0, { timeout: 5000, interval: 1 })
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    expect(client.stats()).toMatchObject({ failed: 0, dials: 2 })
  })
})

describe('maxLifetime', () => {
  test('hands over to a new session under load: no request fails, one session at a time takes requests', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ http2: { maxLifetime: 100 } })
    let sent = 0
    const used = new Set<number>()
    const lanes = Array.from({ length: 8 }, async () => {
      while (used.size < 4) {
        sent += 1
        const response = await client.fetch(`${server.origin}/delay/2`)
        expect(response.status).toBe(200)
        await response.text()
        used.add(response.connectionId)
      }
    })
    await Promise.all(lanes)
    expect(client.stats()).toMatchObject({ requests: sent, failed: 0 })
    expect(server.counts.requests).toBe(sent)
    expect(server.counts.totalSessions).toBeGreaterThanOrEqual(4)
  })

  test('a response that takes longer than the lifetime is finished on the old session', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ http2: { maxLifetime: 50 } })
    const slow = await client.fetch(`${server.origin}/slow-body/400`)
    const text = slow.text()
    await waitFor(async () => {
      const response = await drained(client.fetch(server.origin))
      return response.connectionId !== slow.connectionId
    })
    expect(await text).toBe('first,last')
    expect(client.stats().failed).toBe(0)
  })

  test('when no successor can be had, the old session goes on', async () => {
    const server = await bench.h2Server()
    const relay = await bench.relay(server)
    const origin = `https://localhost:${relay.port}`
    const client = bench.client({ http2: { maxLifetime: 50 } })
    const held = await client.fetch(`${origin}/slow-body/600`)
    await relay.refuse(true)
    await waitFor(() => client.stats().dialsFailed > 0)
    expect((await drained(client.fetch(origin))).connectionId).toBe(held.connectionId)
    expect(await held.text()).toBe('first,last')
    expect(client.stats().failed).toBe(0)
  })
})

describe('timeouts.connect', () => {
  test('a server that accepts TCP and says nothing: TLS_TIMEOUT, and the origin works when it speaks', async () => {
    const peer = await bench.rawPeer({
      autoRespond: {},
      beforeTls: (_tcp, index) => (index === 0 ? 'handled' : undefined),
    })
    const client = bench.client({ timeouts: { connect: 100 } })
    const error = await rejection(client.request(peer.origin))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TRUNKLINE_TLS_TIMEOUT', processed: 'no' })
    expect((await client.fetch(peer.origin)).status).toBe(200)
  })

  test('a server that agrees to h2 and sends no SETTINGS: SETTINGS_TIMEOUT', async () => {
    const peer = await bench.rawPeer({
      onConnection: (connection) => {
        connection.answerPings = false
      },
    })
    const client = bench.client({ http2: { settingsTimeout: 100 } })
    const error = await rejection(client.request(peer.origin, { retry: false }))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TRUNKLINE_SETTINGS_TIMEOUT' })
  })
})
