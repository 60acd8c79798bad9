/**
 * The traps of node:http2 that the engine codes around, one test each, on every Node line (22, 24, 26). The titles
 * say what happens on the wire, what node:http2 shows of it, and what must come of it. When a workaround seems no
 * longer needed, the test of its name tells.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ClientError } from '../../src/core/errors.ts'
import { createNodeHttp2Engine } from '../../src/wire/node-http2/engine.ts'
import { Wire } from '../conformance/wire.ts'
import { Cleanup } from '../support/cleanup.ts'
import { hpack } from '../support/hpack.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { Relay } from '../support/relay.ts'
import { sleep, waitFor } from '../support/wait-for.ts'
import { observeSessions } from './faults/builtins.ts'
import { type ProcessWatch, watchProcess } from './faults/process-watch.ts'
import { testClient } from './faults/test-client.ts'

const cleanup = new Cleanup()
let watch: ProcessWatch
beforeEach(() => {
  watch = watchProcess()
})
afterEach(async () => {
  await cleanup.run()
  await watch.finish()
})

const engine = createNodeHttp2Engine()

const upload = { method: 'POST', body: Buffer.alloc(20_000) }

/** A connection of the engine, and the peer's side of it behind the preface. */
async function connect(): Promise<{ wire: Wire; peer: RawConnection }> {
  const listener = cleanup.add(await RawPeer.listen())
  const [wire, peer] = await Promise.all([
    Wire.connect(engine, listener.origin),
    listener.nextConnection().then(async (connection) => {
      await connection.preface()
      return connection
    }),
  ])
  cleanup.add(() => wire.verify())
  return { wire, peer }
}

/** What a code, its neighbours and the message say; the rest of an error is of no interest here. */
const of = ({ code, processed, http2Code, phase }: ClientError) => ({ code, processed, http2Code, phase })

const head = (peer: RawConnection, streamId: number, fields: Record<string, string> = {}) =>
  peer.sendHeaders(streamId, { ':status': 200, ...fields })

describe('GOAWAY', () => {
  test('NO_ERROR, id > last: a stream error with rstCode 7 -> GOAWAY, processed no', async () => {
    const { wire, peer } = await connect()
    const [first, second] = [wire.open(), wire.open()]
    await peer.expectRequest()
    await peer.expectRequest()
    peer.sendGoAway({ lastStreamId: 1 })
    expect(of(await second.failed())).toMatchObject({ code: 'ERR_TRUNKLINE_GOAWAY', processed: 'no' })
    await peer.respond(1, { body: 'accepted' })
    expect((await first.complete()).text).toBe('accepted')
  })

  test('an error code: Node destroys the session, all streams fail alike -> the last stream id tells them apart', async () => {
    const { wire, peer } = await connect()
    const [first, second] = [wire.open(), wire.open()]
    await peer.expectRequest()
    await peer.expectRequest()
    peer.sendGoAway({ lastStreamId: 1, code: 'INTERNAL_ERROR' })
    expect(of(await second.failed())).toMatchObject({
      code: 'ERR_TRUNKLINE_GOAWAY',
      processed: 'no',
      http2Code: 2,
    })
    expect(of(await first.failed())).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
      processed: 'maybe',
    })
  })
})

