/** Exchanges that become tunnels: extended CONNECT (RFC 8441) over HTTP/2, Upgrade (RFC 9110 section 7.8) over HTTP/1.1. */
import type { ServerHttp2Stream } from 'node:http2'
import { expect } from 'vitest'
import type { RawConnection } from '../../support/raw-connection.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { deterministicBytes, startH2Server } from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Cases, Context } from '../context.ts'
import type { Recording } from '../recording.ts'
import type { RequestParts, Wire } from '../wire.ts'

const HTTP2_TUNNEL: RequestParts = { method: 'CONNECT', protocol: 'websocket', path: '/chat', body: 'data' }
const UPGRADE: RequestParts = { protocol: 'echo', path: '/chat', body: 'data' }
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\nx-a: b\r\n\r\n'

/** A peer that enables extended CONNECT, and a tunnel that waits for its answer. */
async function http2Tunnel(
  context: Context,
): Promise<{ wire: Wire; peer: RawConnection; recording: Recording; request: RawRequest }> {
  const listener = await RawPeer.listen()
  context.defer(() => listener.close())
  const arrival = listener.nextConnection()
  const connecting = context.connect(listener.origin)
  const peer = await arrival
  await peer.preface({ settings: { ENABLE_CONNECT_PROTOCOL: 1 } })
  const wire = await connecting
  const recording = wire.open({ ...HTTP2_TUNNEL, headers: ['sec-websocket-version', '13'] })
  return { wire, peer, recording, request: await peer.expectRequest() }
}

export const http2TunnelCases: Cases = {
  'an extended CONNECT has its five pseudo-header fields, and stays open': async (context) => {
    const { wire, recording, request } = await http2Tunnel(context)
    const { authority } = wire
    expect(request.headers).toMatchObject({
      ':method': 'CONNECT',
      ':scheme': 'https',
      ':authority': authority,
      ':path': '/chat',
      ':protocol': 'websocket',
      'sec-websocket-version': '13',
    })
    expect(request.endStream).toBe(false)
    recording.reset()
  },

  'it is refused without a slot, until the peer has enabled it': async (context) => {
    const wire = await context.wireTo()
    expect(wire.connection.takesTunnels).toBe(false)
    const error = wire.openError(HTTP2_TUNNEL)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED', processed: 'no' })
    expect(wire.connection.openExchanges).toBe(0)
    expect((await wire.request()).status).toBe(200)
  },

  'bytes go both ways through a tunnel, with flow control': async (context) => {
    const server = await startH2Server({ settings: { enableConnectProtocol: true } })
    server.server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    })
    // Else Node answers CONNECT with 405.
    server.server.on('connect', () => {})
    context.defer(() => server.close())
    const wire = await context.connect(server.origin)
    expect(wire.connection.takesTunnels).toBe(true)
    const recording = wire.open(HTTP2_TUNNEL)
    await recording.until('headers')
    const bytes = deterministicBytes(1024 * 1024)
    expect(recording.exchange.write(bytes)).toBe(false)
    await recording.until('drain')
    recording.exchange.end()
    await recording.complete()
    expect(recording.body.equals(bytes)).toBe(true)
    // Ordinary requests share the connection.
    expect(wire.connection.state).toBe('open')
  },

  'the peer ends its side first: what was written is sent, and the stream ends in order': async (context) => {
    const { peer, recording, request } = await http2Tunnel(context)
    peer.sendHeaders(request.streamId, [':status', '200'])
    await recording.until('headers')
    recording.exchange.write(Buffer.from('last words'))
    await waitFor(() => request.bodyLength > 0, { message: 'the last words' })
    peer.sendData(request.streamId, 'bye', { endStream: true })
    await recording.complete()
    expect(recording.text).toBe('bye')
    expect((await request.body()).toString()).toBe('last words')
    await peer.expectNo('RST_STREAM', request.streamId, { within: 50 })
  },

  'we end our side first: the peer goes on until it ends': async (context) => {
    const { peer, recording, request } = await http2Tunnel(context)
    peer.sendHeaders(request.streamId, [':status', '200'])
    await recording.until('headers')
    recording.exchange.end()
    expect((await request.body()).length).toBe(0)
    peer.sendData(request.streamId, 'more')
    await recording.until('data')
    expect(recording.isOver).toBe(false)
    peer.sendData(request.streamId, '', { endStream: true })
    await recording.complete()
  },

  'a tunnel that is refused is an ordinary response': async (context) => {
    const { peer, recording, request } = await http2Tunnel(context)
    peer.sendHeaders(request.streamId, [':status', '403', 'content-length', '2'])
    peer.sendData(request.streamId, 'no', { endStream: true })
    await recording.complete()
    expect([recording.status, recording.text]).toEqual([403, 'no'])
  },

  'a tunnel that is reset, and one whose connection is lost, end with an error': async (context) => {
    const first = await http2Tunnel(context)
    first.peer.sendHeaders(first.request.streamId, [':status', '200'])
    await first.recording.until('headers')
    first.peer.sendReset(first.request.streamId, 'CONNECT_ERROR')
    const reset = { code: 'ERR_TRUNKLINE_STREAM_RESET', processed: 'yes' }
    expect(await first.recording.failed()).toMatchObject(reset)
    const second = await http2Tunnel(context)
    second.peer.sendHeaders(second.request.streamId, [':status', '200'])
    await second.recording.until('headers')
    second.peer.reset()
    const lost = { code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'yes' }
    expect(await second.recording.failed()).toMatchObject(lost)
  },

  'giving a tunnel up resets its stream, and the connection lives on': async (context) => {
    const { wire, peer, recording, request } = await http2Tunnel(context)
    peer.sendHeaders(request.streamId, [':status', '200'])
    await recording.until('headers')
    recording.reset()
    expect(await peer.expect('RST_STREAM', request.streamId)).toMatchObject({ errorCode: 'CANCEL' })
    expect(wire.connection.state).toBe('open')
  },
}

