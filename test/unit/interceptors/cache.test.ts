import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientRequest, ClientResponse } from '../../../src/core/dispatch.ts'
import { ConnectionError } from '../../../src/core/errors.ts'
import { type HeaderList, headerValue } from '../../../src/core/headers.ts'
import { type CacheOptions, createCache } from '../../../src/interceptors/cache-interceptor.ts'
import { type CacheEntry, type CacheStore, MemoryCacheStore } from '../../../src/interceptors/cache-store.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  clientRequest,
  clientResponse,
  openResponse,
  type Step,
  scripted,
  textBody,
} from '../fakes/exchange.ts'

const URL_A = 'https://example.test/a'

beforeEach(() => {
  // http-cache-semantics asks nobody else for the time.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
})

afterEach(() => {
  vi.useRealTimers()
})

const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

class World {
  readonly clock = new FakeClock()
  readonly hits: string[] = []
  readonly script
  readonly cache
  readonly #send

  constructor(options: CacheOptions, ...steps: Step[]) {
    this.script = scripted(...steps)
    this.cache = createCache(
      { onHit: ({ kind, age }) => this.hits.push(`${kind} ${age}`), ...options },
      this.clock,
    )
    this.#send = this.cache(this.script.dispatch)
  }

  /** Sends, and reads the response. */
  async get(
    part: Partial<ClientRequest> = {},
    url = URL_A,
  ): Promise<ClientResponse & { readonly text: string }> {
    const response = await this.#send(clientRequest(part, url))
    return { ...response, text: await response.body.text() }
  }

  send(part: Partial<ClientRequest> = {}, url = URL_A): Promise<ClientResponse> {
    return this.#send(clientRequest(part, url))
  }

  get asked(): number {
    return this.script.requests.length
  }

  sent(index: number, name: string): string | null {
    return headerValue(this.script.requests[index]?.headers ?? [], name)
  }
}

const ok = (body: string, ...headers: string[]) => clientResponse(200, headers, body)
const cached = (body: string, maxAge = 60, ...headers: string[]) =>
  ok(body, 'cache-control', `max-age=${maxAge}`, ...headers)
