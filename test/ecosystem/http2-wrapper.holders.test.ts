/**
 * Programs that hold http2-wrapper themselves, its `auto` and `request`, over our agents. The numbers are those of its
 * faults in the survey: what our agents and `resolveProtocol` mend, and, under "cannot", what is in its own class.
 */
import { ClientRequest, IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import http2wrapper from 'http2-wrapper'
import type { Client } from 'trunkline'
import { type Bridge, createBridge } from 'trunkline/http2-wrapper'
import { ChaosServer } from 'trunkline/testing'
import { describe, expect, test } from 'vitest'
import { serverCertificate } from '../support/certificates.ts'
import { readBody, startH1Server, startH2Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { failureOf, responseTo, wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()

type Ask = (bridge: Bridge, url: string, options?: object) => Promise<ClientRequest>

const auto: Ask = ({ agents, resolveProtocol }, url, options = {}) =>
  http2wrapper.auto(url, { agent: agents, resolveProtocol, ...options } as never)
/** As `got` makes its own object of the agents. */
const autoHttp2: Ask = ({ agents, resolveProtocol }, url, options = {}) =>
  http2wrapper.auto(url, { agent: { http2: agents.http2 }, resolveProtocol, ...options } as never)
const request: Ask = async ({ agents }, url, options = {}) =>
  http2wrapper.request(url, { agent: agents.http2, ...options })

const routes: readonly [string, Ask][] = [
  ['auto with all our agents', auto],
  ['auto with agents.http2', autoHttp2],
  ['request with agents.http2', request],
]

const ended = async (asked: Promise<ClientRequest>) => wholeResponseTo((await asked).end())

describe.each(routes)('%s', (_name, ask) => {
  test('1: requests go on while a connection drains', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    const long = ended(ask(bridge, `${origin}/slow-body/300`))
    await waitFor(() => server.counts.activeRequests === 1)
    server.goAwayAll()
    const { status } = await ended(ask(bridge, `${origin}/`))
    expect([status, (await long).text]).toEqual([200, 'first,last'])
  })

  test('2: one connection, at once and one after the other', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    await Promise.all([1, 2, 3].map(() => ended(ask(bridge, `${origin}/`))))
    await ended(ask(bridge, `${origin}/`))
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('4: a pin of one request is refused and not passed over', async () => {
    const { bridge, server, origin } = await stand.open('h2')
    const outcome = ask(bridge, origin, { checkServerIdentity: () => undefined }).then((made) =>
      failureOf(made.end()),
    )
    const error = await outcome.catch((thrown) => thrown)
    expect(error.code).toBe('ERR_TRUNKLINE_INVALID_OPTION')
    expect(server.counts.requests).toBe(0)
  })

  test('6: destroying the client ends requests that wait', async () => {
    const { bridge, client, server, origin } = await stand.open('h2', undefined, { limits: { inFlight: 1 } })
    const failures = await Promise.all(
      [1, 2].map(async () => failureOf((await ask(bridge, `${origin}/hang`)).end())).map(boxed),
    )
    await waitFor(() => server.counts.activeRequests === 1)
    client.destroy()
    for (const { outcome } of failures)
      expect(await outcome).toMatchObject({ code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
  })

  test('7: an IPv4 address as the host', async () => {
    const server = await stand.server('h2')
    const bridge = createBridge(stand.client())
    expect((await ended(ask(bridge, `https://127.0.0.1:${server.port}/`))).status).toBe(200)
  })

  test('8: rejectUnauthorized: false of the client, and another name in the certificate', async () => {
    const server = stand.add(await startH2Server({ certificate: 'wrongHost' }))
    const bridge = createBridge(stand.client({ tls: { rejectUnauthorized: false } }))
    expect((await ended(ask(bridge, `https://127.0.0.1:${server.port}/`))).status).toBe(200)
  })

  test('9: a server that says nothing costs what the client allows', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    stand.add(() => void silent.close())
    const { port } = silent.address() as { port: number }
    const bridge = createBridge(stand.client({ timeouts: { tls: 50 } }))
    const asked = ask(bridge, `https://localhost:${port}/`)
    const error = await asked.then((made) => failureOf(made.end())).catch((thrown) => thrown)
    expect(JSON.stringify([error.code, error.cause?.code])).toContain('ERR_TRUNKLINE_TLS_TIMEOUT')
  })

  test('10: transfer-encoding and other fields of a connection are not sent, and harm nothing', async () => {
    const { bridge, origin } = await stand.open('h2')
    const headers = { 'transfer-encoding': 'chunked', 'keep-alive': 'timeout=5', 'x-kept': 'yes' }
    const made = await ask(bridge, `${origin}/echo?head`, { method: 'PUT', headers })
    made.write('a')
    const { status, text } = await wholeResponseTo(made.end('b'))
    expect([status, text]).toEqual([200, 'ab'])
  })

  test('12: the status is in no list of fields', async () => {
    const { bridge, origin } = await stand.open('h2')
    const { message } = await ended(ask(bridge, `${origin}/`))
    expect(message.statusCode).toBe(200)
    expect({ ...message.headers }).not.toHaveProperty(':status')
  })

  test('13: a POST that was provably not processed is sent again', async () => {
    const faults = [{ kind: 'refuse', first: 1 }] as const
    const server = stand.add(await ChaosServer.listen({ ...(await serverCertificate()), faults }))
    const bridge = createBridge(stand.client())
    const made = await ask(bridge, server.origin, { method: 'POST' })
    expect((await wholeResponseTo(made.end('pay once'))).status).toBe(200)
    expect(server.counts.processed).toBe(1)
  })
})

describe('auto with all our agents has Node’s request', () => {
  test.each(protocols)(
    '10: every method may have a body, and connection may be said, over %s',
    async (protocol) => {
      const { bridge, origin } = await stand.open(protocol, async (message, response) => {
        response.end(JSON.stringify({ method: message.method, body: (await readBody(message)).toString() }))
      })
      for (const method of ['GET', 'DELETE', 'OPTIONS']) {
        const made = await auto(bridge, origin, { method, headers: { connection: 'close' } })
        expect((await wholeResponseTo(made.end('text'))).json).toEqual({ method, body: 'text' })
      }
    },
  )

  test('12: all its methods, every interim response, and the version that was spoken', async () => {
    const { bridge, origin } = await stand.open('h2', (_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.writeEarlyHints({ link: '</b.css>; rel=preload' })
      response.end('done')
    })
    const made = await auto(bridge, origin)
    const links: unknown[] = []
    made.on('information', ({ headers }) => links.push(headers.link))
    made.setHeaders(new Headers({ 'x-a': '1' }))
    made.appendHeader('x-a', '2')
    const { message } = await wholeResponseTo(made.end())
    expect(made).toBeInstanceOf(ClientRequest)
    expect(message).toBeInstanceOf(IncomingMessage)
    expect([links.length, message.httpVersion, message.headersDistinct.date?.length]).toEqual([2, '2.0', 1])
  })

  test('7: an IPv6 address as the host', async () => {
    const bridge = createBridge(stand.client())
    const error = await failureOf((await auto(bridge, 'https://[::1]:1/')).end())
    expect([error.code, (error.cause as { origin?: string }).origin]).toEqual([
      'ECONNREFUSED',
      'https://[::1]:1',
    ])
  })

  test('3: a server that is downgraded to HTTP/1.1', async () => {
    const first = await startH2Server()
    const bridge = createBridge(stand.client())
    await ended(auto(bridge, first.origin))
    await first.close()
    const second = stand.add(await startH1Server({ port: first.port }))
    expect((await ended(auto(bridge, `${second.origin}/`))).json.httpVersion).toBe('1.1')
  })
})

describe('auto with less than our agents', () => {
  test('7: an IPv6 address gets its brackets', async () => {
    const asked: string[] = []
    const connect = async (key: string) => {
      asked.push(key)
      return { protocol: 'h2' }
    }
    const { agents, resolveProtocol } = createBridge({ connect } as never as Client)
    const options = { host: '::1', port: 443, resolveSocket: true, agent: { http2: agents.http2 } }
    expect(await resolveProtocol(options)).toEqual({ alpnProtocol: 'h2' })
    expect([options.host, asked]).toEqual(['[::1]', ['https://[::1]']])
  })

  test.each([
    [
      'HTTP/1.1, and no agent of ours for it',
      'http/1.1',
      (bridge: Bridge) => ({ http2: bridge.agents.http2 }),
    ],
    ['HTTP/2, and an agent of its own', 'h2', () => ({ http2: new http2wrapper.Agent() })],
    ['no agents', 'h2', () => undefined],
  ] as const)('%s: nothing goes past the client', async (_name, protocol, agentOf) => {
    const { bridge, server, origin } = await stand.open(protocol)
    const { resolveProtocol } = bridge
    const asked = http2wrapper.auto(origin, { agent: agentOf(bridge), resolveProtocol } as never)
    await expect(asked).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
    expect([server.counts.tcpConnections, server.counts.requests]).toEqual([1, 0])
  })

  test('who asks for himself hears what is spoken', async () => {
    for (const protocol of protocols) {
      const { bridge, server } = await stand.open(protocol)
      const answer = await bridge.resolveProtocol({ host: 'localhost', port: server.port })
      expect(answer).toEqual({ alpnProtocol: protocol })
    }
  })

  test('the timeout of auto covers the dial', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    stand.add(() => void silent.close())
    const { port } = silent.address() as { port: number }
    const bridge = createBridge(stand.client())
    const asked = autoHttp2(bridge, `https://localhost:${port}/`, { timeout: 50 })
    await expect(asked).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })
})

describe('cannot be mended from outside: in http2-wrapper’s own ClientRequest', () => {
  test('7: IPv6 in a URL throws; in brackets as host it is fine', async () => {
    const { bridge } = await stand.open('h2')
    const agent = bridge.agents.http2
    expect(() => http2wrapper.request('https://[::1]:1/', { agent })).toThrow('Invalid URL')
    const error = await failureOf(http2wrapper.get({ host: '[::1]', port: 1, agent }))
    expect(error.code).toBe('ECONNREFUSED')
  })

  test('10: GET with a body fails, and connection: close throws', async () => {
    const { bridge, origin } = await stand.open('h2')
    const agent = bridge.agents.http2
    const made = http2wrapper.request(origin, { agent })
    const failed = failureOf(made)
    made.end('text')
    expect((await failed).message).toContain('must NOT have a body')
    expect(() => http2wrapper.request(origin, { agent, headers: { connection: 'close' } })).toThrow(
      'connection',
    )
  })

  test('12: one interim response, without its fields', async () => {
    const { bridge, origin } = await stand.open('h2')
    const made = http2wrapper.get(`${origin}/informational`, { agent: bridge.agents.http2 })
    const seen: object[] = []
    made.on('information', (information) => seen.push(information))
    const message = await responseTo(made)
    message.resume()
    expect(seen).toEqual([{ statusCode: 103 }])
    expect([message.headersDistinct, Reflect.get(made, 'getHeaders')]).toEqual([undefined, undefined])
  })
})

test('our agent is one of http2-wrapper’s, and lends nothing', async () => {
  const { bridge, server, origin, client } = await stand.open('h2')
  const agent = bridge.agents.http2
  expect(agent).toBeInstanceOf(http2wrapper.Agent)
  await expect(agent.getSession()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
  await expect(agent.createConnection()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
  agent.closeEmptySessions()
  agent.destroy()
  expect((await ended(request(bridge, origin))).status).toBe(200)
  expect([server.counts.tcpConnections, client.stats().connections, agent.sessionCount]).toEqual([1, 1, 0])
})

function boxed<T>(outcome: Promise<T>): { readonly outcome: Promise<T | Error> } {
  return { outcome: outcome.catch((error: Error) => error) }
}