export const http1TunnelCases: Cases = {
  'a request for a tunnel is exactly these bytes': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({ ...UPGRADE, headers: ['sec-websocket-key', 'abc'] })
    await server.expectHead()
    expect(server.received).toBe(
      `GET /chat HTTP/1.1\r\nhost: ${wire.authority}\r\nsec-websocket-key: abc\r\n` +
        'connection: Upgrade\r\nupgrade: echo\r\n\r\n',
    )
    recording.reset()
  },

  'after 101 bytes go both ways, those that came with the head among them': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open(UPGRADE)
    await server.expectHead()
    server.send(`${SWITCH}first `)
    await recording.until('data')
    expect([recording.status, recording.header('x-a')]).toEqual([101, 'b'])
    server.send('second')
    await waitFor(() => recording.text === 'first second', { message: 'what followed the head' })
    recording.exchange.write(Buffer.from('and back'))
    await waitFor(() => server.received.endsWith('\r\n\r\nand back'), { message: 'the bytes of the client' })
    expect([wire.connection.slots, wire.connection.openExchanges]).toEqual([0, 1])
    recording.exchange.write(Buffer.from(', the last'))
    server.fin()
    await recording.complete()
    await wire.untilClosed()
    expect(server.received.endsWith('and back, the last')).toBe(true)
  },

  'a tunnel is paused and resumed': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open(UPGRADE, { onHeaders: ({ exchange }) => exchange.pause() })
    await server.expectHead()
    server.send(SWITCH)
    await recording.until('headers')
    const bytes = deterministicBytes(32 * 1024 * 1024)
    server.send(bytes)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(recording.bytes).toBeLessThan(1024 * 1024)
    recording.exchange.resume()
    await waitFor(() => recording.bytes === bytes.length, { message: 'all bytes', timeout: 10_000 })
    expect(recording.body.equals(bytes)).toBe(true)
    recording.reset()
  },

  'a tunnel that is refused is an ordinary response': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open(UPGRADE)
    await server.expectHead()
    server.send('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
    await recording.complete()
    expect([recording.status, recording.text]).toEqual([403, 'no'])
  },

  'a tunnel whose connection is lost ends with an error': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open(UPGRADE)
    await server.expectHead()
    server.send(SWITCH)
    await recording.until('headers')
    server.reset()
    const lost = { code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'yes' }
    expect(await recording.failed()).toMatchObject(lost)
  },

  '101 to a request that asked for nothing is malformed': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open()
    await server.expectHead()
    server.send(SWITCH)
    expect(await recording.failed()).toMatchObject({ code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE' })
  },
}
