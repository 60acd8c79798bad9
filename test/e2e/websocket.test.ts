/** WebSockets over one HTTP/2 session, and over HTTP/1.1 where there is nothing else. */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { deterministicBytes } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  startWebSocketServer,
  type WebSocketServerOptions,
  type WebSocketTestServer,
} from '../support/web-socket-server.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()
const ways = ['connect', 'upgrade', 'http/1.1', 'plain'] as const

async function serve(options: WebSocketServerOptions): Promise<WebSocketTestServer> {
  return bench.add(await startWebSocketServer(options))
}

async function nextMessage(socket: import('trunkline').WebSocketConnection): Promise<string> {
  const [data] = await once(socket, 'message')
  return String(data)
}

describe.each(ways)('over %s', (over) => {
  const protocol = over === 'connect' ? 'h2' : 'http/1.1'

  test('messages go both ways, and the handshake is whole', async () => {
    const server = await serve({ over, handleProtocols: () => 'v2' })
    const client = bench.client()
    const socket = await client.websocket(`${server.url}?room=1`, {
      protocols: ['v2', 'v1'],
      headers: { 'x-caller': 'me', origin: 'https://page.example' },
    })
    expect([socket.readyState, socket.protocol, socket.url]).toEqual([1, 'v2', expect.any(String)])
    socket.send('Ada ☃')
    expect(await nextMessage(socket)).toBe('Ada ☃')
    const bytes = deterministicBytes(300_000)
    socket.send(bytes)
    const [data, isBinary] = await once(socket, 'message')
    expect([bytes.equals(data), isBinary]).toEqual([true, true])
    expect(server.seen).toEqual([
      expect.objectContaining({
        over: protocol,
        path: '/chat?room=1',
        headers: expect.objectContaining({
          'x-caller': 'me',
          origin: 'https://page.example',
          'sec-websocket-version': '13',
          'sec-websocket-protocol': 'v2,v1',
        }),
      }),
    ])
    expect('sec-websocket-key' in (server.seen[0]?.headers ?? {})).toBe(protocol === 'http/1.1')
    socket.close(1000, 'done')
    expect(await once(socket, 'close')).toEqual([1000, Buffer.from('done')])
    await waitFor(() => client.stats().active === 0)
  })

  test('a message that comes with the handshake is not missed', async () => {
    const server = await serve({ over, onSocket: (socket) => socket.send('welcome') })
    const client = bench.client()
    for (let round = 0; round < 5; round += 1) {
      const socket = await client.websocket(server.url)
      // Callers may pass the promise on a few times before they listen.
      for (let hop = 0; hop < 50; hop += 1) await null
      expect(await nextMessage(socket)).toBe('welcome')
      socket.terminate()
    }
  })

  test('compressed messages', async () => {
    const server = await serve({ over, perMessageDeflate: { threshold: 0 } })
    const client = bench.client()
    const socket = await client.websocket(server.url, { perMessageDeflate: { threshold: 0 } })
    expect(socket.extensions).toContain('permessage-deflate')
    const text = 'again and '.repeat(50_000)
    socket.send(text)
    expect(await nextMessage(socket)).toBe(text)
    const received = client.stats().origins.flatMap(({ connections }) => connections)
    expect(Math.max(...received.map(({ bytesSent }) => bytesSent))).toBeLessThan(50_000)
    const plain = await client.websocket(server.url, { perMessageDeflate: false })
    expect(plain.extensions).toBe('')
    for (const one of [socket, plain]) one.close()
  })

  test('the server closes, with a code and a reason', async () => {
    const server = await serve({ over, onSocket: (socket) => socket.close(4001, 'enough') })
    const socket = await bench.client().websocket(server.url)
    expect(await once(socket, 'close')).toEqual([4001, Buffer.from('enough')])
  })

  test('ping and pong', async () => {
    const server = await serve({ over })
    const socket = await bench.client().websocket(server.url)
    socket.ping('are you there')
    expect(String((await once(socket, 'pong'))[0])).toBe('are you there')
    const [there] = [...server.sockets]
    there?.ping('and you')
    expect(String((await once(socket, 'ping'))[0])).toBe('and you')
    socket.close()
  })

  test('a refusal is a typed error, with its status', async () => {
    const server = await serve({ over, refuse: 403 })
    const client = bench.client()
    const error = await rejection(client.websocket(server.url))
    expect(error).toMatchObject({
      name: 'WebSocketError',
      code: 'ERR_TRUNKLINE_WEBSOCKET_REFUSED',
      status: 403,
      processed: 'yes',
    })
    await waitFor(() => client.stats().active === 0)
  })

  test('an answer without the subprotocol that was asked for is not in order', async () => {
    const server = await serve({ over, handleProtocols: () => false })
    const error = await rejection(bench.client().websocket(server.url, { protocols: 'v9' }))
    expect(error).toMatchObject({
      code: 'ERR_TRUNKLINE_WEBSOCKET_REFUSED',
      status: over === 'connect' ? 200 : 101,
      message: expect.stringContaining('no subprotocol'),
    })
  })

  test('backpressure: a reader that pauses holds the server back', async () => {
    let accepted = 0
    const piece = Buffer.alloc(64 * 1024, 7)
    const server = await serve({
      over,
      perMessageDeflate: false,
      onSocket: (socket) => {
        const more = () => {
          if (accepted < 1000) socket.send(piece, () => setImmediate(more))
          accepted += 1
        }
        more()
      },
    })
    const socket = await bench.client({ http2: { initialWindowSize: 256 * 1024 } }).websocket(server.url)
    socket.pause()
    let before = -1
    await waitFor(
      () => {
        const still = accepted === before
        before = accepted
        return still
      },
      { interval: 100, timeout: 10_000, message: 'the server to be held back' },
    )
    expect(accepted).toBeLessThan(1000)
    let received = 0
    socket.on('message', (data: Buffer) => {
      received += data.length
    })
    socket.resume()
    await waitFor(() => received === 1000 * piece.length, { timeout: 15_000, message: 'the rest' })
    socket.close()
  })

  test('bufferedAmount tells what the server does not take', async () => {
    const server = await serve({ over, onSocket: (socket) => socket.pause() })
    const socket = await bench.client().websocket(server.url, { perMessageDeflate: false })
    socket.send(Buffer.alloc(24 * 1024 * 1024))
    await waitFor(() => server.sockets.size === 1)
    expect(socket.bufferedAmount).toBeGreaterThan(8 * 1024 * 1024)
    const [there] = [...server.sockets]
    there?.resume()
    await waitFor(() => socket.bufferedAmount === 0, { timeout: 15_000, message: 'all of it to be sent' })
    socket.close()
  })

  test('terminate ends it at once, on both sides', async () => {
    const server = await serve({ over })
    const client = bench.client()
    const socket = await client.websocket(server.url)
    socket.terminate()
    await once(socket, 'close')
    await waitFor(() => server.sockets.size === 0, { message: 'the server to see it' })
    await waitFor(() => client.stats().active === 0)
  })

  test('a server that goes away without a word: close with 1006, and what happened as an error', async () => {
    const server = await serve({ over })
    const socket = await bench.client().websocket(server.url)
    const silent = await bench.client().websocket(server.url)
    const told: unknown[] = []
    socket.on('error', (error) => told.push(error))
    socket.on('close', (code) => told.push(code))
    server.server.resetConnections()
    await waitFor(() => told.length === 2, { message: 'error and close' })
    expect(told).toEqual([
      expect.objectContaining({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'yes' }),
      1006,
    ])
    // Who does not listen to errors is not ended by them.
    await waitFor(() => silent.readyState === 3, { message: 'the other one to close' })
  })

  test('client.close() says goodbye with 1001, and resolves', async () => {
    const codes: number[] = []
    const server = await serve({ over, onSocket: (socket) => socket.on('close', (code) => codes.push(code)) })
    const client = bench.client()
    const sockets = await Promise.all([client.websocket(server.url), client.websocket(server.url)])
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
    await client.close()
    await closed
    await waitFor(() => codes.length === 2)
    expect(codes).toEqual([1001, 1001])
    expect(await rejection(client.websocket(server.url))).toMatchObject({
      code: 'ERR_TRUNKLINE_CLIENT_CLOSED',
    })
  })

  test('client.destroy() ends them, with its reason', async () => {
    const server = await serve({ over })
    const client = bench.client()
    const socket = await client.websocket(server.url)
    const errors: Error[] = []
    socket.on('error', (error) => errors.push(error))
    const codes: number[] = []
    socket.on('close', (code) => codes.push(code))
    client.destroy()
    await waitFor(() => codes.length === 1, { message: 'the close of the socket' })
    expect(codes).toEqual([1006])
    expect(errors[0]).toMatchObject({ code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
  })
})

test('a hundred WebSockets and requests share one session', async () => {
  const server = await serve({ over: 'connect' })
  const client = bench.client()
  const sockets = await Promise.all(Array.from({ length: 99 }, () => client.websocket(server.url)))
  const answers = sockets.map((socket, index) => {
    const answer = nextMessage(socket)
    socket.send(`number ${index}`)
    return answer
  })
  expect(await Promise.all(answers)).toEqual(sockets.map((_, index) => `number ${index}`))
  await drained(client.fetch(server.server.origin))
  expect(client.stats()).toMatchObject({ connections: 1, handshakes: 1 })
  for (const socket of sockets) socket.close()
})

test('an upgrade has a connection of its own, and counts towards the limits', async () => {
  const server = await serve({ over: 'upgrade' })
  const client = bench.client({ limits: { connections: 2 } })
  const socket = await client.websocket(server.url)
  const kinds = client
    .stats()
    .origins.map(({ origin, connections }) => [
      origin.endsWith('#upgrade'),
      connections.map(({ protocol }) => protocol),
    ])
  expect(kinds).toEqual([
    [false, ['h2']],
    [true, ['http/1.1']],
  ])
  expect(client.stats().connections).toBe(2)
  socket.close()
})

test('more upgrades than http1.maxSockets: tunnels do not take the sockets of requests', async () => {
  const server = await serve({ over: 'http/1.1' })
  const client = bench.client({ http1: { maxSockets: 1 } })
  const sockets = await Promise.all([client.websocket(server.url), client.websocket(server.url)])
  await drained(client.fetch(server.server.origin))
  for (const socket of sockets) socket.close()
})

test('no HTTP/1.1 allowed, and no extended CONNECT: a typed error', async () => {
  const server = await serve({ over: 'upgrade' })
  const client = bench.client({ protocols: ['h2'] })
  const error = await rejection(client.websocket(server.url))
  expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED', processed: 'no' })
})

test('credentials of the URL go as Basic, and nowhere else', async () => {
  const server = await serve({ over: 'connect' })
  const url = server.url.replace('wss://', 'wss://ada:s%40cret@')
  const socket = await bench.client().websocket(url)
  expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ada:s@cret').toString('base64')}`)
  expect(socket.url).not.toContain('cret')
  socket.close()
})

describe('a handshake that is given up', () => {
  test.each(['connect', 'upgrade'] as const)('by its signal, over %s: the reason', async (over) => {
    const server = await serve({ over, verifyClient: (_info, _callback) => {} })
    const client = bench.client()
    const controller = new AbortController()
    const opening = rejection(client.websocket(server.url, { signal: controller.signal }))
    await waitFor(() => server.seen.length === 1, { message: 'the handshake' })
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await opening).toBe(reason)
    await waitFor(() => client.stats().active === 0)
  })

  test('by its deadline: a TimeoutError', async () => {
    const server = await serve({ over: 'connect', verifyClient: (_info, _callback) => {} })
    const error = await rejection(bench.client().websocket(server.url, { timeouts: { total: 50 } }))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT' })
  })

  test('nobody there: the error of the dial', async () => {
    const error = await rejection(bench.client().websocket('wss://localhost:2/'))
    expect(error).toMatchObject({
      name: 'ConnectError',
      code: 'ERR_TRUNKLINE_CONNECT_FAILED',
      processed: 'no',
    })
  })
})

test.each([
  ['ftp://example.com', {}, 'ERR_TRUNKLINE_INVALID_URL', 'ws:, wss:'],
  ['wss://example.com/#part', {}, 'ERR_TRUNKLINE_INVALID_URL', 'fragment'],
  ['wss://a%zz@example.com/', {}, 'ERR_TRUNKLINE_INVALID_URL', '%'],
  ['wss://example.com', { protocol: 'x' }, 'ERR_TRUNKLINE_INVALID_OPTION', 'protocol is not an option'],
  ['wss://example.com', { maxPayload: -1 }, 'ERR_TRUNKLINE_INVALID_OPTION', 'maxPayload'],
  ['wss://example.com', { protocols: ['a b'] }, 'ERR_TRUNKLINE_INVALID_OPTION', 'protocols'],
  ['wss://example.com', { timeouts: { totl: 1 } }, 'ERR_TRUNKLINE_INVALID_OPTION', 'totl'],
  [
    'wss://example.com',
    { headers: { 'sec-websocket-key': 'x' } },
    'ERR_TRUNKLINE_INVALID_OPTION',
    'sec-websocket-key',
  ],
  ['wss://example.com', { headers: { 'x\n': 'x' } }, 'ERR_TRUNKLINE_INVALID_HEADER', 'x'],
])('bad input is refused by name: %s %j', async (url, options, code, part) => {
  const error = await rejection(bench.client().websocket(url, options as object))
  expect(error).toMatchObject({ code, message: expect.stringContaining(part) })
})
