/** TLS sessions that outlive a process: in files, and in a real Redis. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileTlsSessionStore, LayeredTlsSessionStore, RedisTlsSessionStore } from 'trunkline/tickets'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TlsSession, TlsSessionStore } from '../../src/index.ts'
import { RedisServer, redisMissing } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained } from './support/bench.ts'
import { resultOf, runChild } from './support/child.ts'
import type { TicketPlace } from './support/ticket-store.ts'

const bench = new Bench()
const key = randomBytes(32).toString('base64')
const folder = mkdtempSync(join(tmpdir(), 'trunkline-tickets-'))
let redis: RedisServer | null = null

beforeAll(async () => {
  if (redisMissing === null) redis = await RedisServer.start()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await redis?.[Symbol.asyncDispose]()
})

let directories = 0

function freshDirectory(): string {
  directories += 1
  return join(folder, String(directories))
}

/** An empty one. */
async function place(kind: 'file' | 'redis', singleUse = false): Promise<TicketPlace> {
  if (kind === 'file') return { kind, directory: freshDirectory(), key, singleUse }
  const client = await (redis as RedisServer).client()
  await client.flushAll()
  return { kind, path: (redis as RedisServer).path, key, singleUse }
}

interface ColdStart {
  readonly first: boolean
  readonly handshakes: number
  readonly resumed: number
  readonly tlsSessions: object
}

async function coldStart(origin: string, where: TicketPlace): Promise<ColdStart> {
  return resultOf(await runChild('cold-start', { args: [origin, JSON.stringify(where)] })) as ColdStart
}

describe.each(['file', 'redis'] as const)('sessions in %s', (kind) => {
  const missing = kind === 'redis' ? redisMissing : null
  const title = (text: string) => (missing === null ? text : `${text} (skipped: ${missing})`)

  describe.each(['TLSv1.3', 'TLSv1.2'] as const)('%s', (maxVersion) => {
    test.skipIf(missing !== null)(title('a cold process resumes with its first connection'), async () => {
      const server = await bench.h2Server({ allowHTTP1: true, tls: { maxVersion } })
      const where = await place(kind)
      const starts = [
        await coldStart(server.origin, where),
        await coldStart(server.origin, where),
        await coldStart(server.origin, where),
      ]
      expect(starts.map(({ first }) => first)).toEqual([false, true, true])
      expect(starts.map(({ handshakes, resumed }) => [handshakes, resumed])).toEqual([
        [1, 0],
        [1, 1],
        [1, 1],
      ])
      expect(starts[1]?.tlsSessions).toEqual({ hits: 1, misses: 0, failures: 0, timeouts: 0, paused: false })
      expect(server.counts).toMatchObject({ tlsHandshakes: 3, resumedHandshakes: 2 })
    })
  })

  test.skipIf(missing !== null)(title('several processes at once never get the same one'), async () => {
    const where = JSON.stringify(await place(kind, true))
    const runs = ['a', 'b', 'c', 'd'].map((name) =>
      runChild('take-all', { args: [where, name, '15'], deadline: 25_000 }),
    )
    const taken = (await Promise.all(runs)).map((run) => resultOf(run) as string[])
    const all = taken.flat()
    expect(new Set(all).size).toBe(all.length)
    // Files are bounded to four at a time; in Redis nothing was left out.
    if (kind === 'redis') expect(all).toHaveLength(60)
    else expect(all.length).toBeGreaterThan(15)
  })
})

describe('what somebody tampered with', () => {
  const files = (directory: string) => readdirSync(directory).map((name) => join(directory, name))

  test.each([
    ['damaged', (path: string) => writeFileSync(path, randomBytes(readFileSync(path).length))],
    ['emptied', (path: string) => writeFileSync(path, '')],
  ])('%s files cost a full handshake, and are gone', async (_title, change) => {
    const server = await bench.h2Server()
    const directory = freshDirectory()
    for (let visit = 0; visit < 2; visit += 1) {
      const store = new FileTlsSessionStore({ directory, key, timeout: 5000 })
      const client = bench.client({ tlsSessions: store })
      expect((await drained(client.fetch(server.origin))).timings.resumed).toBe(false)
      await client.close()
      await store.flush()
      if (visit === 0) for (const path of files(directory)) change(path)
    }
    expect(files(directory).every((path) => readFileSync(path).length > 100)).toBe(true)
    expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 0 })
  })

  test('another trust decision finds nothing in the same directory', async () => {
    const server = await bench.h2Server()
    const directory = freshDirectory()
    const visit = async (tls: object) => {
      const store = new FileTlsSessionStore({ directory, key, timeout: 5000 })
      const client = bench.client({ tlsSessions: store, tls })
      const { timings } = await drained(client.fetch(server.origin))
      await client.close()
      await store.flush()
      return timings.resumed
    }
    expect(await visit({})).toBe(false)
    expect(await visit({ minVersion: 'TLSv1.3' })).toBe(false)
    expect(await visit({})).toBe(true)
  })
})

