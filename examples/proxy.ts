/** HTTP/2 to a server through proxies of three kinds, by names that only they know. */
import { ClientError, createClient, type ProxySetting } from '../src/index.ts'
import { finish, good, note, table, title } from './support/print.ts'
import { type LocalProxy, startHttp2Proxy, startHttpProxy, startSocksProxy } from './support/proxy.ts'
import { startServer } from './support/server.ts'

const LOGIN = 'user:s3cret'
const REQUESTS = 20
const HOSTS = ['a.test', 'b.test', 'trunkline.test']

const server = await startServer((request, response) => {
  response.end(JSON.stringify(request.headers))
})
const { ca, port } = server

title(
  'Proxies',
  `${REQUESTS} requests to each of ${HOSTS.join(', ')}: names that only the proxies can resolve.`,
)

const lookups = new Set<string>()
const resolver = async (name: string) => {
  lookups.add(name)
  return ['127.0.0.1']
}

async function through(proxy: LocalProxy, setting: ProxySetting) {
  const before = server.seen.connections
  const client = createClient({ tls: { ca }, dns: { resolver }, proxy: setting })
  let leaked = false
  const call = async (host: string) => {
    const response = await client.request(`https://${host}:${port}/`)
    leaked ||= (await response.body.text()).includes('authorization')
    return response.protocol
  }
  const startedAt = performance.now()
  const protocols = await Promise.all(
    Array.from({ length: REQUESTS }, () => HOSTS)
      .flat()
      .map(call),
  )
  const timeMs = Math.round(performance.now() - startedAt)
  const shown = client.stats().origins.map((origin) => origin.proxy)
  await client.close()
  return {
    protocols: [...new Set(protocols)],
    toProxy: proxy.seen.connections,
    tunnels: proxy.seen.tunnels,
    toServer: server.seen.connections - before,
    leaked: leaked || shown.join().includes('s3cret'),
    timeMs,
  }
}

const http = await startHttpProxy(LOGIN)
const http2 = await startHttp2Proxy(LOGIN)
const socks = await startSocksProxy()
const ways = {
  http: await through(http, http.url.replace('//', `//${LOGIN}@`)),
  http2: await through(http2, {
    url: http2.url,
    auth: { username: 'user', password: 's3cret' },
    tls: { ca },
  }),
  socks: await through(socks, socks.url),
}
table(
  ['Proxy', 'Protocol', 'To the proxy', 'Tunnels', 'To the server', 'Time'],
  Object.entries(ways).map(([name, { protocols, toProxy, tunnels, toServer, timeMs }]) => [
    { http: 'HTTP/1.1', http2: 'HTTP/2 over TLS', socks: 'SOCKS 5' }[name] ?? name,
    protocols.join(', '),
    toProxy,
    tunnels,
    toServer,
    `${timeMs} ms`,
  ]),
)

const wrong = createClient({ proxy: http.url.replace('//', '//user:guess@') })
const refusal = await wrong.request(`https://a.test:${port}/`).catch((error: unknown) => error)
await wrong.close()

const chosen = createClient({
  tls: { ca },
  dns: { resolver },
  proxy: ({ hostname }) => (hostname === 'localhost' ? null : socks.url),
})
const tunnelsBefore = socks.seen.tunnels
await (await chosen.fetch(server.origin)).text()
await chosen.close()
const straight = socks.seen.tunnels === tunnelsBefore

note(
  'TLS runs from end to end inside the tunnels, so the server speaks HTTP/2 whatever the proxy speaks.',
  'A proxy that speaks HTTP/2 itself has one connection with a stream for each tunnel.',
)
if (refusal instanceof ClientError) note(`Wrong credentials: ${refusal.message}`)
note(
  `Looked up here: ${good([...lookups].join(', '))}. The other names were sent only inside CONNECT.`,
  'A function decides which origins are reached directly.',
)

for (const one of [http, http2, socks, server]) await one.close()

finish({
  ...Object.fromEntries(Object.entries(ways).map(([name, { timeMs: _, ...figures }]) => [name, figures])),
  refused: refusal instanceof ClientError ? refusal.code : null,
  straight,
  lookups: [...lookups],
})
