import { once } from 'node:events'
import { Agent, get as httpGet, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup } from '../../support/cleanup.ts'
import { Http1Parser, type Http1Request } from '../../support/http1-parser.ts'
import { RawHttp1Peer, type RawHttp1PeerOptions } from '../../support/raw-http1-peer.ts'
import { waitFor } from '../../support/wait-for.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

async function listen(options: RawHttp1PeerOptions = {}): Promise<RawHttp1Peer> {
  return cleanup.add(await RawHttp1Peer.listen({ tls: false, timeout: 1000, ...options }))
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function answer(request: ReturnType<typeof httpRequest>): Promise<IncomingMessage> {
  request.on('error', () => {})
  const [response] = await once(request.end(), 'response')
  return response
}

describe('RawHttp1Peer against the client of node:http', () => {
  test('takes requests and answers in bytes', async () => {
    const peer = await listen({
      async onConnection(connection) {
        const request = await connection.expectRequest()
        expect([request.method, request.target, request.version]).toEqual(['POST', '/a', 'HTTP/1.1'])
        expect(request.body.toString()).toBe('hello')
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      },
    })
    const request = httpRequest(`${peer.origin}/a`, { method: 'POST', headers: { 'content-length': 5 } })
    request.write('hello')
    expect(await text(await answer(request))).toBe('ok')
  })

  test.each(['length', 'chunked', 'close'] as const)('frames a body by %s', async (framing) => {
    const peer = await listen({ autoRespond: { body: 'hello', framing, headers: { 'x-a': 'b' } } })
    const response = await answer(httpGet(peer.origin))
    expect(response.headers['x-a']).toBe('b')
    expect(await text(response)).toBe('hello')
  })

  test('reads a chunked body with trailers, sends trailers', async () => {
    const peer = await listen({
      autoRespond: (request) => ({
        body: request.body,
        framing: 'chunked',
        trailers: { 'x-got': request.trailers.join('=') },
      }),
    })
    const request = httpRequest(peer.origin, { method: 'POST', headers: { trailer: 'x-sum' } })
    request.write('one,')
    request.write('two')
    request.addTrailers({ 'x-sum': '7' })
    const response = await answer(request)
    expect(await text(response)).toBe('one,two')
    expect(response.trailers['x-got']).toBe('x-sum=7')
  })

  test('serves several requests of one connection', async () => {
    const peer = await listen({ autoRespond: (request) => ({ body: request.target }) })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    cleanup.add(() => agent.destroy())
    for (const path of ['/1', '/2', '/3']) {
      expect(await text(await answer(httpGet(peer.origin + path, { agent })))).toBe(path)
    }
    expect(peer.tcpConnections).toBe(1)
    expect(peer.connections[0]?.requests.length).toBe(3)
  })

  test('sees the head before the body, for Expect: 100-continue', async () => {
    const peer = await listen({
      async onConnection(connection) {
        const head = await connection.expectHead()
        expect(head.headers.expect).toBe('100-continue')
        expect(connection.requests).toEqual([])
        connection.send('HTTP/1.1 100 Continue\r\n\r\n')
        const request = await connection.expectRequest()
        connection.respond({ body: request.body })
      },
    })
    const request = httpRequest(peer.origin, { method: 'PUT', headers: { expect: '100-continue' } })
    request.once('continue', () => request.end('later'))
    request.flushHeaders()
    const [response] = await once(request, 'response')
    expect(await text(response)).toBe('later')
  })

  test('speaks TLS, with ALPN http/1.1', async () => {
    const { ca } = await ensureCertificates()
    const peer = await listen({ tls: true, autoRespond: { body: 'safe' } })
    const request = httpsRequest(peer.origin, {
      ca,
      agent: new HttpsAgent({ ALPNProtocols: ['h2', 'http/1.1'] }),
    })
    expect(await text(await answer(request))).toBe('safe')
    expect(peer.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1 })
  })
})

describe('RawHttp1Peer and the transport', () => {
  test.each(['fin', 'reset'] as const)('ends with %s in the middle of a body', async (how) => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.expectRequest()
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
        // A reset may overtake what was written before it.
        await new Promise((resolve) => setTimeout(resolve, 20))
        connection[how]()
      },
    })
    const response = await answer(httpGet(peer.origin))
    await expect(text(response)).rejects.toThrow('aborted')
  })

  test('hangs', async () => {
    const peer = await listen({ onConnection: (connection) => connection.hang() })
    const socket = connect(peer.port, '127.0.0.1')
    cleanup.add(socket)
    socket.write('GET / HTTP/1.1\r\n\r\n')
    const connection = await peer.nextConnection()
    await expect(connection.expectRequest({ timeout: 50 })).rejects.toThrow('came instead: nothing')
    expect(connection.isClosed).toBe(false)
  })

  test('drips a response', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.expectRequest()
        await connection.drip('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', { chunk: 4, every: 1 })
      },
    })
    expect(await text(await answer(httpGet(peer.origin)))).toBe('abc')
  })

  test('says what came when no request did', async () => {
    const peer = await listen()
    const socket = connect(peer.port, '127.0.0.1')
    socket.end('nonsense\r\n\r\n')
    const connection = await peer.nextConnection()
    await expect(connection.expectRequest()).rejects.toThrow('not a request line: "nonsense"')
    await waitFor(() => connection.isClosed)
  })
})

describe('Http1Parser', () => {
  test('reads the same from any split of the bytes', () => {
    const bytes = Buffer.from(
      'POST /a HTTP/1.1\r\nA: 1\r\na:  2 \r\ncontent-length: 3\r\n\r\nabc' +
        'GET /b HTTP/1.0\r\n\r\n' +
        'PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: v\r\n\r\n',
    )
    for (const size of [1, 2, 5, 16, bytes.length]) {
      const requests: Http1Request[] = []
      const parser = new Http1Parser({
        onRequest: (request) => requests.push(request),
        onError: (reason) => expect.unreachable(reason),
      })
      for (let offset = 0; offset < bytes.length; offset += size)
        parser.push(bytes.subarray(offset, offset + size))
      expect(requests.map(({ method, target, body }) => `${method} ${target} ${body}`)).toEqual([
        'POST /a abc',
        'GET /b ',
        'PUT /c abc0123456789',
      ])
      expect(requests[0]?.headers.a).toBe('1, 2')
      expect(requests[2]?.trailers).toEqual(['t', 'v'])
      expect(parser.pending.length).toBe(0)
    }
  })
})
