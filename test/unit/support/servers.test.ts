import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup } from '../../support/cleanup.ts'
import {
  codedText,
  deterministicBytes,
  startH1Server,
  startH2cServer,
  startH2Server,
  type TestServer,
} from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const { ca } = await ensureCertificates()

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: Buffer
  readonly trailers: Record<string, unknown>
  readonly informational: number[]
}

type Ask = (
  path: string,
  options?: { method?: string; body?: Buffer; headers?: OutgoingHttpHeaders },
) => Promise<Answer>

function session(server: TestServer): ClientHttp2Session {
  const client = connect(server.origin, { ca })
  client.on('error', () => {})
  cleanup.add(() => client.destroy())
  return client
}

/** Rejects when the stream closes. */
async function lost(stream: ClientHttp2Stream): Promise<never> {
  await once(stream, 'close')
  throw new Error('the stream was closed')
}

function askH2(server: TestServer): Ask {
  const client = session(server)
  return async (path, { method = 'GET', body, headers = {} } = {}) => {
    const stream = client.request({ ':path': path, ':method': method, ...headers })
    const informational: number[] = []
    let trailers: Record<string, unknown> = {}
    stream.on('headers', (fields) => informational.push(Number(fields[':status'])))
    stream.on('trailers', (fields) => {
      trailers = fields
    })
    stream.end(body)
    const [response] = await Promise.race([once(stream, 'response'), lost(stream)])
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return {
      status: response[':status'],
      headers: response,
      body: Buffer.concat(chunks),
      trailers,
      informational,
    }
  }
}

function askH1(server: TestServer): Ask {
  return async (path, { method = 'GET', body, headers = {} } = {}) => {
    const request = httpsRequest(server.origin + path, { ca, method, headers, agent: false })
    const informational: number[] = []
    request.on('information', (info) => informational.push(info.statusCode))
    const [response] = (await once(request.end(body), 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks),
      trailers: response.trailers,
      informational,
    }
  }
}

const worlds: [string, () => Promise<TestServer>, (server: TestServer) => Ask][] = [
  ['HTTP/2', () => startH2Server(), askH2],
  ['HTTP/1.1 beside HTTP/2', () => startH2Server({ allowHTTP1: true }), askH1],
  ['HTTP/1.1 alone', () => startH1Server(), askH1],
]

describe.each(worlds)('the routes over %s', (name, start, asking) => {
  test('all answer as they should', async () => {
    const server = cleanup.add(await start())
    const ask = asking(server)
    const json = async (...args: Parameters<Ask>) => JSON.parse(String((await ask(...args)).body))

    expect(await json('/')).toEqual({ hello: 'world', httpVersion: name === 'HTTP/2' ? '2.0' : '1.1' })
    expect((await json('/echo?a=b', { headers: { 'x-a': 'b' } })).headers['x-a']).toBe('b')
    expect(await json('/headers', { headers: { 'x-c': 'd' } })).toMatchObject({ 'x-c': 'd' })
    const body = deterministicBytes(300_000)
    expect((await ask('/echo', { method: 'POST', body })).body.equals(body)).toBe(true)
    expect(await json('/upload', { method: 'PUT', body })).toEqual({
      length: 300_000,
      sha256: createHash('sha256').update(body).digest('hex'),
      trailers: {},
    })
    const sized = await ask('/bytes/100000')
    expect([sized.headers['content-length'], sized.body.equals(deterministicBytes(100_000))]).toEqual([
      '100000',
      true,
    ])
    const streamed = await ask('/stream/100000')
    expect([streamed.headers['content-length'], streamed.body.equals(sized.body)]).toEqual([undefined, true])
    expect(await json('/delay/5')).toEqual({ delayed: 5 })
    expect((await ask('/status/503')).status).toBe(503)
    expect((await ask('/status/204')).body.length).toBe(0)
    expect(await ask('/redirect/2')).toMatchObject({ status: 302, headers: { location: '/redirect/1' } })
    expect((await ask('/redirect/1?status=307&to=/echo')).headers).toMatchObject({ location: '/echo' })
    expect((await ask('/trailers')).trailers).toMatchObject({ 'x-trailer': 'yes', 'x-checksum': '0' })
    expect(await ask('/informational')).toMatchObject({ status: 200, informational: [103] })
    expect(String((await ask('/sse')).body)).toContain('id: 3\nevent: tick\ndata: {"count":3}\n\n')
    expect(String(gunzipSync((await ask('/gzip')).body))).toBe(codedText)
    expect(String(inflateSync((await ask('/deflate')).body))).toBe(codedText)
    expect(String(brotliDecompressSync((await ask('/br')).body))).toBe(codedText)
    expect(String(zstdDecompressSync((await ask('/zstd')).body))).toBe(codedText)
    expect(String((await ask('/slow-body/5')).body)).toBe('first,last')
    expect((await ask('/large-headers/1000')).headers['x-large']).toBe('a'.repeat(1000))
    expect((await ask('/nowhere')).status).toBe(404)
    await expect(ask('/destroy')).rejects.toThrow()
  })
})

describe('TestServer', () => {
  test('counts', async () => {
    const server = cleanup.add(await startH2Server({ maxConcurrentStreams: 5 }))
    const client = session(server)
    await once(client, 'remoteSettings')
    expect(client.remoteSettings.maxConcurrentStreams).toBe(5)
    const streams = Array.from({ length: 3 }, () => client.request({ ':path': '/delay/20' }).resume())
    await Promise.all(streams.map((stream) => once(stream, 'close')))
    expect(server.counts).toEqual({
      tcpConnections: 1,
      tlsHandshakes: 1,
      resumedHandshakes: 0,
      failedHandshakes: 0,
      requests: 3,
      maxConcurrentSeen: 3,
      activeRequests: 0,
      openSockets: 1,
      openSessions: 1,
      totalSessions: 1,
    })
  })

  test('fails a test that leaves a connection open, and closes it', async () => {
    const server = await startH2Server()
    const client = session(server)
    await once(client, 'remoteSettings')
    await expect(server.teardown(50)).rejects.toThrow(
      /no open connection; 1 left \(client ports \d+\), 1 HTTP\/2 sessions/,
    )
    await waitFor(() => client.destroyed)
    expect(server.server.listening).toBe(false)
  })

  test('is content when the connection is closed in a while', async () => {
    const server = await startH2Server()
    const client = session(server)
    await once(client, 'remoteSettings')
    setTimeout(() => client.close(), 30)
    await server.teardown()
  })

  test('throws what a handler threw', async () => {
    const server = await startH1Server({
      plain: true,
      handler: () => {
        throw new Error('handler failed')
      },
    })
    await expect(once(httpGet(server.origin), 'response')).rejects.toThrow()
    await expect(server.close()).rejects.toThrow('handler failed')
  })

  test('says GOAWAY, drops and resets', async () => {
    const server = cleanup.add(await startH2Server())
    for (const end of ['goAwayAll', 'dropConnections', 'resetConnections'] as const) {
      const client = session(server)
      await once(client, 'remoteSettings')
      const closed = new Promise((resolve) => client.once('close', resolve))
      server[end]()
      await closed
    }
    await server.assertNoConnections()
  })

  test('speaks HTTP/2 without TLS', async () => {
    const server = cleanup.add(await startH2cServer())
    const answer = await askH2(server)('/')
    expect(JSON.parse(String(answer.body))).toEqual({ hello: 'world', httpVersion: '2.0' })
  })
})
