import { describe, expect, test } from 'vitest'
import type { Relay } from '../support/relay.ts'
import type { TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

interface Path {
  readonly server: TestServer
  readonly relay: Relay
  readonly origin: string
}

/** A server behind a relay that can turn into a black hole: nothing comes back, and nobody says so. */
async function path(): Promise<Path> {
  const server = await bench.h2Server()
  const relay = await bench.relay(server)
  return { server, relay, origin: `https://localhost:${relay.port}` }
}

describe('black hole: the connection is open and silent', () => {
  test("AbortSignal.timeout(1000): the first request fails with the signal's reason, the second succeeds on a new connection", async () => {
    const { relay, origin } = await path()
    const client = bench.client()
    const before = await drained(client.fetch(origin))
    relay.blackHole()

    const first = AbortSignal.timeout(1000)
    const error = await rejection(client.fetch(origin, { signal: first }))
    expect(first.aborted).toBe(true)
    expect(error).toBe(first.reason)
    expect(error.name).toBe('TimeoutError')

    const second = await drained(client.fetch(origin, { signal: AbortSignal.timeout(1000) }))
    expect(second.status).toBe(200)
    expect(second.connectionId).not.toBe(before.connectionId)
    expect(relay.connections.total).toBe(2)
  })

  test('a manual abort: the next request does not go to the silent connection', async () => {
    const { relay, origin } = await path()
    const client = bench.client()
    const before = await drained(client.fetch(origin))
    relay.blackHole()

    const controller = new AbortController()
    const pending = client.fetch(origin, { signal: controller.signal })
    await waitFor(() => client.stats().origins[0]?.connections[0]?.openExchanges === 1)
    const reason = new Error('the user gave up')
    controller.abort(reason)
    expect(await rejection(pending)).toBe(reason)

    const next = await drained(client.fetch(origin, { signal: AbortSignal.timeout(1000) }))
    expect(next.connectionId).not.toBe(before.connectionId)
  })

  test('request() behaves alike', async () => {
    const { relay, origin } = await path()
    const client = bench.client()
    await (await client.request(origin)).body.text()
    relay.blackHole()
    const signal = AbortSignal.timeout(1000)
    expect(await rejection(client.request(origin, { signal }))).toBe(signal.reason)
    const next = await client.request(origin, { signal: AbortSignal.timeout(1000) })
    expect(await next.body.json()).toMatchObject({ hello: 'world' })
  })

  test('the silent connection is destroyed: a POST on it ends with PING_TIMEOUT and is not sent again', async () => {
    const { relay, origin, server } = await path()
    // No keepalive: what finds out is the PING that follows the abort.
    const client = bench.client({ keepAlive: { interval: 0 } })
    const before = await drained(client.fetch(origin))
    relay.blackHole()
    const patient = rejection(client.request(`${origin}/echo`, { method: 'POST', body: 'once' }))
    const controller = new AbortController()
    const impatient = rejection(client.request(origin, { signal: controller.signal }))
    await waitFor(() => client.stats().origins[0]?.connections[0]?.openExchanges === 2)
    controller.abort()
    await impatient
    expect(await patient).toMatchObject({
      name: 'ConnectionError',
      code: 'ERR_TRUNKLINE_PING_TIMEOUT',
      processed: 'maybe',
      connectionId: before.connectionId,
    })
    await waitFor(() => client.stats().connections === 0)
    expect(client.stats().dials).toBe(1)
    expect((await drained(client.fetch(origin))).status).toBe(200)
    expect(server.counts.requests).toBe(2)
  })

  test('a GET without a timeout on the silent connection is sent again elsewhere when it is found dead', async () => {
    const { relay, origin } = await path()
    // No keepalive: what finds out is the PING that follows the abort.
    const client = bench.client({ keepAlive: { interval: 0 } })
    const before = await drained(client.fetch(origin))
    relay.blackHole()
    const patient = drained(client.fetch(origin))
    const controller = new AbortController()
    const impatient = rejection(client.fetch(origin, { signal: controller.signal }))
    await waitFor(() => client.stats().origins[0]?.connections[0]?.openExchanges === 2)
    controller.abort()
    await impatient
    const response = await patient
    expect(response.status).toBe(200)
    expect(response.connectionId).not.toBe(before.connectionId)
  })

  test('a black hole in the middle of a body: the body fails with the reason, and a request after the next is on a new connection', async () => {
    const { relay, origin } = await path()
    const client = bench.client()
    const signal = AbortSignal.timeout(1000)
    const response = await client.fetch(`${origin}/slow-body/20000`, { signal })
    relay.blackHole()
    expect(await rejection(response.text())).toBe(signal.reason)
    // Bytes came since that request was sent, so the next one is who finds out.
    await client.fetch(origin, { signal: AbortSignal.timeout(500) }).catch(() => {})
    const next = await drained(client.fetch(origin, { signal: AbortSignal.timeout(1000) }))
    expect(next.status).toBe(200)
    expect(next.connectionId).not.toBe(response.connectionId)
  })

  test('an idle connection in a black hole, then a burst: those in flight fail at their timeout, the next burst succeeds', async () => {
    const { relay, origin } = await path()
    const client = bench.client()
    const before = await drained(client.fetch(origin))
    relay.blackHole()
    const signal = AbortSignal.timeout(1000)
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => rejection(client.fetch(origin, { signal }))),
    )
    for (const error of errors) expect(error).toBe(signal.reason)
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => drained(client.fetch(origin, { signal: AbortSignal.timeout(1000) }))),
    )
    expect(new Set(responses.map(({ connectionId }) => connectionId)).size).toBe(1)
    expect(responses[0]?.connectionId).not.toBe(before.connectionId)
    expect(relay.connections.total).toBe(2)
  })

  test('idle for longer than the interval, then a burst: one PING asks first, and every request of the burst succeeds elsewhere', async () => {
    const { relay, origin, server } = await path()
    const client = bench.client({ keepAlive: { interval: 20 } })
    await drained(client.fetch(origin))
    relay.blackHole()
    await waitFor(() => (client.stats().origins[0]?.connections[0]?.idle ?? 0) > 20)
    const responses = await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(origin))))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(relay.connections.total).toBe(2)
    expect(server.counts.requests).toBe(21)
  })

  test('a POST that waited for the PING is sent once, to the new connection', async () => {
    const { relay, origin, server } = await path()
    const client = bench.client({ keepAlive: { interval: 20 } })
    await drained(client.fetch(origin))
    relay.blackHole()
    await waitFor(() => (client.stats().origins[0]?.connections[0]?.idle ?? 0) > 20)
    const response = await client.fetch(`${origin}/echo`, { method: 'POST', body: 'once' })
    expect(await response.text()).toBe('once')
    expect(server.counts.requests).toBe(2)
  })
})

describe('no black hole', () => {
  test('a server that is merely slow keeps its connection after a timeout: the PING was answered', async () => {
    const { server, origin } = await path()
    const client = bench.client()
    const before = await drained(client.fetch(origin))
    const signal = AbortSignal.timeout(100)
    expect(await rejection(client.fetch(`${origin}/hang`, { signal }))).toBe(signal.reason)
    const after = await drained(client.fetch(origin))
    expect(after.connectionId).toBe(before.connectionId)
    expect(server.counts.tcpConnections).toBe(1)
    expect(client.stats().origins[0]?.connections[0]?.roundTrip.smoothed).toBeGreaterThan(0)
  })
})
