import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import {
  CONNECTION_PREFACE,
  dataFrame,
  headersFrame,
  pingFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../support/frames.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { waitFor } from '../../support/wait-for.ts'
import { cleanup, dial, listen, outcome, session } from './node-client.ts'

afterEach(() => cleanup.run())

describe('RawPeer when something is not as awaited', () => {
  test('a wait that is over says what was awaited and what came instead', async () => {
    const peer = await listen()
    void outcome(session(peer).request({ ':path': '/a' }))
    const connection = await peer.nextConnection()
    await connection.preface()
    await waitFor(() => connection.streams.requestCount === 1)
    await expect(connection.expect('RST_STREAM', 1, { timeout: 20 })).rejects.toThrow(
      /^connection 0: waited 20 ms for RST_STREAM on stream 1; came instead: SETTINGS .*HEADERS\[1\] GET \/a END_STREAM/,
    )
  })

  test('expectNo rejects when it came after all', async () => {
    const peer = await listen()
    void outcome(session(peer).request({ ':path': '/a' }))
    const connection = await peer.nextConnection()
    await connection.preface()
    await connection.expectNo('RST_STREAM')
    await expect(connection.expectNo('HEADERS', 1)).rejects.toThrow('HEADERS[1] GET /a END_STREAM came')
  })

  test('a script that fails makes close() fail', async () => {
    const peer = await RawPeer.listen({
      async onConnection(connection) {
        await connection.preface()
        await connection.expect('GOAWAY', 0, { timeout: 20 })
      },
    })
    session(peer)
    await waitFor(() => peer.errors.length === 1)
    await expect(peer.close()).rejects.toThrow('waited 20 ms for GOAWAY')
  })

  test('a script that awaits one more request when the client leaves does not', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface()
        await connection.expectRequest()
      },
    })
    const socket = await dial(peer)
    socket.end()
    await peer.connections[0]?.closed
    expect(peer.errors).toEqual([])
  })

  test('a request body that the client resets rejects, and says so', async () => {
    const peer = await listen()
    const socket = await dial(peer)
    const block = Buffer.from('838487', 'hex')
    socket.write(Buffer.concat([CONNECTION_PREFACE, settingsFrame(), headersFrame(1, block)]))
    socket.write(Buffer.concat([dataFrame(1, 'half'), rstStreamFrame(1, 'INTERNAL_ERROR')]))
    const request = await (await peer.nextConnection()).expectRequest()
    await expect(request.body()).rejects.toThrow(
      'client reset the stream with INTERNAL_ERROR before the request body was complete',
    )
    expect(request.bodyLength).toBe(4)
    expect(peer.violations).toEqual([])
  })

  test('says what came instead of the preface', async () => {
    const peer = await listen()
    const socket = await dial(peer)
    socket.write('GET / HTTP/1.1\r\n\r\n')
    const connection = await peer.nextConnection()
    await expect(connection.preface()).rejects.toThrow(
      '"GET / HTTP/1.1\\r\\n\\r\\n" instead of the HTTP/2 preface',
    )
  })

  test('notes what a client does against the RFC', async () => {
    const peer = await listen({ onConnection: (connection) => connection.autoRespond() })
    const socket = await dial(peer)
    const block = Buffer.from('828487', 'hex')
    socket.write(
      Buffer.concat([
        CONNECTION_PREFACE,
        pingFrame(),
        settingsFrame(),
        headersFrame(2, block),
        dataFrame(4, 'x'),
        windowUpdateFrame(0, 0),
        headersFrame(1, Buffer.of(0x80), { endStream: true }),
      ]),
    )
    await waitFor(() => peer.violations.length === 6)
    expect(peer.violations.map((text) => text.replace(/^.*?: /, ''))).toEqual([
      'the first frame is not SETTINGS (section 3.4)',
      'a client opens odd streams (section 5.1.1)',
      'the stream is idle (section 5.1)',
      'an increment of 0 (section 6.9)',
      'COMPRESSION_ERROR: index 0',
      'the stream is closed (section 5.1.1)',
    ])
  })

  test('counts the streams a client has open at once', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 3 } })
        connection.autoRespond(async () => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          return {}
        })
      },
    })
    const client = session(peer)
    await once(client, 'remoteSettings')
    await Promise.all(Array.from({ length: 3 }, () => outcome(client.request({ ':path': '/' }))))
    await Promise.all(Array.from({ length: 2 }, () => outcome(client.request({ ':path': '/' }))))
    expect(peer.connections[0]?.streams.maxConcurrentSeen).toBe(3)
    expect(peer.violations).toEqual([])
  })
})
