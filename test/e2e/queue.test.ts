import { describe, expect, test } from 'vitest'
import type { ServerReply, ServerRequest } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

/** Holds every request until it is let go, one by one or all. */
class Gate {
  readonly arrived: string[] = []
  readonly #waiting: (() => void)[] = []
  #open = false

  readonly handler = (request: ServerRequest, response: ServerReply): void => {
    this.arrived.push(request.url ?? '')
    request.resume()
    const answer = () => response.end(request.url)
    if (this.#open) answer()
    else this.#waiting.push(answer)
  }

  letOne(): void {
    this.#waiting.shift()?.()
  }

  letAll(): void {
    this.#open = true
    for (const answer of this.#waiting.splice(0)) answer()
  }
}

describe('max streams', () => {
  test('a limit of 10 with 200 requests: all succeed, the limit is never exceeded, one connection, started first come first served', async () => {
    const order: string[] = []
    const server = await bench.h2Server({
      maxConcurrentStreams: 10,
      handler: (request, response) => {
        order.push(request.url ?? '')
        setImmediate(() => response.end(request.url))
      },
    })
    const client = bench.client()
    const paths = Array.from({ length: 200 }, (_, index) => `/${index}`)
    const texts = await Promise.all(
      paths.map(async (path) => (await client.fetch(server.origin + path)).text()),
    )
    expect(texts).toEqual(paths)
    expect(order).toEqual(paths)
    expect(server.counts).toMatchObject({ requests: 200, tcpConnections: 1, totalSessions: 1 })
    expect(server.counts.maxConcurrentSeen).toBe(10)
    expect(client.stats()).toMatchObject({ requests: 200, failed: 0, queued: 0, dials: 1 })
  })

  test('counted at frame level: never more than 10 streams open, and no violation', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 10 } })
        connection.autoRespond({ body: 'ok' })
      },
    })
    const client = bench.client()
    await Promise.all(Array.from({ length: 200 }, () => drained(client.fetch(peer.origin))))
    expect(peer.connections[0]?.streams).toMatchObject({ maxConcurrentSeen: 10, requestCount: 200 })
    expect(peer.violations).toEqual([])
    expect(peer.tcpConnections).toBe(1)
  })

  test("http2.maxConcurrentStreams is a limit of our own below the server's", async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 100 })
    const client = bench.client({ http2: { maxConcurrentStreams: 3 } })
    await Promise.all(Array.from({ length: 30 }, () => drained(client.fetch(server.origin))))
    expect(server.counts.maxConcurrentSeen).toBe(3)
  })

  test('a server that lowers its limit while streams are open, then raises it: nothing is refused, nothing waits too long', async () => {
    const gate = new Gate()
    const server = await bench.h2Server({ maxConcurrentStreams: 5, handler: gate.handler })
    const client = bench.client()
    const all = Array.from({ length: 20 }, (_, index) => drained(client.fetch(`${server.origin}/${index}`)))
    await waitFor(() => gate.arrived.length === 5)
    server.sessions[0]?.settings({ maxConcurrentStreams: 1 })
    const limit = () => client.stats().origins[0]?.connections[0]?.maxConcurrentStreams
    await waitFor(() => limit() === 1)
    for (let count = 0; count < 5; count += 1) gate.letOne()
    await waitFor(() => gate.arrived.length === 6)
    expect(client.stats().queued).toBe(14)
    server.sessions[0]?.settings({ maxConcurrentStreams: 4 })
    await waitFor(() => gate.arrived.length === 9)
    gate.letAll()
    await Promise.all(all)
    expect(client.stats()).toMatchObject({ failed: 0, queued: 0, dials: 1 })
  })

  test('a limit of 0 makes requests wait, and they go out when it is raised', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client()
    const connected = client.connect(peer.origin)
    const connection = await peer.nextConnection()
    await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 0 } })
    await connected
    const response = client.fetch(peer.origin)
    await waitFor(() => client.stats().queued === 1)
    await connection.barrier()
    expect(connection.streams.requestCount).toBe(0)
    connection.sendSettings({ MAX_CONCURRENT_STREAMS: 1 })
    await (await connection.expectRequest()).respond({ body: 'at last' })
    expect(await (await response).text()).toBe('at last')
  })
})

