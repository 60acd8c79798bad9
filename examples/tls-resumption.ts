/** Reconnecting: what a full TLS handshake costs, and what a resumed one saves. HTTP/2 and HTTP/1.1, TLS 1.2 and 1.3. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient, MemoryTlsSessionStore } from '../src/index.ts'
import { median, ms, round, bytes as size } from './support/format.ts'
import { accent, bar, finish, good, note, table, title } from './support/print.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { type LocalServer, startServer } from './support/server.ts'

const RECONNECTS = 5
const ONE_WAY_MS = 5

interface Reconnect {
  readonly resumed: boolean
  /** The TLS handshake, ms. */
  readonly time: number
  /** What the first request on the connection took on the wire beyond the second one: the price of connecting. */
  readonly bytes: number
}

async function reconnect(client: Client, link: Relay, server: LocalServer): Promise<Reconnect> {
  const first = await get(client, link)
  const second = await get(client, link)
  server.disconnect()
  while (client.stats().connections > 0) await sleep(2)
  return { resumed: first.resumed, time: first.time, bytes: first.bytes - second.bytes }
}

async function get(client: Client, link: Relay): Promise<Reconnect> {
  const before = link.bytes.up + link.bytes.down
  const response = await client.fetch(link.origin)
  await response.text()
  await sleep(2 * ONE_WAY_MS + 5) // for what is still under way: TLS tickets, SETTINGS
  const { tls, resumed } = response.timings
  return { resumed, time: tls ?? 0, bytes: link.bytes.up + link.bytes.down - before }
}

async function measure(protocol: 'h2' | 'http/1.1', tlsVersion: 'TLSv1.2' | 'TLSv1.3') {
  const server = await startServer((_request, response) => response.end('hello'), {
    speaks: protocol,
    tlsVersion,
  })
  const link = await startRelay(server, { delay: ONE_WAY_MS })
  const tls = { ca: server.ca }
  // By default sessions are in one store for the whole process. Here each measurement has its own, and its
  // counterpart has none.
  const forgetful = createClient({ tls, tlsSessions: false })
  const resuming = createClient({ tls, tlsSessions: new MemoryTlsSessionStore() })

  await reconnect(resuming, link, server) // the first connection of all has nothing to resume
  const full: Reconnect[] = []
  const resumed: Reconnect[] = []
  for (let turn = 0; turn < RECONNECTS; turn += 1) {
    full.push(await reconnect(forgetful, link, server))
    resumed.push(await reconnect(resuming, link, server))
  }
  await Promise.all([forgetful.close(), resuming.close()])
  await link.close()
  await server.close()
  return { protocol, tls: tlsVersion, full: summary(full), resumed: summary(resumed) }
}

function summary(reconnects: readonly Reconnect[]) {
  return {
    handshakes: reconnects.length,
    resumed: reconnects.filter((each) => each.resumed).length,
    timeMs: round(median(reconnects.map((each) => each.time))),
    bytes: median(reconnects.map((each) => each.bytes)),
  }
}

title(
  'TLS resumption',
  `${RECONNECTS} reconnects with a full handshake and ${RECONNECTS} with a resumed one, over a link with ${2 * ONE_WAY_MS} ms of`,
  'round trip. Medians.',
)
const results = [
  await measure('h2', 'TLSv1.3'),
  await measure('h2', 'TLSv1.2'),
  await measure('http/1.1', 'TLSv1.3'),
  await measure('http/1.1', 'TLSv1.2'),
]

const longest = Math.max(...results.map(({ full }) => full.timeMs))
const biggest = Math.max(...results.map(({ full }) => full.bytes))
const cells = ({ timeMs, bytes }: ReturnType<typeof summary>) => {
  return [ms(timeMs), accent(bar(timeMs, longest, 14)), size(bytes), accent(bar(bytes, biggest, 14))]
}
table(
  ['protocol', 'TLS', 'handshake', 'time', '', 'bytes', ''],
  results.flatMap(({ protocol, tls, full, resumed }) => [
    [protocol, tls.slice(4), 'full', ...cells(full)],
    ['', '', good(`${resumed.resumed} of ${resumed.handshakes} resumed`), ...cells(resumed)],
  ]),
)

note(
  'A resumed handshake has no certificate and no signatures. With TLS 1.2 that saves a round trip; TLS 1.3 needs only',
  'one anyway, and saves bytes and CPU. A real certificate chain is a few KiB, so in production it saves more.',
  'There is nothing to switch on: sessions outlive connections and clients.',
)
finish({ resumed: results.every(({ resumed }) => resumed.resumed === resumed.handshakes), results })
