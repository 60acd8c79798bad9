/** Faults of http2-wrapper 2.2.4, by the numbers of the survey: none of them shows through the bridge. */
import { execFile } from 'node:child_process'
import { ClientRequest } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { promisify } from 'node:util'
import http2wrapper from 'http2-wrapper'
import { createBridge } from 'trunkline/http2-wrapper'
import { ChaosServer } from 'trunkline/testing'
import { describe, expect, test } from 'vitest'
import { serverCertificate } from '../support/certificates.ts'
import { Relay } from '../support/relay.ts'
import { type RouteHandler, readBody, startH1Server, startH2Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand } from './support/bridge-stand.ts'
import { failureOf, wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()

test('1: during a graceful drain new requests go to a new connection', async () => {
  const { bridge, server, origin } = await stand.open('h2')
  const long = wholeResponseTo(bridge.get(`${origin}/slow-body/300`))
  await waitFor(() => server.counts.activeRequests === 1)
  server.goAwayAll()
  const results = await Promise.all(
    Array.from({ length: 5 }, () => wholeResponseTo(bridge.get(`${origin}/`))),
  )
  expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect((await long).text).toBe('first,last')
  expect(server.counts.tcpConnections).toBe(2)
})

describe('2: one connection', () => {
  test('of auto, from the first request on', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    for (let index = 0; index < 5; index += 1) await wholeResponseTo((await bridge.auto(`${origin}/`)).end())
    expect(server.counts.tcpConnections).toBe(1)
  })

  test("of http2-wrapper's own auto, with our agents and resolveProtocol", async () => {
    const { bridge, server, origin } = await stand.open('h2')
    for (let index = 0; index < 5; index += 1) {
      const request = await http2wrapper.auto(`${origin}/`, {
        agent: bridge.agents as never,
        resolveProtocol: bridge.resolveProtocol as never,
      })
      expect((await wholeResponseTo(request.end())).json).toMatchObject({ httpVersion: '2.0' })
    }
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('of 20 requests at once to an origin that nobody talked to', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    await Promise.all(Array.from({ length: 20 }, () => wholeResponseTo(bridge.get(`${origin}/delay/20`))))
    expect(server.counts.tcpConnections).toBe(1)
  })
})

test('3: a server that is downgraded to HTTP/1.1 is spoken to in HTTP/1.1', async () => {
  const first = await startH2Server()
  const client = stand.client()
  const bridge = createBridge(client)
  await wholeResponseTo(bridge.get(`${first.origin}/`))
  await first.close()
  const second = stand.add(await startH1Server({ port: first.port }))
  const ask = async () =>
    (await wholeResponseTo((await bridge.auto(`${second.origin}/`)).end())).json.httpVersion
  expect([await ask(), await ask()]).toEqual(['1.1', '1.1'])
})

describe('4: what a request asks of its connection is never passed over', () => {
  const pin = () => undefined
  test.each([
    ['checkServerIdentity', pin],
    ['lookup', pin],
    ['passphrase', 'secret'],
    ['ca', 'pem'],
    ['cert', 'pem'],
    ['servername', 'other.example'],
    ['rejectUnauthorized', false],
    ['createConnection', pin],
    ['localAddress', '127.0.0.2'],
    ['h2session', {}],
  ])('%s is refused by name, before anything is sent', async (name, value) => {
    const { bridge, server, origin } = await stand.open('h2')
    await wholeResponseTo(bridge.get(`${origin}/`))
    expect(() => bridge.request(`${origin}/`, { [name]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining(name),
      }),
    )
    const stream = await bridge.agents.http2.request(origin, { [name]: value })
    const error = await new Promise<Error>((resolve) => stream.once('error', resolve))
    expect(error.message).toContain(name)
    expect(server.counts.requests).toBe(1)
  })

  test('a pin of the client is asked', async () => {
    const server = await stand.server('h2')
    let asked = 0
    const checkServerIdentity = () => {
      asked += 1
      return new Error('not the key that was pinned')
    }
    const bridge = createBridge(stand.client({ tls: { checkServerIdentity } }))
    const error = await failureOf(bridge.get(`${server.origin}/`))
    expect(error.message).toContain('not the key that was pinned')
    expect([asked, server.counts.requests]).toEqual([1, 0])
  })

  test('another agent is refused', () => {
    const bridge = createBridge(stand.client())
    expect(() => bridge.request('https://localhost/', { agent: new http2wrapper.Agent() })).toThrow('agent')
  })
})

test('5: two clients, two pools: nothing is shared by the text of an option', async () => {
  const server = await stand.server('h2')
  const settings = () => ({ http2: { initialWindowSize: 100_000 } })
  const bridges = [1, 2].map(() => createBridge(stand.client(settings())))
  for (const bridge of bridges) await wholeResponseTo(bridge.get(`${server.origin}/`))
  expect(server.counts.tcpConnections).toBe(2)
})

test('6: when the client is destroyed, requests that wait for their turn end, too', async () => {
  const { bridge, client, server, origin } = await stand.open('h2', undefined, { limits: { inFlight: 1 } })
  const requests = [1, 2, 3].map(() => bridge.get(`${origin}/hang`))
  const failures = requests.map(failureOf)
  await waitFor(() => server.counts.activeRequests === 1)
  client.destroy()
  const codes = (await Promise.all(failures)).map(({ code }) => code)
  expect(codes).toEqual(Array(3).fill('ERR_TRUNKLINE_CLIENT_DESTROYED'))
})

test('7: origins whose host is an address', async () => {
  const server = await stand.server('h2')
  const bridge = createBridge(stand.client())
  const byAddress = `https://127.0.0.1:${server.port}`
  expect((await wholeResponseTo(bridge.get(`${byAddress}/`))).status).toBe(200)
  expect((await wholeResponseTo((await bridge.auto(byAddress)).end())).status).toBe(200)
  // Node's servers listen on one family only: it is enough to see where IPv6 goes to.
  for (const origin of ['https://[::1]:1', new URL('https://[::1]:1')]) {
    const error = await failureOf(bridge.get(origin as string))
    expect([error.code, (error.cause as { origin?: string }).origin]).toEqual([
      'ECONNREFUSED',
      'https://[::1]:1',
    ])
  }
})

test('8: rejectUnauthorized: false of the client, and a certificate for another name', async () => {
  const server = stand.add(await startH2Server({ certificate: 'wrongHost' }))
  const bridge = createBridge(stand.client({ tls: { rejectUnauthorized: false } }))
  expect((await wholeResponseTo(bridge.get(`https://127.0.0.1:${server.port}/`))).status).toBe(200)
})

describe('9: a server that takes connections and says nothing', () => {
  async function silent(): Promise<string> {
    const sockets = new Set<{ destroy(): void }>()
    const server = createTcpServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stand.add(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `https://localhost:${(server.address() as { port: number }).port}`
  }

  test('timeout of the request covers the handshake', async () => {
    const bridge = createBridge(stand.client())
    const request = bridge.get(`${await silent()}/`, { timeout: 50 })
    request.once('timeout', () => request.destroy(new Error('it took too long')))
    expect((await failureOf(request)).message).toBe('it took too long')
  })

  test("the client's own limits have Node's code", async () => {
    const bridge = createBridge(stand.client({ timeouts: { tls: 50 } }))
    const error = await failureOf(bridge.get(`${await silent()}/`))
    expect([error.code, (error.cause as { code?: string }).code]).toEqual([
      'ETIMEDOUT',
      'ERR_TRUNKLINE_TLS_TIMEOUT',
    ])
  })
})

describe('10: whatever Node lets through', () => {
  const echo: RouteHandler = async (request, response) => {
    const { method, headers } = request
    const body = (await readBody(request)).toString()
    response.end(JSON.stringify({ method, headers, body }))
  }

  test.each(['GET', 'DELETE', 'OPTIONS', 'POST'])('%s with a body', async (method) => {
    const { bridge, origin } = await stand.open('h2', echo)
    const plain = bridge.request(origin, { method })
    plain.end('some text')
    expect((await wholeResponseTo(plain)).json).toMatchObject({ method, body: 'some text' })
    const measured = bridge.request(origin, { method, headers: { 'content-length': 9 } })
    measured.end('some text')
    expect((await wholeResponseTo(measured)).json).toMatchObject({ method, body: 'some text' })
  })

  test('transfer-encoding, connection, keep-alive and te', async () => {
    const { bridge, origin } = await stand.open('h2', echo)
    const headers = {
      'transfer-encoding': 'chunked',
      connection: 'close',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'close',
      te: 'gzip',
      'x-kept': 'yes',
    }
    const request = bridge.request(origin, { method: 'POST', headers })
    request.write('a')
    request.end('b')
    const { json } = await wholeResponseTo(request)
    expect(json.body).toBe('ab')
    expect(json.headers['x-kept']).toBe('yes')
    for (const name of ['transfer-encoding', 'connection', 'keep-alive', 'proxy-connection', 'te'])
      expect(json.headers).not.toHaveProperty(name)
  })

  test('a switch of protocols is refused, and says so', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    const headers = { connection: 'Upgrade', upgrade: 'websocket' }
    const error = await failureOf(bridge.get(origin, { headers }))
    expect(error).toMatchObject({
      code: 'ERR_TRUNKLINE_INVALID_HEADER',
      message: expect.stringContaining('upgrade'),
    })
    expect(server.counts.requests).toBe(0)
  })
})

test('11: no credentials of a proxy are in what the origin gets, nor does userinfo go there but as asked', async () => {
  const { bridge, server } = await stand.open('h2')
  const { json } = await wholeResponseTo(bridge.get(`https://a%40b:p%3Aq@localhost:${server.port}/headers`))
  expect(json.authorization).toBe(`Basic ${Buffer.from('a@b:p:q').toString('base64')}`)
  expect(Object.keys(json).filter((name) => name.startsWith('proxy-'))).toEqual([])
})

describe("12: messages are Node's", () => {
  test('every interim response, with its fields', async () => {
    const { bridge, origin } = await stand.open('h2', (_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.writeEarlyHints({ link: '</b.css>; rel=preload' })
      response.end('done')
    })
    const request = bridge.get(origin)
    const seen: unknown[] = []
    request.on('information', ({ statusCode, headers }) => seen.push([statusCode, headers.link]))
    await wholeResponseTo(request)
    expect(seen).toEqual([
      [103, '</a.css>; rel=preload'],
      [103, '</b.css>; rel=preload'],
    ])
  })

  test('no pseudo-header field, and nothing of the way through this process', async () => {
    const { bridge, origin } = await stand.open('h2')
    const { message } = await wholeResponseTo(bridge.get(`${origin}/stream/10`))
    expect(Object.keys(message.headers).sort()).toEqual(['content-type', 'date'])
    expect(Object.keys(message.headersDistinct).sort()).toEqual(['content-type', 'date'])
    expect(message.rawHeaders.filter((_, index) => index % 2 === 0).sort()).toEqual(['content-type', 'date'])
    expect([message.httpVersion, message.httpVersionMajor, message.statusMessage]).toEqual(['2.0', 2, ''])
  })

  test("every method of Node's ClientRequest and IncomingMessage", async () => {
    const { bridge, origin } = await stand.open('h2')
    const request = bridge.request(`${origin}/upload`, { method: 'POST', headers: { Trailer: 'x-sum' } })
    expect(request).toBeInstanceOf(ClientRequest)
    expect(request).toBeInstanceOf(bridge.ClientRequest)
    request.setHeaders(new Headers({ 'x-a': '1' }))
    request.appendHeader('X-A', '2')
    expect(request.getHeaders()).toMatchObject({ 'x-a': ['1', '2'] })
    expect(request.getRawHeaderNames()).toEqual(['Trailer', 'Host', 'x-a'])
    request.write('body')
    request.addTrailers({ 'x-sum': '42' })
    request.end()
    const { message, json } = await wholeResponseTo(request)
    expect(json).toMatchObject({ length: 4, trailers: { 'x-sum': '42' } })
    expect(message.headersDistinct['content-type']).toEqual(['application/json'])
    expect(message.trailersDistinct).toEqual({})
  })

  test("through http2-wrapper's own ClientRequest the status is in no list of fields either", async () => {
    const { bridge, origin } = await stand.open('h2')
    const request = http2wrapper.request(origin, { agent: bridge.agents.http2 as never })
    const { message } = await wholeResponseTo(request.end())
    expect(message.statusCode).toBe(200)
    expect(Object.keys(message.headers)).not.toContain(':status')
    expect({ ...message.headers }).not.toHaveProperty(':status')
  })
})

describe('13: what the pool does', () => {
  test.each([
    { kind: 'goaway', atStream: 1 },
    { kind: 'refuse', first: 1 },
  ] as const)('a POST that was provably not processed is sent again: $kind', async (fault) => {
    const server = stand.add(await ChaosServer.listen({ ...(await serverCertificate()), faults: [fault] }))
    const bridge = createBridge(stand.client())
    const request = bridge.request(server.origin, { method: 'POST' })
    request.end('pay once')
    expect((await wholeResponseTo(request)).status).toBe(200)
    expect(server.counts.processed).toBe(1)
  })

  test('a dead connection is noticed when a request is given up, and the next goes elsewhere', async () => {
    const { bridge, client, server } = await stand.open('h2')
    const relay = stand.add(await Relay.listen({ target: server.port }))
    const origin = `https://localhost:${relay.port}`
    await wholeResponseTo(bridge.get(origin))
    // Node is content with the content-length; END_STREAM may come a little later.
    await waitFor(() => client.stats().active === 0)
    relay.blackHole()
    const lost = bridge.get(origin)
    const failed = failureOf(lost)
    await waitFor(() => client.stats().origins[0]?.connections[0]?.openExchanges === 1)
    lost.destroy(new Error('enough'))
    expect((await failed).message).toBe('enough')
    expect((await wholeResponseTo(bridge.get(origin))).status).toBe(200)
    expect(relay.connections.total).toBe(2)
  })

  test('unread bodies are held back by flow control', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    const size = 64 * 1024 * 1024
    const request = bridge.get(`${origin}/bytes/${size}`)
    const message = await new Promise<NodeJS.ReadableStream & { destroy(): void }>((resolve) =>
      request.once('response', resolve as never),
    )
    const written = () => server.sessions[0]?.socket.bytesWritten ?? 0
    let before = -1
    await waitFor(
      () => {
        const still = before === written()
        before = written()
        return still
      },
      { interval: 200, timeout: 10_000 },
    )
    expect(written()).toBeLessThan(8 * 1024 * 1024)
    request.on('error', () => {})
    message.destroy()
  })
})