const failed = () => new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')
/** Lets what goes on in the background end. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a response that holds', () => {
  test('is served again, with its age, and from no connection', async () => {
    const world = new World({}, cached('one', 60, 'content-type', 'text/plain'))
    expect((await world.get()).text).toBe('one')
    later(10)
    const again = await world.get()
    expect(again.text).toBe('one')
    expect(world.asked).toBe(1)
    expect(headerValue(again.headers, 'age')).toBe('10')
    expect(headerValue(again.headers, 'content-type')).toBe('text/plain')
    expect(again).toMatchObject({
      status: 200,
      protocol: 'h2',
      connectionId: 0,
      streamId: undefined,
      redirects: 0,
    })
    expect(again.timings).toMatchObject({ attempts: 0, total: 0, firstByte: 0 })
    expect(world.hits).toEqual(['fresh 10'])
    expect(world.cache.stats()).toMatchObject({ fresh: 1, misses: 1, stored: 1 })
  })

  test('can be read by each who gets it, whatever they do to their bytes', async () => {
    const world = new World({}, cached('one'))
    await world.get()
    const [first, second] = await Promise.all([world.send(), world.send()])
    const bytes = await first.body.bytes()
    bytes.fill(0)
    structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })
    expect(await second.body.text()).toBe('one')
    expect((await world.get()).text).toBe('one')
  })

  test('answers a HEAD as well', async () => {
    const world = new World({}, cached('one', 60, 'content-length', '3'))
    await world.get()
    const head = await world.get({ method: 'HEAD' })
    expect([world.asked, head.text, headerValue(head.headers, 'content-length')]).toEqual([1, '', '3'])
  })

  test('of a HEAD answers no GET', async () => {
    const world = new World({}, cached(''), cached('one'))
    await world.get({ method: 'HEAD' })
    await world.get({ method: 'HEAD' })
    expect(world.asked).toBe(1)
    expect((await world.get()).text).toBe('one')
  })

  test('with must-revalidate is asked about only when it is stale', async () => {
    const world = new World(
      {},
      ok('one', 'cache-control', 'max-age=60, Must-Revalidate', 'etag', '"1"'),
      clientResponse(304),
    )
    await world.get()
    later(59)
    await world.get()
    expect(world.asked).toBe(1)
    later(2)
    expect((await world.get()).text).toBe('one')
    expect(world.asked).toBe(2)
  })

  test('no set-cookie comes out of the cache', async () => {
    const world = new World({}, cached('one', 60, 'set-cookie', 'a=1'))
    expect(headerValue((await world.get()).headers, 'set-cookie')).toBe('a=1')
    expect(headerValue((await world.get()).headers, 'set-cookie')).toBe(null)
  })

  test('an aborted request gets none', async () => {
    const world = new World({}, cached('one'))
    await world.get()
    await expect(world.get({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})

describe('not kept', () => {
  const twice = async (
    options: CacheOptions,
    make: () => ClientResponse,
    part: Partial<ClientRequest> = {},
  ) => {
    const world = new World(options, make(), make())
    await world.get(part)
    await world.get(part)
    return world.asked
  }

  test.each<[string, () => ClientResponse, Partial<ClientRequest>, CacheOptions]>([
    ['no-store', () => ok('x', 'cache-control', 'no-store, max-age=60'), {}, {}],
    ['No-Store', () => ok('x', 'cache-control', 'No-Store, max-age=60'), {}, {}],
    ['nothing said', () => ok('x'), {}, {}],
    ['its time is over', () => cached('x', 0), {}, {}],
    ['Vary: *', () => cached('x', 60, 'vary', '*'), {}, {}],
    ['a part', () => clientResponse(206, ['cache-control', 'max-age=60'], 'x'), {}, {}],
    ['an error', () => clientResponse(500, ['cache-control', 'max-age=60'], 'x'), {}, {}],
    ['too big, as it says', () => cached('xxxx', 60, 'content-length', '4'), {}, { maxEntryBytes: 3 }],
    ['too big, as it turns out', () => cached('xxxx'), {}, { maxEntryBytes: 3 }],
    [
      'private, in a shared cache',
      () => ok('x', 'cache-control', 'private, max-age=60'),
      {},
      { shared: true },
    ],
    ['with a cookie, in a shared cache', () => cached('x', 60, 'set-cookie', 'a=1'), {}, { shared: true }],
    [
      'asked with authorization, in a shared cache',
      () => cached('x'),
      { headers: ['authorization', 'x'] },
      { shared: true },
    ],
    ['the request says no-store', () => cached('x'), { headers: ['cache-control', 'no-store'] }, {}],
    ['the request has conditions', () => cached('x'), { headers: ['if-none-match', '"1"'] }, {}],
    ['the request wants a range', () => cached('x'), { headers: ['range', 'bytes=0-1'] }, {}],
    ['a POST', () => cached('x'), { method: 'POST', body: textBody('y') }, {}],
    ['a GET with a body', () => cached('x'), { body: textBody('y') }, {}],
  ])('%s', async (_why, make, part, options) => {
    expect(await twice(options, make, part)).toBe(2)
  })

  test.each<[string, () => ClientResponse, Partial<ClientRequest>]>([
    ['private, in a private cache', () => ok('x', 'cache-control', 'private, max-age=60'), {}],
    ['asked with authorization, in a private cache', () => cached('x'), { headers: ['authorization', 'x'] }],
    ['as big as may be', () => cached('xxx'), {}],
  ])('but kept: %s', async (_why, make, part) => {
    expect(await twice({ maxEntryBytes: 3 }, make, part)).toBe(1)
  })

  test.each<[string, (fake: ReturnType<typeof openResponse>) => void]>([
    ['a body that was cut off', ({ queue }) => queue.fail(failed())],
    ['a body that its reader gave up', ({ response }) => response.body.cancel()],
    ['trailers', ({ queue }) => queue.end(['x-check', '1'])],
  ])('%s', async (_why, end) => {
    const fake = openResponse(200, ['cache-control', 'max-age=60'])
    const world = new World({}, fake.response, cached('two'))
    const response = await world.send()
    fake.queue.push(Buffer.from('one'))
    if (_why.includes('reader')) response.body.cancel()
    else {
      end(fake)
      await response.body.text().catch(() => {})
    }
    await settle()
    expect((await world.get()).text).toBe('two')
    if (_why.includes('reader')) expect(fake.log.cancelled).toBe(1)
  })
})

describe('what varies', () => {
  const accept = (value: string) => ({ headers: ['accept-language', value] })

  test('has an entry for each request field that it varies by', async () => {
    const de = cached('hallo', 60, 'vary', 'Accept-Language')
    const world = new World({}, cached('hello', 60, 'vary', 'Accept-Language'), de)
    for (const [language, text] of [
      ['en', 'hello'],
      ['de', 'hallo'],
      ['en', 'hello'],
      ['de', 'hallo'],
    ] as const)
      expect((await world.get(accept(language))).text).toBe(text)
    expect(world.asked).toBe(2)
  })

  test('all of them are forgotten together', async () => {
    const world = new World(
      {},
      cached('hello', 60, 'vary', 'accept-language'),
      cached('hallo', 60, 'vary', 'accept-language'),
      clientResponse(204),
      cached('hello 2', 60, 'vary', 'accept-language'),
      cached('hallo 2', 60, 'vary', 'accept-language'),
    )
    await world.get(accept('en'))
    await world.get(accept('de'))
    await world.get({ method: 'DELETE' })
    expect((await world.get(accept('en'))).text).toBe('hello 2')
    expect((await world.get(accept('de'))).text).toBe('hallo 2')
  })
})

describe('what holds no more', () => {
  const first = () =>
    cached('one', 10, 'etag', '"1"', 'last-modified', 'Wed, 31 Dec 2025 00:00:00 GMT', 'x-from', 'first')

  test('is asked about, and served again when the server says 304', async () => {
    const answer = clientResponse(
      304,
      ['etag', '"1"', 'cache-control', 'max-age=100', 'x-from', 'second'],
      '',
      { connectionId: 7 },
    )
    const world = new World({}, first(), answer)
    await world.get()
    later(11)
    const again = await world.get()
    expect(world.sent(1, 'if-none-match')).toBe('"1"')
    expect(world.sent(1, 'if-modified-since')).toBe('Wed, 31 Dec 2025 00:00:00 GMT')
    expect([again.status, again.text, again.connectionId]).toEqual([200, 'one', 7])
    expect(headerValue(again.headers, 'x-from')).toBe('second')
    later(99)
    expect((await world.get()).text).toBe('one')
    expect(world.asked).toBe(2)
    expect(world.cache.stats()).toMatchObject({ revalidated: 1, fresh: 1, misses: 1 })
  })

  test('a 304 without a validator means what was asked about', async () => {
    const world = new World({}, first(), clientResponse(304))
    await world.get()
    later(11)
    expect((await world.get()).text).toBe('one')
    expect(world.asked).toBe(2)
  })

  test('a 304 about something else makes a request without conditions', async () => {
    const world = new World(
      {},
      first(),
      clientResponse(304, ['etag', '"2"']),
      cached('two', 10, 'etag', '"2"'),
    )
    await world.get()
    later(11)
    expect((await world.get()).text).toBe('two')
    expect(world.sent(2, 'if-none-match')).toBe(null)
    expect((await world.get()).text).toBe('two')
    expect(world.asked).toBe(3)
  })

  test('is replaced by another response', async () => {
    const world = new World({}, first(), cached('two'))
    await world.get()
    later(11)
    expect((await world.get()).text).toBe('two')
    expect((await world.get()).text).toBe('two')
    expect(world.asked).toBe(2)
  })

  test('an error of the server reaches the caller', async () => {
    const world = new World({}, first(), clientResponse(503), failed())
    await world.get()
    later(11)
    expect((await world.get()).status).toBe(503)
    await expect(world.get()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
  })
})

describe('stale-if-error', () => {
  const control = (more = '') => ok('one', 'cache-control', `max-age=10, stale-if-error=60${more}`)

  test.each<[string, () => Step]>([
    ['a 503', () => clientResponse(503, [], 'down')],
    ['a lost connection', failed],
  ])('%s is replaced by what is stored', async (_what, answer) => {
    const world = new World({}, control(), answer())
    await world.get()
    later(30)
    const { status, text } = await world.get()
    expect([status, text, world.asked]).toEqual([200, 'one', 2])
    expect(world.hits).toEqual(['stale 30'])
  })

  test.each<[string, () => Step, number, string, Partial<ClientRequest>]>([
    ['when its time is over', failed, 80, '', {}],
    ['when the server forbids it', failed, 30, ', must-revalidate', {}],
    ['when it is the request that is wrong', () => clientResponse(404, [], 'gone'), 30, '', {}],
  ])('not %s', async (_when, answer, seconds, more, part) => {
    const world = new World({}, control(more), answer())
    await world.get(part)
    later(seconds)
    const got = await world.get(part).then(
      ({ status }) => status,
      () => 'error',
    )
    expect(got).not.toBe(200)
  })

  test('not when the caller gives up', async () => {
    const controller = new AbortController()
    const world = new World({}, control(), () => {
      controller.abort(new Error('enough'))
      throw controller.signal.reason
    })
    await world.get()
    later(30)
    await expect(world.get({ signal: controller.signal })).rejects.toThrow('enough')
  })
})

describe('stale-while-revalidate', () => {
  const first = () => ok('one', 'cache-control', 'max-age=10, stale-while-revalidate=60', 'etag', '"1"')

  test('is served at once, and asked about once in the background', async () => {
    const world = new World({}, first(), cached('two'))
    await world.get()
    later(20)
    const both = await Promise.all([world.get(), world.get()])
    expect(both.map(({ text }) => text)).toEqual(['one', 'one'])
    await settle()
    expect(world.asked).toBe(2)
    expect(world.sent(1, 'if-none-match')).toBe('"1"')
    expect((await world.get()).text).toBe('two')
    expect(world.hits).toEqual(['stale 20', 'stale 20', 'fresh 0'])
  })

  test('a 304 makes it fresh', async () => {
    const world = new World({}, first(), clientResponse(304, ['etag', '"1"']))
    await world.get()
    later(20)
    await world.get()
    await settle()
    await world.get()
    expect(world.hits).toEqual(['stale 20', 'fresh 0'])
  })

  test('a failure in the background harms nobody, and is tried again', async () => {
    const world = new World({}, first(), failed(), clientResponse(500), cached('two'))
    await world.get()
    later(20)
    for (let time = 0; time < 3; time += 1) {
      expect((await world.get()).text).toBe('one')
      await settle()
    }
    expect((await world.get()).text).toBe('two')
  })

  test('the background request does not end with the request that caused it', async () => {
    const controller = new AbortController()
    const world = new World({}, first(), cached('two'))
    await world.get()
    later(20)
    await world.get({ signal: controller.signal })
    expect(world.script.requests[1]?.signal).toBe(null)
  })

  test('no-cache forbids it', async () => {
    const world = new World(
      {},
      ok('one', 'cache-control', 'no-cache, stale-while-revalidate=60'),
      cached('two'),
    )
    await world.get()
    expect((await world.get()).text).toBe('two')
  })
})

describe('the request says', () => {
  const control = (value: string): Partial<ClientRequest> => ({ headers: ['cache-control', value] })

  test.each<[string, HeaderList]>([
    ['no-cache', ['cache-control', 'no-cache']],
    ['Pragma: no-cache', ['pragma', 'no-cache']],
    ['max-age below its age', ['cache-control', 'max-age=5']],
    ['min-fresh above what is left', ['cache-control', 'min-fresh=55']],
  ])('%s: the server is asked', async (_what, headers) => {
    const world = new World({}, cached('one', 60, 'etag', '"1"'), clientResponse(304))
    await world.get()
    later(6)
    expect((await world.get({ headers })).text).toBe('one')
    expect(world.sent(1, 'if-none-match')).toBe('"1"')
  })

  test('max-stale: what is stale will do', async () => {
    const world = new World({}, cached('one', 10))
    await world.get()
    later(20)
    expect((await world.get(control('max-stale=30'))).text).toBe('one')
    expect(world.hits).toEqual(['stale 20'])
  })

  test('only-if-cached: the cache or a 504', async () => {
    const world = new World({}, cached('one', 10))
    const none = await world.get(control('only-if-cached'))
    expect([none.status, none.text, world.asked]).toEqual([504, '', 0])
    await world.get()
    expect((await world.get(control('only-if-cached'))).text).toBe('one')
    later(20)
    expect((await world.get(control('only-if-cached'))).status).toBe(504)
    expect(world.asked).toBe(1)
  })
})

describe('a request that changes something', () => {
  test('makes what is stored of its URL, and of those it names, forgotten', async () => {
    const named = 'https://example.test/b'
    const done = clientResponse(201, ['location', '/b', 'content-location', 'https://other.test/c'])
    const world = new World({}, cached('a'), cached('b'), cached('c'), done, cached('a2'), cached('b2'))
    await world.get()
    await world.get({}, named)
    await world.get({}, 'https://other.test/c')
    await world.get({ method: 'POST', body: textBody('x') })
    expect((await world.get()).text).toBe('a2')
    expect((await world.get({}, named)).text).toBe('b2')
    expect((await world.get({}, 'https://other.test/c')).text).toBe('c')
    expect(world.cache.stats().invalidated).toBe(2)
  })

  test('but not one that failed', async () => {
    const world = new World({}, cached('a'), clientResponse(400))
    await world.get()
    await world.get({ method: 'POST' })
    expect((await world.get()).text).toBe('a')
  })

  test('what was asked before it, and comes after it, is not kept', async () => {
    const slow = openResponse(200, ['cache-control', 'max-age=60'])
    const world = new World({}, slow.response, clientResponse(204), cached('new'))
    const old = await world.send()
    await world.get({ method: 'PUT', body: textBody('x') })
    slow.queue.push(Buffer.from('old'))
    slow.queue.end(null)
    expect(await old.body.text()).toBe('old')
    expect((await world.get()).text).toBe('new')
  })
})

describe('a store', () => {
  const broken = (part: Partial<CacheStore>): CacheStore => ({
    get: () => undefined,
    set() {},
    delete() {},
    ...part,
  })
  const hang = () => new Promise<never>(() => {})
  const fail = () => {
    throw new Error('broken')
  }
  const reject = () => Promise.reject(new Error('broken'))

  test.each<[string, Partial<CacheStore>]>([
    ['throws', { get: fail, set: fail, delete: fail }],
    ['rejects', { get: reject, set: reject, delete: reject }],
    ['gives nonsense', { get: () => ({ kind: 'response' }) as CacheEntry }],
    [
      'gives an entry of another version',
      { get: () => ({ kind: 'response', policy: { v: 9 }, body: new Uint8Array(1), protocol: 'h2' }) },
    ],
  ])('that %s costs a request to the server', async (_what, part) => {
    const world = new World({ store: broken(part) }, cached('one'), cached('two'), clientResponse(204))
    expect((await world.get()).text).toBe('one')
    expect((await world.get()).text).toBe('two')
    expect((await world.get({ method: 'DELETE' })).status).toBe(204)
    expect(world.cache.stats().storeFailures).toBeGreaterThan(0)
  })

  test('that hangs costs its time, and no more', async () => {
    const store = broken({ get: hang, set: hang, delete: hang })
    const world = new World({ store, storeTimeout: 30 }, cached('one'), clientResponse(204))
    const got = world.get()
    await world.clock.advance(29)
    expect(world.asked).toBe(0)
    await world.clock.advance(1)
    expect((await got).text).toBe('one')
    const deleted = world.get({ method: 'DELETE' })
    await world.clock.advance(30)
    expect((await deleted).status).toBe(204)
    expect(world.clock.pending).toBe(0)
  })

  test('that answers later is as good', async () => {
    const memory = new MemoryCacheStore()
    const store: CacheStore = {
      get: async (key) => structuredClone(memory.get(key)),
      set: async (key, entry) => memory.set(key, structuredClone(entry)),
      delete: async (key) => memory.delete(key),
    }
    const world = new World({ store }, cached('one', 60, 'vary', 'accept'))
    await world.get()
    await settle()
    expect((await world.get()).text).toBe('one')
    expect(world.clock.pending).toBe(0)
  })

  test('of several caches serves them all', async () => {
    const store = new MemoryCacheStore()
    await new World({ store }, cached('one')).get()
    expect((await new World({ store }).get()).text).toBe('one')
  })

  test('in memory is bounded by entries and bytes', async () => {
    const entry = (size: number): CacheEntry => ({
      kind: 'response',
      policy: {},
      protocol: 'h2',
      body: new Uint8Array(size),
    })
    const few = new MemoryCacheStore({ maxEntries: 2 })
    for (const key of ['a', 'b', 'c']) few.set(key, entry(1))
    expect([few.size, few.get('a')]).toEqual([2, undefined])
    const small = new MemoryCacheStore({ maxBytes: 1000 })
    for (const key of ['a', 'b', 'c']) small.set(key, entry(400))
    expect(small.size).toBe(2)
    small.set('big', entry(2000))
    expect(small.get('big')).toBe(undefined)
    small.delete('c')
    small.clear()
    expect(small.size).toBe(0)
  })

  test('that is none is refused', () => {
    const wrong = (options: object) => () => createCache(options, new FakeClock())
    for (const options of [{ store: {} }, { maxEntryBytes: -1 }, { storeTimeout: Number.NaN }])
      expect(wrong(options)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }))
  })
})

test('a redirect is kept though nobody reads its body', async () => {
  const fake = openResponse(301, ['cache-control', 'max-age=60', 'location', '/b'])
  const world = new World({}, fake.response)
  const response = await world.send()
  response.body.cancel()
  fake.queue.push(Buffer.from('moved'))
  fake.queue.end(null)
  await settle()
  expect(headerValue((await world.get()).headers, 'location')).toBe('/b')
  expect([world.asked, fake.log.cancelled]).toEqual([1, 0])
})

test('but not read on for ever', async () => {
  const fake = openResponse(301, ['cache-control', 'max-age=60', 'location', '/b'])
  const world = new World({}, fake.response)
  const response = await world.send()
  response.body.cancel()
  fake.queue.push(new Uint8Array(100_000))
  await settle()
  expect(fake.log.cancelled).toBe(1)
})

test('a body comes as fast as it is read, while it is overheard', async () => {
  const fake = openResponse(200, ['cache-control', 'max-age=60'])
  const world = new World({}, fake.response)
  const response = await world.send()
  for (let chunk = 0; chunk < 8; chunk += 1) fake.queue.push(new Uint8Array(100_000))
  await settle()
  expect(fake.log.paused).toBe(true)
  fake.queue.end(null)
  expect((await response.body.bytes()).length).toBe(800_000)
  expect((await world.get()).text.length).toBe(800_000)
})
