/** `trunkline/http2-wrapper` in place of `http2-wrapper`: the same names, and what its agents do, without their faults. */
import http, { IncomingMessage } from 'node:http'
import https from 'node:https'
import original from 'http2-wrapper'
import dropIn, * as named from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { TestProxy } from '../support/proxy.ts'
import { startH1Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { failureOf, wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()
const { ca } = await ensureCertificates()
const client = { tls: { ca } }

async function proxyOf(kind: 'http' | 'https' | 'h2', login?: string): Promise<TestProxy> {
  return stand.add(await TestProxy.start({ kind, ...(login !== undefined && { login }) }))
}

function agentOf(options: named.AgentOptions = {}): named.Agent {
  const agent = new dropIn.Agent({ client, ...options })
  stand.add(() => agent.destroy())
  return agent
}

test('every name of http2-wrapper is there, by default and by name', () => {
  const names = Object.keys(original)
  expect(names.length).toBeGreaterThan(15)
  const wanted = names.filter((name) => name !== 'default' && name !== 'module.exports')
  expect(wanted.filter((name) => !(name in dropIn))).toEqual([])
  expect(wanted.filter((name) => !(name in named))).toEqual([])
  for (const name of ['request', 'get', 'auto', 'ClientRequest', 'Agent', 'globalAgent', 'proxies'] as const)
    expect(Reflect.get(dropIn, name)).toBe(named[name])
  expect(Object.keys(dropIn.proxies).sort()).toEqual(Object.keys(original.proxies).sort())
  expect(Object.keys(dropIn.auto)).toEqual(expect.arrayContaining(Object.keys(original.auto)))
  expect(dropIn.constants).toBe(original.constants)
  expect(dropIn.IncomingMessage).toBe(IncomingMessage)
})

describe('Agent', () => {
  test('has a client of its own, is one of http2-wrapper’s, and ends with destroy (fault 6)', async () => {
    const server = await stand.server('h2')
    const agent = agentOf({ client: { ...client, limits: { inFlight: 1 } } })
    expect(agent).toBeInstanceOf(original.Agent)
    expect((await wholeResponseTo(original.get(server.origin, { agent }))).status).toBe(200)
    const failures = [1, 2].map(() => failureOf(original.get(`${server.origin}/hang`, { agent })))
    await waitFor(() => server.counts.activeRequests === 1)
    agent.destroy()
    for (const { code } of await Promise.all(failures)) expect(code).toBe('ERR_TRUNKLINE_CLIENT_DESTROYED')
    await waitFor(() => server.counts.openSockets === 0)
  })

  test('timeout ends what says nothing for so long', async () => {
    const server = await stand.server('h2')
    const error = await failureOf(original.get(`${server.origin}/hang`, { agent: agentOf({ timeout: 60 }) }))
    expect([error.code, (error.cause as { code?: string }).code]).toEqual([
      'ETIMEDOUT',
      'ERR_TRUNKLINE_HEADERS_TIMEOUT',
    ])
  })

  test.each([
    ['maxEmptySessions', { maxEmptySessions: 1 }],
    ['maxSessions', { maxSessions: '1' }],
    ['timeout', { timeout: -1 }],
    ['ca', { ca: 'pem' }],
  ])('%s is refused by name', (name, options) => {
    expect(() => new dropIn.Agent(options as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining(name),
      }),
    )
  })
})

describe.each([
  ['Http2OverHttp2', 'h2', '2.0'],
  ['Http2OverHttp', 'http', '1.1'],
  ['Http2OverHttps', 'https', '1.1'],
] as const)('proxies.%s', (name, kind, spoken) => {
  test('tunnels; fault 11: credentials are decoded, and are for the proxy alone', async () => {
    const proxy = await proxyOf(kind, 'a@b:p:q')
    const server = await stand.server('h2')
    const proxyOptions = { url: proxy.urlWith('a%40b:p%3Aq'), ...(kind !== 'http' && { ca }) }
    const agent = new dropIn.proxies[name]({ proxyOptions, client })
    stand.add(() => agent.destroy())
    const { status, json } = await wholeResponseTo(original.get(`${server.origin}/headers`, { agent }))
    expect(status).toBe(200)
    expect(Object.keys(json).filter((field) => /authorization/.test(field))).toEqual([])
    expect(proxy.asks.map(({ method, httpVersion }) => [method, httpVersion])).toEqual([['CONNECT', spoken]])
    expect(proxy.asks[0]?.headers.authorization).toBeUndefined()
  })

  test('9: a proxy that never answers costs what the client allows', async () => {
    const proxy = stand.add(await TestProxy.start({ kind, answer: () => 'handled' }))
    const server = await stand.server('h2')
    const proxyOptions = { url: proxy.url, ...(kind !== 'http' && { ca }) }
    const agent = new dropIn.proxies[name]({
      proxyOptions,
      client: { ...client, timeouts: { proxy: 60 } },
    })
    stand.add(() => agent.destroy())
    const error = await failureOf(original.get(server.origin, { agent }))
    expect(error.code).toBe('ETIMEDOUT')
    expect(server.counts.tcpConnections).toBe(0)
  })
})

describe('proxies for Node’s own request', () => {
  test.each(protocols)('HttpsOverHttp2 to an origin that speaks %s', async (protocol) => {
    const proxy = await proxyOf('h2')
    const server = await stand.server(protocol)
    const agent = new dropIn.proxies.HttpsOverHttp2({ proxyOptions: { url: proxy.url, ca }, client })
    stand.add(() => agent.destroy())
    const { json } = await wholeResponseTo(https.get(server.origin, { agent }))
    expect([json.httpVersion, proxy.asks[0]?.httpVersion]).toEqual([protocol === 'h2' ? '2.0' : '1.1', '2.0'])
  })

  test('HttpOverHttp2', async () => {
    const proxy = await proxyOf('h2')
    const server = stand.add(await startH1Server({ plain: true }))
    const agent = new dropIn.proxies.HttpOverHttp2({ proxyOptions: { url: proxy.url, ca }, client })
    stand.add(() => agent.destroy())
    expect((await wholeResponseTo(http.get(server.origin, { agent }))).status).toBe(200)
    expect(proxy.asks.map(({ method }) => method)).toEqual(['CONNECT'])
  })

  test.each([
    ['url', {}],
    ['raw', { url: 'https://localhost:1', raw: false }],
    ['agent', { url: 'https://localhost:1', agent: {} }],
  ])('%s is refused by name', (name, proxyOptions) => {
    expect(() => new dropIn.proxies.Http2OverHttp2({ proxyOptions } as never)).toThrow(name)
  })

  test('proxyOptions are needed', () => {
    expect(() => new dropIn.proxies.Http2OverHttp2({} as never)).toThrow('proxyOptions')
  })
})