describe('RST_STREAM', () => {
  test('REFUSED_STREAM: rstCode 7, as with GOAWAY -> STREAM_REFUSED, processed no', async () => {
    const { wire, peer } = await connect()
    const exchange = wire.open()
    await peer.expectRequest()
    peer.sendReset(1, 'REFUSED_STREAM')
    expect(of(await exchange.failed())).toMatchObject({
      code: 'ERR_TRUNKLINE_STREAM_REFUSED',
      processed: 'no',
    })
    expect(wire.connection.state).toBe('open')
  })

  test('CANCEL in the middle of a body: a normal end, then close with rstCode 8, no error -> close decides', async () => {
    const { wire, peer } = await connect()
    const exchange = wire.open()
    await peer.expectRequest()
    head(peer, 1)
    peer.sendData(1, 'the first half')
    peer.sendReset(1, 'CANCEL')
    expect(of(await exchange.failed())).toMatchObject({
      code: 'ERR_TRUNKLINE_STREAM_RESET',
      processed: 'yes',
      phase: 'body',
      http2Code: 8,
    })
  })

  test('NO_ERROR in the middle of a body: the same as END_STREAM -> only content-length tells; a documented limit', async () => {
    const { wire, peer } = await connect()
    const exchange = wire.open()
    await peer.expectRequest()
    head(peer, 1, { 'content-length': '1000' })
    peer.sendData(1, 'the first half')
    peer.sendReset(1, 'NO_ERROR')
    await exchange.settled()
    // The engine calls it an end; what is above it compares the length (pool/round-trip.ts).
    expect(exchange.calls.at(-1)).toBe('end')
    expect(exchange.header('content-length')).toBe('1000')
    expect(exchange.bytes).toBeLessThan(1000)
  })
})

describe('the socket', () => {
  for (const end of ['fin', 'reset'] as const) {
    test(`${end.toUpperCase()} in the middle of a body: a normal end, then close with rstCode 8 -> CONNECTION_LOST`, async () => {
      const { wire, peer } = await connect()
      const exchange = wire.open()
      await peer.expectRequest()
      head(peer, 1)
      peer.sendData(1, 'the first half')
      await peer.barrier()
      peer[end]()
      expect(of(await exchange.failed())).toMatchObject({
        code: 'ERR_TRUNKLINE_CONNECTION_LOST',
        processed: 'yes',
        phase: 'body',
      })
    })
  }

  test('closes over a response that came and was not read: Node drops what it has buffered -> whole, or an error', async () => {
    const { wire, peer } = await connect()
    const size = 200_000
    const exchange = wire.open({}, { onHeaders: (recording) => recording.exchange.pause() })
    await peer.expectRequest()
    await peer.respond(1, { body: Buffer.alloc(size) })
    peer.fin()
    await peer.closed
    await sleep(20)
    exchange.exchange.resume()
    await exchange.settled()
    if (exchange.error === null) expect(exchange.bytes).toBe(size)
    else expect(of(exchange.error)).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', phase: 'body' })
  })

  for (const end of ['fin', 'reset'] as const) {
    test(`dies by ${end.toUpperCase()} with 8 streams in flight: a zombie session on Node 22 and 24 -> settled by the socket`, async () => {
      for (let round = 0; round < 5; round += 1) {
        const { wire, peer } = await connect()
        const exchanges = Array.from({ length: 8 }, () => wire.open({ method: 'POST', body: 'data' }))
        for (const { exchange } of exchanges) exchange.write(Buffer.alloc(20_000))
        await waitFor(() => peer.streams.requestCount === 8)
        for (const id of [1, 3, 5]) {
          head(peer, id)
          peer.sendData(id, Buffer.alloc(5000))
        }
        peer[end]()
        await waitFor(() => exchanges.every(({ isOver }) => isOver) || wire.connection.severed)
        if (wire.connection.severed) wire.destroy()
        for (const exchange of exchanges)
          expect((await exchange.failed()).code).toBe('ERR_TRUNKLINE_CONNECTION_LOST')
        await wire.untilClosed(2000)
        expect(wire.openError().code).toBe('ERR_TRUNKLINE_CONNECTION_UNUSABLE')
      }
    })

    test(`dies by ${end.toUpperCase()} with 8 streams in flight, seen from a client: each request settles soon`, async () => {
      for (let round = 0; round < 5; round += 1) {
        const listener = cleanup.add(await RawPeer.listen())
        const client = cleanup.add(testClient())
        const uploads = Array.from({ length: 8 }, () => client.request(listener.origin, upload))
        const outcomes = Promise.allSettled(uploads)
        const peer = await listener.nextConnection()
        await peer.preface()
        await waitFor(() => peer.streams.requestCount === 8)
        peer[end]()
        for (const outcome of await outcomes) {
          expect(outcome).toMatchObject({
            status: 'rejected',
            reason: {
              code: expect.toBeOneOf(['ERR_TRUNKLINE_CONNECTION_LOST', 'ERR_TRUNKLINE_PING_TIMEOUT']),
              processed: 'maybe',
            },
          })
        }
      }
    })
  }

  test('dies by RST through a relay, where nothing was under way: the session may not say so -> closed', async () => {
    const listener = cleanup.add(await RawPeer.listen({ autoRespond: { body: 'good' } }))
    const relay = cleanup.add(await Relay.listen({ target: listener.port }))
    const wire = await Wire.connect(engine, `https://localhost:${relay.port}`)
    cleanup.add(() => wire.verify())
    expect((await wire.request()).text).toBe('good')
    relay.resetAll()
    await wire.untilClosed(2000)
  })
})

