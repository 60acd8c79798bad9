import { beforeEach, describe, expect, test } from 'vitest'
import { DnsCache, type DnsCachePolicy } from '../../../src/connect/dns-cache.ts'
import type { Answer } from '../../../src/connect/dns-resolvers.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const POLICY: DnsCachePolicy = { ttl: 30_000, staleFor: 60_000, negativeTtl: 1000, maxEntries: 3 }

let clock: FakeClock
let asked: string[]
/** Questions that nobody has answered yet. */
let open: { resolve(answer: Answer): void; reject(error: unknown): void }[]

beforeEach(() => {
  clock = new FakeClock(5000)
  asked = []
  open = []
})

function cacheWith(policy: Partial<DnsCachePolicy> = {}): DnsCache {
  const resolver = (hostname: string) =>
    new Promise<Answer>((resolve, reject) => {
      asked.push(hostname)
      open.push({ resolve, reject })
    })
  return new DnsCache(resolver, { ...POLICY, ...policy }, clock)
}

function answer(address: string, ttl: number | null = null): void {
  open.shift()?.resolve({ addresses: [{ address, family: 4 }], ttl })
}

function fail(code: string): void {
  open.shift()?.reject(Object.assign(new Error(code), { code }))
}

/** The address that the cache gives, with what is asked meanwhile answered by `address`. */
async function found(cache: DnsCache, hostname = 'a.test'): Promise<string | undefined> {
  return (await cache.get(hostname)).addresses[0]?.address
}

async function filled(cache: DnsCache, address = '192.0.2.1', ttl: number | null = null): Promise<void> {
  const first = found(cache)
  answer(address, ttl)
  await first
}

describe('a name is asked for', () => {
  test('once by many at the same time', async () => {
    const cache = cacheWith()
    const all = Array.from({ length: 10 }, () => found(cache))
    answer('192.0.2.1')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['192.0.2.1']))
    expect(asked).toEqual(['a.test'])
  })

  test('not again while its answer is fresh', async () => {
    const cache = cacheWith()
    await filled(cache)
    await clock.advance(29_999)
    expect(await found(cache)).toBe('192.0.2.1')
    expect(asked.length).toBe(1)
  })

  test('behind an answer that is stale, which is given meanwhile', async () => {
    const cache = cacheWith()
    await filled(cache)
    await clock.advance(30_000)
    expect(await Promise.all([found(cache), found(cache)])).toEqual(['192.0.2.1', '192.0.2.1'])
    expect(asked.length).toBe(2)
    answer('192.0.2.2')
    await clock.flush()
    expect(await found(cache)).toBe('192.0.2.2')
    expect(asked.length).toBe(2)
  })

  test('before anything is given when the answer is too old', async () => {
    const cache = cacheWith()
    await filled(cache)
    await clock.advance(90_000)
    const late = found(cache)
    answer('192.0.2.2')
    expect(await late).toBe('192.0.2.2')
  })

  test('when its records say so, if that is sooner', async () => {
    const cache = cacheWith({ staleFor: 0 })
    await filled(cache, '192.0.2.1', 2000)
    await clock.advance(2000)
    const late = found(cache)
    answer('192.0.2.2', 300_000)
    expect(await late).toBe('192.0.2.2')
    await clock.advance(30_000)
    void found(cache)
    expect(asked.length).toBe(3)
  })

  test('each time when its records have no life', async () => {
    const cache = cacheWith()
    await filled(cache, '192.0.2.1', 0)
    await filled(cache, '192.0.2.2', 0)
    expect(asked.length).toBe(2)
    expect(cache.size).toBe(0)
  })
})

describe('failures', () => {
  test('that a name does not exist is remembered for a short while', async () => {
    const cache = cacheWith()
    const first = found(cache)
    fail('ENOTFOUND')
    await expect(first).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(found(cache)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(asked.length).toBe(1)
    await clock.advance(1000)
    const second = found(cache)
    answer('192.0.2.1')
    expect(await second).toBe('192.0.2.1')
  })

  test('that nobody could tell is not', async () => {
    const cache = cacheWith()
    const first = found(cache)
    fail('EAI_AGAIN')
    await expect(first).rejects.toMatchObject({ code: 'EAI_AGAIN' })
    await filled(cache)
    expect(asked.length).toBe(2)
  })

  test('of a refresh leave the old answer in place', async () => {
    const cache = cacheWith()
    await filled(cache)
    await clock.advance(30_000)
    expect(await found(cache)).toBe('192.0.2.1')
    fail('ESERVFAIL')
    await clock.flush()
    expect(await found(cache)).toBe('192.0.2.1')
    expect(asked.length).toBe(3)
  })

  test('an answer that never comes is joined by nobody after it was given up', async () => {
    const cache = cacheWith()
    void found(cache)
    void found(cache)
    expect(asked.length).toBe(1)
    cache.abandon('a.test')
    const second = found(cache)
    expect(asked.length).toBe(2)
    open.pop()?.resolve({ addresses: [{ address: '192.0.2.7', family: 4 }], ttl: null })
    expect(await second).toBe('192.0.2.7')
  })
})

test('it holds no more names than it may, those used least recently go first', async () => {
  const cache = cacheWith()
  for (const name of ['a', 'b', 'c', 'a', 'd']) {
    const one = found(cache, name)
    answer('192.0.2.1')
    await one
  }
  expect(cache.size).toBe(3)
  expect(asked).toEqual(['a', 'b', 'c', 'd'])
  await found(cache, 'a')
  expect(asked.length).toBe(4)
  void found(cache, 'b')
  expect(asked.at(-1)).toBe('b')
})
