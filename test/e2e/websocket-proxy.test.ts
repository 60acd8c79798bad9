/** WebSockets through proxies: over the session in a tunnel, or by an upgrade in a tunnel of its own. */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { TestProxy } from '../support/proxy.ts'
import { SocksProxy } from '../support/socks-proxy.ts'
import { startWebSocketServer } from '../support/web-socket-server.ts'
import { Bench } from './support/bench.ts'

const bench = new Bench()
const { ca } = await ensureCertificates()

/** Its option for a client, and how many connections to origins it was asked for. */
const proxies = {
  'HTTP/1.1': async () => {
    const proxy = bench.add(await TestProxy.start())
    return { option: proxyUrl('http', proxy), asks: proxy.asks }
  },
  'HTTP/2': async () => {
    const proxy = bench.add(await TestProxy.start({ kind: 'h2' }))
    return { option: { url: proxyUrl('https', proxy), tls: { ca } }, asks: proxy.asks }
  },
  'SOCKS 5': async () => {
    const proxy = bench.add(await SocksProxy.start())
    return { option: proxyUrl('socks5h', proxy), asks: proxy.asks }
  },
}

function proxyUrl(scheme: string, { port }: { readonly port: number }): string {
  return `${scheme}://localhost:${port}`
}

describe.each(Object.entries(proxies))('through a proxy of %s', (_name, start) => {
  test.each([
    ['connect', 1],
    // One for the session, which says that it takes none, and one for the connection that is upgraded.
    ['upgrade', 2],
    ['plain', 1],
  ] as const)('a WebSocket by %s takes so many tunnels: %i', async (over, tunnels) => {
    const server = bench.add(await startWebSocketServer({ over }))
    const { option, asks } = await start()
    const client = bench.client({ proxy: option })
    const socket = await client.websocket(server.url)
    socket.send('Ada')
    const [message] = await once(socket, 'message')
    expect(String(message)).toBe('Ada')
    expect(asks).toHaveLength(tunnels)
    socket.close(1000)
    await once(socket, 'close')
  })
})