describe('the session', () => {
  test('request() while it closes: throws on Node 22, errs a turn later on 24 and 26 -> CONNECTION_UNUSABLE, processed no', async () => {
    const unusable = { code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' }
    const draining = await connect()
    draining.wire.drain()
    expect(of(draining.wire.openError())).toMatchObject(unusable)
    await sleep(20)
    expect(of(draining.wire.openError())).toMatchObject(unusable)

    const leaving = await connect()
    leaving.peer.sendGoAway({ lastStreamId: 0 })
    await waitFor(() => leaving.wire.connection.state !== 'open')
    expect(of(leaving.wire.openError())).toMatchObject(unusable)
  })

  test('drains and meets a connection error: nobody is told, streams stay open -> PING finds out, each one is settled', async () => {
    const listener = cleanup.add(await RawPeer.listen())
    const client = cleanup.add(testClient({ keepAlive: { interval: 100, timeout: 150 } }))
    const outcomes = Promise.allSettled(
      Array.from({ length: 10 }, () => client.request(listener.origin, upload)),
    )
    const peer = await listener.nextConnection()
    await peer.preface()
    await waitFor(() => peer.streams.requestCount === 10)
    peer.together(() => {
      peer.sendGoAway({ lastStreamId: 19 })
      peer.sendFrame({ type: 'DATA', streamId: 0 })
    })
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { processed: 'maybe' } })
    await peer.expectClose()
  })

  const violations: readonly [title: string, send: (peer: RawConnection) => void, http2Code: number][] = [
    ['PROTOCOL_ERROR', (peer) => peer.sendFrame({ type: 'DATA', streamId: 0 }), 1],
    [
      'FLOW_CONTROL_ERROR',
      (peer) => peer.sendFrame({ type: 'WINDOW_UPDATE', payload: Buffer.of(0x7f, 0xff, 0xff, 0xff) }),
      3,
    ],
    [
      'ENHANCE_YOUR_CALM',
      (peer) => {
        peer.sendHeaders(1, hpack.indexed(8), { endHeaders: false })
        for (let count = 0; count < 20; count += 1)
          peer.sendContinuation(1, Buffer.alloc(0), { endHeaders: false })
      },
      11,
    ],
  ]
  for (const [title, send, http2Code] of violations) {
    test(`ends in a violation of the peer's: one ERR_HTTP2_ERROR for all -> by errno, ${title}`, async () => {
      const { wire, peer } = await connect()
      const exchange = wire.open()
      await peer.expectRequest()
      send(peer)
      expect(of(await exchange.failed())).toMatchObject({
        code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
        http2Code,
      })
      await wire.untilClosed()
    })
  }

  test('lets the server push by default -> ENABLE_PUSH is 0, and a promise ends the connection', async () => {
    const { wire, peer } = await connect()
    expect(peer.clientSettings.ENABLE_PUSH).toBe(0)
    const exchange = wire.open()
    await peer.expectRequest()
    peer.sendPushPromise(1, 2, [
      ':method',
      'GET',
      ':scheme',
      'https',
      ':authority',
      'localhost',
      ':path',
      '/p',
    ])
    expect((await exchange.failed()).code).toBe('ERR_TRUNKLINE_PROTOCOL_VIOLATION')
  })

  test('throws an uncaught error without a listener, and so does a stream -> each has one', async () => {
    const { sessions, restore } = observeSessions()
    cleanup.add(restore)
    const { wire, peer } = await connect()
    const exchange = wire.open()
    await peer.expectRequest()
    const [session] = sessions
    expect(session?.listenerCount('error')).toBeGreaterThan(0)
    peer.sendFrame({ type: 'DATA', streamId: 0 })
    await exchange.failed()
    await wire.untilClosed()
    expect(session?.listenerCount('error')).toBeGreaterThan(0)
    expect((wire.socket as { listenerCount(name: string): number }).listenerCount('error')).toBeGreaterThan(0)
  })

  test('ping() with 10 outstanding returns false and calls back with an error -> rejects, and the connection lives', async () => {
    const { wire, peer } = await connect()
    peer.answerPings = false
    const pings = Array.from({ length: 12 }, () => wire.connection.ping())
    const outcomes = Promise.allSettled(pings)
    await waitFor(() => peer.received.filter((frame) => frame.type === 'PING').length === 10)
    for (const frame of peer.received) if (frame.type === 'PING') peer.sendPing(frame.opaque, { ack: true })
    const states = (await outcomes).map(({ status }) => status)
    expect(states.slice(0, 10)).toEqual(Array(10).fill('fulfilled'))
    expect(states.slice(10)).toEqual(['rejected', 'rejected'])
    await expect(pings[11]).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(wire.connection.state).toBe('open')
  })

  test('ping() on a session that is gone: throws, or calls back with an error -> rejects', async () => {
    const { wire, peer } = await connect()
    const outstanding = wire.connection.ping().catch((error: ClientError) => error.code)
    peer.answerPings = false
    wire.destroy()
    await expect(wire.connection.ping()).rejects.toMatchObject({ name: 'ConnectionError' })
    await wire.untilClosed()
    await expect(wire.connection.ping()).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(await outstanding).toSatisfy(
      (value: unknown) => typeof value === 'number' || String(value).startsWith('ERR_TRUNKLINE'),
    )
  })
})

