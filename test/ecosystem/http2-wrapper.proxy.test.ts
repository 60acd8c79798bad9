/** Through a proxy by every way into the bridge: nobody but the proxy connects to the origin, for a probe neither. */
import type { ClientRequest } from 'node:http'
import https from 'node:https'
import axios from 'axios'
import got from 'got'
import http2wrapper from 'http2-wrapper'
import { axiosAdapter, type Bridge } from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { TestProxy } from '../support/proxy.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { wholeResponseTo } from './support/node-response.ts'

const stand = new BridgeStand()
const { ca } = await ensureCertificates()

const answered = async (request: ClientRequest) => (await wholeResponseTo(request)).status

const ways: readonly [string, (bridge: Bridge, url: string) => Promise<number | undefined>][] = [
  ['request', (bridge, url) => answered(bridge.request(url).end())],
  ['get', (bridge, url) => answered(bridge.get(url))],
  ['auto', async (bridge, url) => answered((await bridge.auto(url)).end())],
  ['agents.https', ({ agents }, url) => answered(https.get(url, { agent: agents.https }))],
  [
    'auto of http2-wrapper',
    async ({ agents, resolveProtocol }, url) =>
      answered((await http2wrapper.auto(url, { agent: agents, resolveProtocol } as never)).end()),
  ],
  ['request of http2-wrapper', ({ agents }, url) => answered(http2wrapper.get(url, { agent: agents.http2 }))],
  [
    'resolveProtocol by itself',
    async ({ resolveProtocol }, url) => {
      const { hostname, port } = new URL(url)
      await resolveProtocol({ host: hostname, port })
      return 200
    },
  ],
  ['got', async ({ request }, url) => (await got(url, { request: request as never })).statusCode],
  ['axios', async (bridge, url) => (await axios.get(url, { adapter: axiosAdapter(axios, bridge) })).status],
]

describe.each(protocols)('an origin that speaks %s', (protocol) => {
  test.each(ways)('%s', async (_name, ask) => {
    const proxy = stand.add(await TestProxy.start({ kind: 'h2' }))
    const callers: number[] = []
    const { bridge, server, origin } = await stand.open(protocol, undefined, {
      proxy: { url: proxy.url, tls: { ca } },
    })
    server.server.on('connection', (socket) => callers.push(socket.remotePort ?? 0))
    for (let index = 0; index < 3; index += 1) expect(await ask(bridge, `${origin}/`)).toBe(200)
    expect(callers.filter((port) => !proxy.upstreamPorts.has(port))).toEqual([])
    expect([callers.length, server.counts.tcpConnections, proxy.asks.length]).toEqual([1, 1, 1])
  })
})
