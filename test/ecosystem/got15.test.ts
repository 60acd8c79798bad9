/**
 * got 15, the last that has http2-wrapper: through `agent.http2`, and through `request`. It is installed under the name
 * `got15`, since `got` is the present one.
 */
import { setDefaultCACertificates } from 'node:tls'
import { createBridge } from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { TestProxy } from '../support/proxy.ts'
import { deterministicBytes, type RouteHandler, startH2Server } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'

interface Answer {
  readonly statusCode: number
  readonly body: string
  readonly rawBody: Uint8Array
  readonly httpVersion: string
  readonly redirectUrls: readonly URL[]
}

/** What is used of got 15. */
interface Got15 {
  (url: string, options?: object): Promise<Answer>
  extend(options: object): Got15
}

const name = 'got15'
const got15 = await import(name).then(
  (module) => module.default as Got15,
  () => null,
)
const { ca } = await ensureCertificates()
// The probe that got 15 has http2-wrapper make is not ours. An authority given to got would be one for each request.
setDefaultCACertificates([ca])
const stand = new BridgeStand()

async function open(protocol: 'h2' | 'http/1.1', route: 'agent' | 'request', handler?: RouteHandler) {
  const track = await stand.open(protocol, handler)
  const { agents, request } = track.bridge
  const given = route === 'agent' ? { http2: true, agent: agents } : { request }
  const api = (got15 as Got15).extend({ ...given, retry: { limit: 0 } })
  return { ...track, api }
}

if (got15 === null) test.skip('needs the package got15 (npm:got@15), which is not installed', () => {})

describe.runIf(got15 !== null).each(protocols)('over %s', (protocol) => {
  test('request: JSON, uploads, bytes, redirects, in one connection', async () => {
    const { api, server, origin } = await open(protocol, 'request')
    const answer = await api(`${origin}/echo`, { method: 'POST', json: { n: 1 } })
    expect([answer.statusCode, answer.body]).toEqual([200, '{"n":1}'])
    expect(answer.httpVersion).toBe(protocol === 'h2' ? '2.0' : '1.1')
    const { rawBody } = await api(`${origin}/bytes/300000`)
    expect(Buffer.from(rawBody)).toEqual(deterministicBytes(300_000))
    expect((await api(`${origin}/gzip`)).body).toBe('Trunkline '.repeat(1000))
    expect((await api(`${origin}/redirect/2`)).redirectUrls.length).toBe(2)
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('request: timeouts, errors and aborts', async () => {
    const { api, server, origin } = await open(protocol, 'request')
    await expect(api(`${origin}/hang`, { timeout: { request: 60 } })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    })
    await expect(api(`${origin}/status/404`)).rejects.toMatchObject({ name: 'HTTPError' })
    const controller = new AbortController()
    const gone = expect(api(`${origin}/hang`, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await waitFor(() => server.counts.activeRequests >= 1)
    controller.abort()
    await gone
    await waitFor(() => server.counts.activeRequests === 0)
  })
})

describe.runIf(got15 !== null)('agent.http2', () => {
  test('JSON, uploads and bytes, over one connection besides its probe', async () => {
    const { api, server, client, origin } = await open('h2', 'agent')
    const answer = await api(`${origin}/echo`, { method: 'POST', json: { n: 1 } })
    expect([answer.statusCode, answer.body, answer.httpVersion]).toEqual([200, '{"n":1}', '2.0'])
    const { rawBody } = await api(`${origin}/bytes/300000`)
    expect(Buffer.from(rawBody)).toEqual(deterministicBytes(300_000))
    expect((await api(`${origin}/gzip`)).body).toBe('Trunkline '.repeat(1000))
    expect([server.counts.requests, client.stats().connections]).toEqual([3, 1])
    expect(server.counts.tcpConnections).toBe(2)
  })

  test('an origin that speaks HTTP/1.1 is left to agents.https', async () => {
    const { api, client, origin } = await open('http/1.1', 'agent')
    expect((await api(`${origin}/echo`)).statusCode).toBe(200)
    expect(client.stats().connections).toBe(1)
  })

  test('errors have their codes', async () => {
    const { api, client, origin } = await open('h2', 'agent')
    await expect(api(`${origin}/hang`, { timeout: { request: 60 } })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    })
    await waitFor(() => client.stats().active === 0)
    const lost = expect(api(`${origin}/hang`)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_CLIENT_DESTROYED',
    })
    await waitFor(() => client.stats().active === 1)
    client.destroy()
    await lost
  })

  test('1: a drain', async () => {
    const { api, server, origin } = await open('h2', 'agent')
    const long = api(`${origin}/slow-body/300`)
    await waitFor(() => server.counts.activeRequests === 1)
    server.goAwayAll()
    expect((await api(`${origin}/`)).statusCode).toBe(200)
    expect((await long).body).toBe('first,last')
  })

  test('4: a pin of one request is refused', async () => {
    const { api, origin, server } = await open('h2', 'agent')
    const https = { checkServerIdentity: () => undefined }
    await expect(api(origin, { https })).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
    expect(server.counts.requests).toBe(0)
  })
})

describe.runIf(got15 !== null)('through a proxy', () => {
  test('request: nobody but the proxy connects', async () => {
    const proxy = stand.add(await TestProxy.start({ kind: 'h2' }))
    const server = await stand.server('h2')
    const { request } = createBridge(stand.client({ proxy: { url: proxy.url, tls: { ca } } }))
    const callers: number[] = []
    server.server.on('connection', (socket) => callers.push(socket.remotePort ?? 0))
    const api = (got15 as Got15).extend({ request })
    for (let index = 0; index < 3; index += 1) expect((await api(server.origin)).statusCode).toBe(200)
    expect(callers.filter((port) => !proxy.upstreamPorts.has(port))).toEqual([])
    expect(callers.length).toBe(1)
  })

  test('agent.http2: the probe of got 15 goes past every agent, as docs/http2-wrapper.md warns', async () => {
    const proxy = stand.add(await TestProxy.start({ kind: 'h2' }))
    const server = stand.add(await startH2Server())
    const { agents } = createBridge(stand.client({ proxy: { url: proxy.url, tls: { ca } } }))
    const callers: number[] = []
    server.server.on('connection', (socket) => callers.push(socket.remotePort ?? 0))
    const api = (got15 as Got15).extend({ agent: agents, http2: true })
    expect((await api(server.origin)).statusCode).toBe(200)
    expect(callers.filter((port) => !proxy.upstreamPorts.has(port)).length).toBe(1)
  })
})