describe('fields', () => {
  test('with CR, LF, NUL, or a space in the name: dropped without a word -> never visible; a documented limit', async () => {
    const { wire, peer } = await connect()
    const exchange = wire.open()
    await peer.expectRequest()
    const bad = ['x-a', 'a\rb', 'x-b', 'a\nb', 'x-c', 'a\0b', 'x d', 'seen']
    await peer.respond(1, { headers: [...bad, 'x-good', 'seen'], body: 'good' })
    await exchange.settled()
    if (exchange.error === null) expect(exchange.headers).toEqual(['x-good', 'seen'])
  })

  test('that belong to the connection, in a request: request() throws -> left out before, and the slot is not lost', async () => {
    const { wire, peer } = await connect()
    const headers = [
      'connection',
      'close',
      'keep-alive',
      'timeout=5',
      'proxy-connection',
      'x',
      'upgrade',
      'h2c',
      'te',
      'gzip',
    ]
    const exchange = wire.open({
      headers: [...headers, 'transfer-encoding', 'chunked', 'host', 'other.test', 'x-good', 'yes'],
    })
    const request = await peer.expectRequest()
    expect(request.headerList.slice(8)).toEqual(['x-good', 'yes'])
    expect(request.authority).toBe(wire.authority)
    await request.respond({ body: 'good' })
    expect((await exchange.complete()).text).toBe('good')
  })

  test('that node:http2 refuses: request() throws -> a typed error, and the slot is not lost', async () => {
    const { wire, peer } = await connect()
    const before = wire.connection.slots
    const error = wire.openError({ headers: [':bad', 'x'] })
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no' })
    expect(wire.connection.slots).toBe(before)
    const exchange = wire.open()
    await (await peer.expectRequest()).respond({ body: 'good' })
    expect((await exchange.complete()).text).toBe('good')
  })
})
