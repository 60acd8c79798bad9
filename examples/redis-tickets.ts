/** Processes that live for one request, and resume the TLS sessions of those before them: what Redis keeps for all. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, ms, round } from './support/format.ts'
import { bad, finish, good, note, table, title } from './support/print.ts'
import { type LocalRedis, startRedis } from './support/redis.ts'
import { startRelay } from './support/relay.ts'
import { type LocalServer, startServer } from './support/server.ts'

const PROCESSES = 6
const ONE_WAY_MS = 25

interface Visit {
  readonly resumed: boolean
  /** The TLS handshake, ms. */
  readonly tls: number
}

async function visit(origin: string, ca: string, redis: LocalRedis, key: string): Promise<Visit> {
  const script = fileURLToPath(new URL('support/ticket-process.ts', import.meta.url))
  const env = { ...process.env, ORIGIN: origin, CA: ca, REDIS: redis.path, TICKET_KEY: key }
  const argv = ['--disable-warning=ExperimentalWarning', script]
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env, timeout: 30_000 })
  return JSON.parse(stdout.trim())
}

async function visits(redis: LocalRedis, tlsVersion: 'TLSv1.2' | 'TLSv1.3') {
  const server: LocalServer = await startServer((_request, response) => response.end('hello'), { tlsVersion })
  const link = await startRelay(server, { delay: ONE_WAY_MS })
  const key = randomBytes(32).toString('base64')
  const made: Visit[] = []
  for (let turn = 0; turn < PROCESSES; turn += 1) made.push(await visit(link.origin, server.ca, redis, key))
  const seen = { handshakes: server.seen.handshakes, resumed: server.seen.resumed }
  await link.close()
  await server.close()
  return { tlsVersion, visits: made, seen }
}

title(
  'Tickets in Redis',
  `${PROCESSES} processes one after the other, each for one request over a link with ${2 * ONE_WAY_MS} ms of round trip.`,
  'They share only a Redis and a key.',
)
const redis = await startRedis()
if (redis === null) {
  note(
    'There is no redis-server on this machine. Install it (Debian and Ubuntu: "apt-get install redis-server",',
    'macOS: "brew install redis") and run the example again; it starts one of its own, on a socket.',
  )
  finish({ redis: false })
} else {
  try {
    const results = [await visits(redis, 'TLSv1.3'), await visits(redis, 'TLSv1.2')]
    table(
      ['TLS', 'process', 'first connection', 'handshake'],
      results.flatMap((result) =>
        result.visits.map(({ resumed, tls }, index) => [
          index === 0 ? result.tlsVersion.slice(4) : '',
          index + 1,
          resumed ? good('resumed') : bad('full'),
          ms(tls),
        ]),
      ),
    )
    note(
      'The first process of each kind finds nothing, and stores the sessions it gets: encrypted, bound to the host and',
      'to what this client trusts, and removed from Redis when the server no longer accepts them. With TLS 1.2 a',
      'resumed handshake is a round trip shorter; with TLS 1.3 it saves the certificate and the signatures.',
    )
    finish({
      redis: true,
      results: results.map(({ tlsVersion, visits: made, seen }) => ({
        tls: tlsVersion,
        ...seen,
        fullMs: round(made[0]?.tls ?? 0),
        resumedMs: round(median(made.slice(1).map(({ tls }) => tls))),
      })),
    })
  } finally {
    await redis.close()
  }
}
