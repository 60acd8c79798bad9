import { once } from 'node:events'
import { constants } from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import { hpack } from '../../support/hpack.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import { waitFor } from '../../support/wait-for.ts'
import { cleanup, listen, outcome, session } from './node-client.ts'

afterEach(() => cleanup.run())

describe('RawPeer against the client of node:http2', () => {
  test('exchanges prefaces, takes a request, answers it with trailers', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 7 } })
        const request = await connection.expectRequest()
        expect(request.method).toBe('GET')
        expect(request.path).toBe('/hello')
        expect(request.authority).toBe(`localhost:${peer.port}`)
        await request.respond({
          status: 201,
          headers: { 'x-a': ['1', '2'] },
          body: 'hello',
          trailers: { t: 'v' },
        })
      },
    })
    const client = session(peer)
    const result = await outcome(client.request({ ':path': '/hello' }))
    expect(result).toEqual({ status: 201, body: 'hello', trailers: { t: 'v' }, rstCode: 0 })
    expect(client.remoteSettings.maxConcurrentStreams).toBe(7)
    expect(peer.violations).toEqual([])
    expect(peer.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1, resumedHandshakes: 0 })
    expect(peer.requestCount).toBe(1)
  })

  test('collects a request body and returns the credit for it', async () => {
    const body = Buffer.alloc(500_000, 'x')
    const peer = await listen({
      autoRespond: async (request) => ({ body: String((await request.body()).equals(body)) }),
    })
    const stream = session(peer).request({ ':method': 'POST' })
    stream.write(body)
    expect((await outcome(stream)).body).toBe('true')
    expect(peer.violations).toEqual([])
  })

  test('honours the windows and the frame size of the client', async () => {
    const body = Buffer.alloc(300_000, 'y')
    const peer = await listen({ autoRespond: { body } })
    const client = session(peer, { settings: { initialWindowSize: 1000, maxFrameSize: 16_384 } })
    const stream = client.request({ ':path': '/' })
    stream.end()
    await once(stream, 'response')
    const [connection] = peer.connections
    await waitFor(() => connection?.flow.sendWindow(1) === 0)
    expect((await outcome(stream)).body.length).toBe(300_000)
  })

  test('disregards them when told to', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface()
        connection.ignoreFlowControl = true
        const request = await connection.expectRequest()
        await request.respond({ body: Buffer.alloc(100_000) })
        const goAway = await connection.expect('GOAWAY')
        expect(goAway.errorCode).toBe('FLOW_CONTROL_ERROR')
      },
    })
    const stream = session(peer).request({ ':path': '/' })
    stream.pause()
    stream.on('error', () => {})
    await new Promise((resolve) => stream.once('close', resolve))
    await peer.connections[0]?.closed
    expect(peer.errors).toEqual([])
  })

  test('resets a stream, with the code in words', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface()
        const request = await connection.expectRequest()
        connection.sendReset(request.streamId, 'REFUSED_STREAM')
      },
    })
    const result = await outcome(session(peer).request({ ':path': '/' }))
    expect(result.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM)
  })

  test('sees a reset by the client, and which request it ended', async () => {
    const peer = await listen()
    const stream = session(peer).request({ ':method': 'POST' })
    stream.on('error', () => {})
    const connection = await peer.nextConnection()
    await connection.preface()
    const request = await connection.expectRequest()
    stream.close(constants.NGHTTP2_CANCEL)
    expect((await connection.expect('RST_STREAM', 1)).errorCode).toBe('CANCEL')
    // Node ends the request before it resets it.
    expect(request.complete).toBe(true)
    expect(connection.streams.openCount).toBe(0)
  })

  test('sends GOAWAY with the last stream it saw unless told otherwise', async () => {
    const peer = await listen()
    const client = session(peer)
    const goAway = once(client, 'goaway')
    void outcome(client.request({ ':path': '/' }))
    const connection = await peer.nextConnection()
    await connection.preface()
    await connection.expectRequest()
    connection.sendGoAway({ code: 'NO_ERROR', debug: 'bye' })
    const [code, lastStreamId, debug] = await goAway
    expect([code, lastStreamId, String(debug)]).toEqual([0, 1, 'bye'])
  })

  test('answers PING, or not', async () => {
    const peer = await listen({ onConnection: (connection) => connection.preface() })
    const client = session(peer)
    await once(client, 'remoteSettings')
    const ping = () => new Promise((resolve) => client.ping((error) => resolve(error)))
    expect(await ping()).toBe(null)
    const [connection] = peer.connections
    if (connection) connection.answerPings = false
    let answered = false
    client.ping(() => {
      answered = true
    })
    await connection?.expect('PING')
    await connection?.barrier()
    expect(answered).toBe(false)
  })

  test('withholds the ACK of SETTINGS', async () => {
    const peer = await listen({ onConnection: (connection) => connection.preface({ withholdAck: true }) })
    const client = session(peer)
    await once(client, 'remoteSettings')
    await peer.connections[0]?.barrier()
    expect(client.pendingSettingsAck).toBe(true)
    peer.connections[0]?.sendSettingsAck()
    await waitFor(() => !client.pendingSettingsAck)
  })

  test('withholds credit', async () => {
    const peer = await listen({
      async onConnection(connection) {
        connection.returnCredit = false
        await connection.preface()
      },
    })
    const stream = session(peer).request({ ':method': 'POST' })
    stream.on('error', () => {})
    stream.end(Buffer.alloc(100_000))
    const connection = await peer.nextConnection()
    const request = await connection.expectRequest()
    await waitFor(() => request.bodyLength === 65_535)
    await connection.barrier()
    expect(request.complete).toBe(false)
    connection.sendWindowUpdate(0, 100_000)
    connection.sendWindowUpdate(request.streamId, 100_000)
    expect((await request.body()).length).toBe(100_000)
    expect(connection.violations).toEqual([])
  })

  test('splits a header block over CONTINUATION', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface()
        const { streamId } = await connection.expectRequest()
        const headers = { ':status': '200', 'x-long': 'v'.repeat(100) }
        connection.sendHeaders(streamId, headers, { fragmentSize: 40, huffman: true })
        connection.sendData(streamId, 'ok', { endStream: true, padding: 10 })
      },
    })
    const result = await outcome(session(peer).request({ ':path': '/' }))
    expect(result).toMatchObject({ status: 200, body: 'ok', rstCode: 0 })
  })

  // Without CONTINUATION: Node 22.23 (nghttp2 1.69) counts one that arrives in pieces once per piece, and at the
  // ninth ends the session with "Too many CONTINUATION frames".
  test('writes byte by byte', async () => {
    const peer = await listen({
      async onConnection(connection) {
        connection.byteByByte = true
        await connection.preface()
        await (await connection.expectRequest()).respond({ body: 'ok', trailers: { a: 'b' } })
      },
    })
    const result = await outcome(session(peer).request({ ':path': '/' }))
    expect(result).toMatchObject({ status: 200, body: 'ok', trailers: { a: 'b' }, rstCode: 0 })
  })

  test.each<[string, string, (connection: RawConnection, streamId: number) => void]>([
    ['a frame on stream 0', 'PROTOCOL_ERROR', (connection) => connection.sendData(0, 'x')],
    [
      'a false length',
      'FRAME_SIZE_ERROR',
      (connection) => connection.sendFrame({ type: 'PING', length: 7, payload: Buffer.alloc(7) }),
    ],
    [
      'a raw header block',
      'COMPRESSION_ERROR',
      (connection, streamId) => connection.sendHeaders(streamId, hpack.indexed(99)),
    ],
    [
      'an interrupted block',
      'PROTOCOL_ERROR',
      (connection, streamId) => {
        connection.sendHeaders(streamId, { ':status': 200 }, { endHeaders: false })
        connection.sendPing()
      },
    ],
    [
      'a window beyond 2^31-1',
      'FLOW_CONTROL_ERROR',
      (connection) => connection.sendWindowUpdate(0, 0x7fff_ffff),
    ],
    [
      'settings beyond their range',
      'PROTOCOL_ERROR',
      (connection) => connection.sendSettings({ MAX_FRAME_SIZE: 1 }),
    ],
    [
      'a frame beyond SETTINGS_MAX_FRAME_SIZE',
      'FRAME_SIZE_ERROR',
      (connection, streamId) => connection.sendData(streamId, Buffer.alloc(16_385)),
    ],
  ])('can say what the RFC forbids: %s', async (_name, errorCode, misbehave) => {
    const peer = await listen()
    const closed = outcome(session(peer).request({ ':path': '/' }))
    const connection = await peer.nextConnection()
    await connection.preface()
    const { streamId } = await connection.expectRequest()
    misbehave(connection, streamId)
    expect((await connection.expect('GOAWAY')).errorCode).toBe(errorCode)
    await closed
  })
})