describe('the queue', () => {
  test('limits.queued: one more is QUEUE_FULL at once, and the others are served', async () => {
    const gate = new Gate()
    const server = await bench.h2Server({ maxConcurrentStreams: 1, handler: gate.handler })
    const client = bench.client({ limits: { queued: 3 } })
    await client.connect(server.origin)
    const served = Array.from({ length: 4 }, (_, index) => drained(client.fetch(`${server.origin}/${index}`)))
    expect(client.stats().queued).toBe(3)
    const error = await rejection(client.request(`${server.origin}/refused`))
    expect(error).toMatchObject({
      name: 'LimitError',
      code: 'ERR_TRUNKLINE_QUEUE_FULL',
      processed: 'no',
      phase: 'queue',
      attempts: 0,
      origin: server.origin,
    })
    expect(error.message).toContain('limits.queued')
    const viaFetch = await rejection(client.fetch(`${server.origin}/refused`))
    expect(viaFetch).toBeInstanceOf(TypeError)
    expect(viaFetch.cause.code).toBe('ERR_TRUNKLINE_QUEUE_FULL')
    gate.letAll()
    await Promise.all(served)
    expect(gate.arrived).toEqual(['/0', '/1', '/2', '/3'])
    expect((await drained(client.fetch(`${server.origin}/4`))).status).toBe(200)
  })

  test("a full queue of one origin is nobody else's concern", async () => {
    const gate = new Gate()
    const busy = await bench.h2Server({ maxConcurrentStreams: 1, handler: gate.handler })
    const other = await bench.h2Server()
    const client = bench.client({ limits: { queued: 1 } })
    await client.connect(busy.origin)
    const served = [client.fetch(busy.origin), client.fetch(busy.origin)].map(drained)
    expect((await rejection(client.request(busy.origin))).code).toBe('ERR_TRUNKLINE_QUEUE_FULL')
    expect((await drained(client.fetch(other.origin))).status).toBe(200)
    gate.letAll()
    await Promise.all(served)
  })

  test('aborted requests free their places in the queue, and those behind keep their order', async () => {
    const gate = new Gate()
    const server = await bench.h2Server({ maxConcurrentStreams: 1, handler: gate.handler })
    const client = bench.client({ limits: { queued: 4 } })
    await client.connect(server.origin)
    const running = drained(client.fetch(`${server.origin}/running`))
    const controllers = Array.from({ length: 4 }, () => new AbortController())
    const waiting = controllers.map(({ signal }, index) =>
      client.fetch(`${server.origin}/${index}`, { signal }).then(
        (response) => response.text(),
        (error) => error,
      ),
    )
    expect(client.stats().queued).toBe(4)
    controllers[0]?.abort('first')
    controllers[2]?.abort('third')
    expect(client.stats().queued).toBe(2)
    const late = [drained(client.fetch(`${server.origin}/4`)), drained(client.fetch(`${server.origin}/5`))]
    expect((await rejection(client.request(`${server.origin}/6`))).code).toBe('ERR_TRUNKLINE_QUEUE_FULL')
    gate.letAll()
    await Promise.all([running, ...late])
    expect(await Promise.all(waiting)).toEqual(['first', '/1', 'third', '/3'])
    expect(gate.arrived).toEqual(['/running', '/1', '/3', '/4', '/5'])
  })

  test('first come, first served, whoever finishes when', async () => {
    const gate = new Gate()
    const server = await bench.h2Server({ maxConcurrentStreams: 3, handler: gate.handler })
    const client = bench.client()
    const all = Array.from({ length: 12 }, (_, index) => drained(client.fetch(`${server.origin}/${index}`)))
    await waitFor(() => gate.arrived.length === 3)
    for (let count = 4; count <= 12; count += 1) {
      gate.letOne()
      await waitFor(() => gate.arrived.length === count)
    }
    gate.letAll()
    await Promise.all(all)
    expect(gate.arrived).toEqual(Array.from({ length: 12 }, (_, index) => `/${index}`))
  })

  test('over HTTP/1.1 too: http1.maxSockets at once, the others in order', async () => {
    const gate = new Gate()
    const server = await bench.h1Server({ handler: gate.handler })
    const client = bench.client({ http1: { maxSockets: 2 } })
    // The first one finds out that it is HTTP/1.1.
    const first = drained(client.fetch(`${server.origin}/first`))
    await waitFor(() => gate.arrived.length === 1)
    const all = Array.from({ length: 10 }, (_, index) => drained(client.fetch(`${server.origin}/${index}`)))
    await waitFor(() => gate.arrived.length === 2)
    expect(client.stats().queued).toBe(9)
    for (let count = 3; count <= 11; count += 1) {
      gate.letOne()
      await waitFor(() => gate.arrived.length === count)
    }
    gate.letAll()
    await Promise.all([first, ...all])
    expect(gate.arrived).toEqual(['/first', ...Array.from({ length: 10 }, (_, index) => `/${index}`)])
    expect(server.counts).toMatchObject({ tcpConnections: 2, requests: 11 })
  })

  test('5,000 requests at once are all served, in order', async () => {
    const order: string[] = []
    const server = await bench.h2Server({
      maxConcurrentStreams: 100,
      handler: (request, response) => {
        order.push(request.url ?? '')
        response.end()
      },
    })
    const client = bench.client()
    const paths = Array.from({ length: 5000 }, (_, index) => `/${index}`)
    await Promise.all(paths.map((path) => drained(client.fetch(server.origin + path))))
    expect(order).toEqual(paths)
    expect(server.counts.tcpConnections).toBe(1)
    expect(server.counts.maxConcurrentSeen).toBeLessThanOrEqual(100)
  })
})
