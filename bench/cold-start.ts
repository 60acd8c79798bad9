/**
 * `npm run bench:cold-start`: a process that is started for one request, as serverless functions are, with a full
 * handshake and with one that resumes what an earlier process left in a file or in Redis. Medians over `--rounds N`
 * (15); each round does every kind once. `--json`.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { ensureCertificates } from '../certs/generate.ts'
import { startRedis } from '../examples/support/redis.ts'
import { Relay } from '../src/testing/relay.ts'
import type { ColdFigures, ColdOrder } from './cold-start-client.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
const roundTrips = [0, 50]
const versions = ['TLSv1.3', 'TLSv1.2'] as const

const { ca, localhost } = await ensureCertificates()
const script = fileURLToPath(new URL('cold-start-client.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trunkline-cold-'))
const redis = await startRedis()
const key = randomBytes(32).toString('base64')

interface Row {
  readonly tls: string
  readonly roundTrip: number
  readonly store: ColdOrder['store']['kind']
  readonly resumed: string
  readonly total: number
  readonly cpu: number
  readonly request: number
  readonly handshake: number
  readonly opening: number
  readonly taking: number
}

async function coldStart(order: ColdOrder): Promise<ColdFigures> {
  const argv = ['--disable-warning=ExperimentalWarning', script, JSON.stringify(order)]
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 60_000 })
  return JSON.parse(stdout.trim())
}

async function measure(tls: (typeof versions)[number], roundTrip: number): Promise<Row[]> {
  const server = createSecureServer({ ...localhost, minVersion: tls, maxVersion: tls })
  server.on('request', (_request, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const relay = await Relay.listen({ target: (server.address() as AddressInfo).port, delay: roundTrip / 2 })
  const stores: ColdOrder['store'][] = [
    { kind: 'none' },
    { kind: 'file', path: join(folder, `${tls}-${roundTrip}`) },
    ...(redis === null ? [] : [{ kind: 'redis', path: redis.path } as const]),
  ]
  const orders = stores.map((store) => ({ origin: `https://localhost:${relay.port}/`, ca, key, store }))
  // The first of each kind has nothing to resume, and leaves something.
  for (const order of orders) await coldStart(order)
  const seen = orders.map((): ColdFigures[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, order] of orders.entries()) seen[index]?.push(await coldStart(order))
  }
  await relay.close()
  await new Promise((resolve) => server.close(resolve))
  return orders.map(({ store }, index) => rowOf(tls, roundTrip, store.kind, seen[index] ?? []))
}

function rowOf(tls: string, roundTrip: number, store: Row['store'], figures: readonly ColdFigures[]): Row {
  const middle = (of: (one: ColdFigures) => number) => Math.round(10 * median(figures.map(of))) / 10
  return {
    tls,
    roundTrip,
    store,
    resumed: `${figures.filter(({ resumed }) => resumed).length} of ${figures.length}`,
    total: middle(({ total }) => total),
    cpu: middle(({ cpu }) => cpu),
    request: middle(({ request }) => request),
    handshake: middle((one) => one.tls),
    opening: middle(({ opening }) => opening),
    taking: middle(({ taking }) => taking),
  }
}

function markdown(rows: readonly Row[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const heads = [
    ...['TLS', 'Round trip', 'Sessions in', 'Resumed', 'Take', 'Handshake', 'Request'],
    ...['Open store', 'Processor', 'Start to response'],
  ]
  const cells = (row: Row) => [
    row.tls.slice(4),
    `${row.roundTrip} ms`,
    row.store,
    row.resumed,
    ...[row.taking, row.handshake, row.request, row.opening, row.cpu, row.total].map(
      (value) => `${value} ms`,
    ),
  ]
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n')
}

try {
  const rows: Row[] = []
  for (const tls of versions)
    for (const roundTrip of roundTrips) rows.push(...(await measure(tls, roundTrip)))
  console.log(values.json ? JSON.stringify(rows) : markdown(rows))
  if (redis === null) console.error('Without Redis: there is no redis-server on this machine.')
} finally {
  await redis?.close()
  rmSync(folder, { recursive: true, force: true })
}