test('14: who does not import the subpath loads no http2-wrapper, and so none of the internals that it wants', async () => {
  const loads = async (file: string) => {
    const program = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context) } })
      await import(${JSON.stringify(new URL(`../../src/${file}`, import.meta.url))})
      console.log(loaded.includes('http2-wrapper'))`
    const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module']
    return (await promisify(execFile)(process.execPath, [...flags, '-e', program])).stdout.trim()
  }
  expect(await loads('index.ts')).toBe('false')
  expect(await loads('integrations/http2-wrapper/index.ts')).toBe('true')
})

test('what a client is told of how to reach a host holds for every connection: there is no probe', async () => {
  const server = await stand.server('h2')
  const dialled: string[] = []
  const lookup = (host: string, _options: object, callback: (...args: never[]) => void) => {
    dialled.push(host)
    callback(...([null, [{ address: '127.0.0.1', family: 4 }]] as never[]))
  }
  const bridge = createBridge(stand.client({ dns: { lookup: lookup as never } }))
  const request = await http2wrapper.auto(`${server.origin}/`, {
    agent: bridge.agents as never,
    resolveProtocol: bridge.resolveProtocol as never,
  })
  await wholeResponseTo(request.end())
  expect(dialled).toEqual(['localhost'])
  expect(server.counts.tcpConnections).toBe(1)
})