describe.skipIf(redisMissing !== null)(
  `Redis${redisMissing === null ? '' : ` (skipped: ${redisMissing})`}`,
  () => {
    test('keeps entries no longer than the ticket lives, encrypted, under the prefix', async () => {
      const origin = await bench.h2Server({ tls: { sessionTimeout: 120 } })
      await place('redis')
      const client = await (redis as RedisServer).client()
      const store = new RedisTlsSessionStore({ client, key, prefix: 'mine:', timeout: 5000 })
      const one = bench.client({ tlsSessions: store })
      await drained(one.fetch(origin.origin))
      await waitFor(async () => (await client.keys('mine:*')).length === 1, { message: 'a session in Redis' })
      await store.flush()
      const [name = ''] = await client.keys('*')
      expect(name).toMatch(/^mine:1:[0-9a-f]{32}$/)
      const left = await client.pTTL(name)
      expect(left).toBeGreaterThan(60_000)
      expect(left).toBeLessThanOrEqual(120_000)
      expect((await client.lRange(name, 0, -1)).join()).not.toMatch(/localhost|TLSv1/)
    })

    test('gives an entry of one identity to no other, and drops what does not open', async () => {
      await place('redis')
      const client = await (redis as RedisServer).client()
      const store = new RedisTlsSessionStore({ client, key, timeout: 5000 })
      await store.add('good', session('a'))
      const [from = ''] = await client.keys('*')
      await store.add('evil', session('b'))
      const to = (await client.keys('*')).find((name) => name !== from) as string
      const [entry = ''] = await client.lRange(from, 0, -1)
      await client.lPush(to, [entry, 'nonsense', entry.replace(/:[^:]*$/, ':AAAA')])
      expect(Buffer.from((await store.take('evil'))?.ticket ?? []).toString()).toBe('b')
      expect(await client.lLen(to)).toBe(1)
    })

    test('with several tickets: newest first, bounded, the last one kept unless told otherwise', async () => {
      await place('redis')
      const client = await (redis as RedisServer).client()
      const store = new RedisTlsSessionStore({ client, key, maxPerIdentity: 3, timeout: 5000 })
      for (const name of ['a', 'b', 'c', 'd', 'd']) await store.add('id', session(name))
      const next = async () => Buffer.from((await store.take('id'))?.ticket ?? []).toString()
      expect([await next(), await next(), await next(), await next()]).toEqual(['d', 'c', 'b', 'b'])
      await store.forget('id')
      expect(await store.take('id')).toBeUndefined()
    })

    test('has a list for each key, so that a new key may take the place of an old one', async () => {
      await place('redis')
      const client = await (redis as RedisServer).client()
      const [old, next] = [randomBytes(32), randomBytes(32)]
      const storeOf = (...keys: Buffer[]) => new RedisTlsSessionStore({ client, key: keys, timeout: 5000 })
      const ticket = async (store: TlsSessionStore) =>
        Buffer.from((await store.take('id'))?.ticket ?? []).toString()
      await storeOf(old).add('id', session('a'))
      const both = storeOf(next, old)
      expect([await ticket(storeOf(next)), await ticket(both)]).toEqual(['', 'a'])
      await both.add('id', session('b'))
      expect([await ticket(both), await ticket(storeOf(next)), await ticket(storeOf(old))]).toEqual([
        'b',
        'b',
        'a',
      ])
      expect(await client.keys('*')).toHaveLength(2)
      await both.forget('id')
      expect(await client.keys('*')).toEqual([])
    })

    test('that hangs, and one that is gone, cost no request, and show in stats()', async () => {
      const own = await RedisServer.start()
      bench.add(own)
      const origin = await bench.h2Server()
      const store = new RedisTlsSessionStore({ client: await own.client(), key })
      const visit = async () => {
        const client = bench.client({ tlsSessions: store })
        const response = await drained(client.fetch(origin.origin))
        const { tlsSessions } = client.stats()
        await client.close()
        return { status: response.status, tlsSessions }
      }
      own.freeze()
      const frozen = await visit()
      expect(frozen).toMatchObject({ status: 200, tlsSessions: { timeouts: 1, hits: 0 } })
      own.thaw()
      await own.stop()
      for (let dial = 0; dial < 4; dial += 1) expect((await visit()).status).toBe(200)
      const { tlsSessions } = await visit()
      expect(tlsSessions).toMatchObject({ paused: true, hits: 0 })
    })
  },
)

test.each<[string, Partial<TlsSessionStore>]>([
  ['throws', { take: fails, add: fails, forget: fails }],
  ['rejects', { take: rejects, add: rejects, forget: rejects }],
  ['hangs', { take: hangs, add: hangs, forget: hangs }],
  ['gives rubbish', { take: () => ({ ...session('rubbish'), ticket: randomBytes(100) }) }],
])('a store that %s costs no request', async (_title, part) => {
  const server = await bench.h2Server()
  const store = { take: () => undefined, add: () => {}, forget: () => {}, ...part } as TlsSessionStore
  for (let visit = 0; visit < 3; visit += 1) {
    const client = bench.client({ tlsSessions: store })
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    await client.close()
  }
  expect(server.counts).toMatchObject({ requests: 3, resumedHandshakes: 0 })
})

test('memory before a shared store: this process resumes by itself, the next one by what it left', async () => {
  const server = await bench.h2Server()
  const directory = freshDirectory()
  const start = () => {
    const shared = new FileTlsSessionStore({ directory, key, timeout: 5000 })
    return { shared, store: new LayeredTlsSessionStore({ shared }) }
  }
  const visit = async ({ shared, store }: ReturnType<typeof start>) => {
    const client = bench.client({ tlsSessions: store })
    const { timings } = await drained(client.fetch(server.origin))
    await client.close()
    await shared.flush()
    return timings.resumed
  }
  const first = start()
  expect([await visit(first), await visit(first), await visit(start())]).toEqual([false, true, true])
})

function session(ticket: string): TlsSession {
  return {
    ticket: Buffer.from(ticket),
    version: 'TLSv1.3',
    fingerprint256: 'AA',
    verifiedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
  }
}

function fails(): never {
  throw new Error('the store is down')
}
function rejects(): Promise<never> {
  return Promise.reject(new Error('the store is down'))
}
function hangs(): Promise<never> {
  return new Promise(() => {})
}
