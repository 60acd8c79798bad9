import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

describe('keepalive', () => {
  test('a silent connection with an open stream is asked by PING; the round-trip times are in stats()', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client({ keepAlive: { interval: 40 } })
    const pending = client.fetch(peer.origin)
    const connection = await peer.nextConnection()
    await connection.preface()
    const request = await connection.expectRequest()
    for (let count = 0; count < 4; count += 1) await connection.expect('PING')
    await waitFor(() => client.stats().origins[0]?.connections[0]?.roundTrip.min !== null)
    const { smoothed, min } = client.stats().origins[0]?.connections[0]?.roundTrip ?? {}
    expect(min).toBeGreaterThan(0)
    expect(smoothed).toBeGreaterThanOrEqual(min ?? Number.NaN)
    await request.respond({ body: 'still here' })
    expect(await (await pending).text()).toBe('still here')
  })

  test('the round trip is known soon after the connection stands, without any silence', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    await client.connect(server.origin)
    await waitFor(() => (client.stats().origins[0]?.connections[0]?.roundTrip.smoothed ?? 0) > 0)
  })

  test('over a path with delay the round trip is measured: at least the delay both ways', async () => {
    const server = await bench.h2Server()
    const relay = await bench.relay(server, { delay: 25 })
    const client = bench.client({ keepAlive: { interval: 40 } })
    const pending = drained(client.fetch(`https://localhost:${relay.port}/delay/600`))
    const roundTrip = () => client.stats().origins[0]?.connections[0]?.roundTrip
    await waitFor(() => roundTrip()?.min !== null && roundTrip() !== undefined)
    expect(roundTrip()?.min).toBeGreaterThanOrEqual(50)
    expect(roundTrip()?.smoothed).toBeGreaterThanOrEqual(50)
    await pending
  })

  test('a connection that receives is not asked', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client({ keepAlive: { interval: 400 } })
    const pending = client.fetch(peer.origin)
    const connection = await peer.nextConnection()
    await connection.preface()
    const { streamId } = await connection.expectRequest()
    await connection.expect('PING') // The first one measures the round trip.
    connection.sendHeaders(streamId, { ':status': '200' })
    for (let count = 0; count < 16; count += 1) {
      connection.sendData(streamId, 'x')
      await connection.expectNo('PING', undefined, { within: 50 })
    }
    connection.sendData(streamId, '', { endStream: true })
    expect((await (await pending).text()).length).toBe(16)
  })

  test('an idle connection is not asked, unless whenIdle is set', async () => {
    const peer = await bench.rawPeer({ autoRespond: {} })
    const client = bench.client({ keepAlive: { interval: 40 } })
    await drained(client.fetch(peer.origin))
    await peer.connections[0]?.expect('PING')
    await peer.connections[0]?.expectNo('PING', undefined, { within: 150 })
    const eager = bench.client({ keepAlive: { interval: 40, whenIdle: true } })
    await drained(eager.fetch(peer.origin))
    for (let count = 0; count < 4; count += 1) await peer.connections[1]?.expect('PING')
  })

  test('no answer within keepAlive.timeout: PING_TIMEOUT for a POST, another connection for a GET', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond({ body: 'second' })
        connection.answerPings = false
        await connection.preface()
      },
    })
    const client = bench.client({ keepAlive: { interval: 40, timeout: 60 } })
    const posted = rejection(client.request(peer.origin, { method: 'POST', body: 'x' }))
    const got = client.fetch(peer.origin)
    expect(await posted).toMatchObject({
      name: 'ConnectionError',
      code: 'ERR_TRUNKLINE_PING_TIMEOUT',
      processed: 'maybe',
    })
    expect(await (await got).text()).toBe('second')
    expect(peer.tcpConnections).toBe(2)
  })

  test('interval: 0 never asks', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client({ keepAlive: { interval: 0 } })
    const pending = client.fetch(peer.origin)
    const connection = await peer.nextConnection()
    await connection.preface()
    const request = await connection.expectRequest()
    await connection.expectNo('PING', undefined, { within: 100 })
    await request.respond({})
    expect((await pending).status).toBe(200)
  })

  test('a byte that was under way when the PING went out is not its answer', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond({ body: 'second' })
        connection.answerPings = false
        await connection.preface()
        await (await connection.expectRequest()).respond({})
        await connection.expectRequest()
        await connection.expect('PING')
        connection.sendWindowUpdate(0, 1)
        await connection.expectClose({ timeout: 6000 })
        await connection.expectNo('HEADERS', undefined, { within: 1 })
      },
    })
    const client = bench.client({ keepAlive: { interval: 0 } })
    await drained(client.fetch(peer.origin))
    const controller = new AbortController()
    const pending = rejection(client.fetch(peer.origin, { signal: controller.signal }))
    await waitFor(() => peer.requestCount === 2)
    controller.abort()
    await pending
    await noConnections(client)
    expect(await (await client.fetch(peer.origin)).text()).toBe('second')
  })

  test('an answer under way behind a body that takes long is waited for', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client({ keepAlive: { interval: 0 } })
    const long = client.request(peer.origin)
    const connection = await peer.nextConnection()
    connection.answerPings = false
    await connection.preface()
    const { streamId } = await connection.expectRequest()
    const controller = new AbortController()
    const aborted = rejection(client.request(peer.origin, { signal: controller.signal }))
    await connection.expectRequest()
    controller.abort()
    await aborted
    const { opaque } = await connection.expect('PING')
    connection.sendHeaders(streamId, { ':status': '200' })
    // Longer than the deadline of 1 s, but never silent.
    for (let count = 0; count < 15; count += 1) {
      connection.sendData(streamId, 'x')
      await connection.expectNo('GOAWAY', undefined, { within: 100 })
    }
    connection.sendPing(opaque, { ack: true })
    connection.sendData(streamId, '', { endStream: true })
    expect(await (await long).body.text()).toHaveLength(15)
    await waitFor(() => client.stats().origins[0]?.connections[0]?.standing === 'ready')
  })

  test('GOAWAY ENHANCE_YOUR_CALM too_many_pings doubles the interval of the next connection', async () => {
    const peer = await bench.rawPeer({})
    const client = bench.client({ keepAlive: { interval: 200 } })
    const first = client.fetch(peer.origin)
    const one = await peer.nextConnection()
    await one.preface()
    await one.expectRequest()
    for (let count = 0; count < 2; count += 1) await one.expect('PING')
    one.sendGoAway({ lastStreamId: 0, code: 'ENHANCE_YOUR_CALM', debug: 'too_many_pings' })
    const two = await peer.nextConnection()
    await two.preface()
    const request = await two.expectRequest()
    await two.expect('PING')
    await two.expectNo('PING', undefined, { within: 280 })
    await two.expect('PING')
    await request.respond({})
    expect((await first).status).toBe(200)
  })

  test('over HTTP/1.1 nothing is sent on an idle or busy socket', async () => {
    const peer = await bench.rawHttp1Peer({})
    const client = bench.client({ keepAlive: { interval: 20, whenIdle: true } })
    const pending = client.fetch(peer.origin)
    const connection = await peer.nextConnection()
    await connection.expectRequest()
    const before = connection.received
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(connection.received).toBe(before)
    connection.respond({ body: 'ok' })
    expect(await (await pending).text()).toBe('ok')
  })
})
