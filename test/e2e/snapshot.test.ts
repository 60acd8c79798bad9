/** What a client says of itself: counts, connections with their limits and windows, latency, the event loop. */
import { type ClientSnapshot, MemoryTlsSessionStore } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()
const onWire = process.env.TRUNKLINE_ENGINE === 'wire'

describe('stats', () => {
  test('of an HTTP/2 connection: what its SETTINGS allow, and its windows', async () => {
    const settings = { maxConcurrentStreams: 7, initialWindowSize: 100_000, maxFrameSize: 20_000 }
    const server = await bench.h2Server({ settings })
    const client = bench.client()
    await drained(client.fetch(`${server.origin}/bytes/1000`))
    const [connection] = client.stats().origins[0]?.connections ?? []
    expect(connection?.settings).toEqual({
      ...settings,
      headerTableSize: 4096,
      enableConnectProtocol: false,
    })
    expect(connection?.windows).toEqual({ send: 65_535, receive: expect.any(Number) })
    expect(connection?.windows?.receive).toBeGreaterThan(60 * 1024 * 1024)
    expect(connection?.stalls).toBe(onWire ? 0 : null)
    await waitFor(() => client.stats().origins[0]?.connections[0]?.roundTrip.min !== null)
  })

  test('an upload that waits for window: the window is used up, and on our own engine the stall is counted', async () => {
    // A server of Node's gives the connection's window back by itself, whoever reads.
    const server = await bench.rawPeer({
      async onConnection(connection) {
        connection.returnCredit = false
        await connection.preface({ awaitAck: false })
        await connection.expectRequest()
      },
    })
    const client = bench.client()
    const controller = new AbortController()
    const upload = client.fetch(server.origin, {
      method: 'POST',
      body: new Uint8Array(1_000_000),
      signal: controller.signal,
    })
    const failure = rejection(upload)
    const only = () => client.stats().origins[0]?.connections[0]
    await waitFor(() => only()?.windows?.send === 0, { message: () => JSON.stringify(only()) })
    if (onWire) expect(only()?.stalls).toBeGreaterThan(0)
    controller.abort()
    await failure
  })

  test('over HTTP/1.1 there is none of it', async () => {
    const server = await bench.h1Server()
    const client = bench.client()
    await drained(client.fetch(server.origin))
    const [connection] = client.stats().origins[0]?.connections ?? []
    expect(connection).toMatchObject({ protocol: 'http/1.1', maxConcurrentStreams: 1 })
    expect(connection?.settings).toBeUndefined()
    expect(connection?.windows).toBeUndefined()
  })

  test('errors by code, and look-ups', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ retry: { limit: 0 } })
    await rejection(client.request(`${server.origin}/hang`, { timeouts: { headers: 20 } }))
    await rejection(client.request(`${server.origin}/hang`, { signal: AbortSignal.timeout(20) }))
    await rejection(client.request('https://nowhere.invalid/'))
    const { errors, dns, failed } = client.stats()
    expect(errors).toEqual({
      ERR_TRUNKLINE_HEADERS_TIMEOUT: 1,
      TimeoutError: 1,
      ERR_TRUNKLINE_DNS_FAILED: 1,
    })
    expect(failed).toBe(3)
    expect(dns).toEqual({ lookups: 2, cached: 0, failed: 1 })
  })
})

describe('snapshot', () => {
  test('is JSON, and has what was at origins that have no connection any more', async () => {
    const server = await bench.h2Server()
    const tlsSessions = new MemoryTlsSessionStore()
    const client = bench.client({ tlsSessions, http2: { idleTimeout: 20 } })
    for (let round = 0; round < 2; round += 1) {
      await drained(client.fetch(server.origin))
      await noConnections(client)
    }
    const snapshot = client.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect(snapshot).toMatchObject({
      state: 'open',
      requests: 2,
      failed: 0,
      connections: 0,
      latency: null,
      eventLoopDelay: null,
    })
    expect(Math.abs(snapshot.takenAt - Date.now())).toBeLessThan(10_000)
    expect(snapshot.history).toEqual([
      {
        origin: server.origin,
        dials: 2,
        dialsFailed: 0,
        fullHandshakes: 1,
        resumedHandshakes: 1,
        errors: {},
        goAways: {},
        latency: null,
      },
    ])
    await client.close()
    expect(client.snapshot().state).toBe('destroyed')
  })

  test('of a connection that the server ended by GOAWAY the reason stays', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    await drained(client.fetch(server.origin))
    // On our own engine without its closing anything: that is up to the client then, who has nothing open.
    for (const session of server.sessions) onWire ? session.goaway(0) : session.close()
    await waitFor(() => client.snapshot().history[0]?.goAways.NO_ERROR === 1)
    await waitFor(() => client.stats().connections === 0)
    expect(client.snapshot().history[0]?.goAways).toEqual({ NO_ERROR: 1 })
    // A server of Node that has said goodbye forgets to leave.
    for (const session of server.sessions) session.destroy()
  })

  test('measures latency and the event loop if asked, and lets go of the loop at the end', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ measure: { latency: true, eventLoopDelay: true } })
    for (let call = 0; call < 20; call += 1) await drained(client.fetch(`${server.origin}/delay/2`))
    await rejection(client.request(`${server.origin}/hang`, { timeouts: { headers: 20 } }))
    await waitFor(() => client.snapshot().eventLoopDelay !== null)
    const { latency, history, eventLoopDelay }: ClientSnapshot = client.snapshot()
    expect(latency?.count).toBe(20)
    expect(latency?.min).toBeGreaterThan(0.9)
    const steps = [latency?.min, latency?.p50, latency?.p90, latency?.p99, latency?.p999, latency?.max]
    expect(steps).toEqual([...steps].sort((a, b) => (a ?? 0) - (b ?? 0)))
    expect(history[0]?.latency).toEqual(latency)
    expect(eventLoopDelay?.mean).toBeGreaterThan(1)
    await client.close()
    const { max } = client.snapshot().eventLoopDelay ?? { max: 0 }
    const until = performance.now() + 60
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.snapshot().eventLoopDelay?.max).toBe(max)
  })
})
