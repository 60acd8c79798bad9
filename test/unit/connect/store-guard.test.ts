import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { guardOf, StoreGuard } from '../../../src/connect/store-guard.ts'
import type { TlsSession, TlsSessionStore } from '../../../src/connect/tls-session-store.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const SESSION: TlsSession = {
  ticket: Buffer.from('t'),
  version: 'TLSv1.3',
  fingerprint256: 'AA',
  verifiedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
}

let warnings: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
})
afterEach(() => void vi.restoreAllMocks())

function scene(part: Partial<TlsSessionStore> = {}) {
  const clock = new FakeClock()
  const store = { take: vi.fn(), add: vi.fn(), forget: vi.fn(), ...part }
  const guard = new StoreGuard(store as TlsSessionStore)
  return { clock, store, guard, take: () => guard.take('id', clock), stats: () => guard.stats(clock.now()) }
}

const down = () => {
  throw new Error('down')
}

describe('a store that hangs', () => {
  test('costs 50 ms, and is counted', async () => {
    const { clock, take, stats } = scene({ take: () => new Promise(() => {}) })
    const taken = take()
    await clock.advance(49)
    await expect(Promise.race([taken, 'waiting'])).resolves.toBe('waiting')
    await clock.advance(1)
    await expect(taken).resolves.toBeUndefined()
    expect(stats()).toEqual({ hits: 0, misses: 1, failures: 0, timeouts: 1, paused: false })
  })

  test('costs what it says itself', async () => {
    const { clock, take } = scene({ timeout: 5, take: () => new Promise(() => {}) })
    const taken = take()
    await clock.advance(5)
    await expect(taken).resolves.toBeUndefined()
  })

  test('in forget holds up nobody for longer', async () => {
    const { clock, guard, stats } = scene({ forget: () => new Promise(() => {}) })
    const forgotten = guard.forget('id', clock)
    await clock.advance(50)
    await forgotten
    expect(stats().timeouts).toBe(1)
  })

  test('and answers after all gets the session back, which nobody saw', async () => {
    const { promise, resolve } = Promise.withResolvers<TlsSession>()
    const { clock, take, store } = scene({ take: () => promise })
    const taken = take()
    await clock.advance(50)
    await taken
    resolve(SESSION)
    await clock.flush()
    expect(store.add).toHaveBeenCalledWith('id', SESSION)
  })
})

describe('a store that fails', () => {
  test.each([
    ['throws', down],
    ['rejects', () => Promise.reject(new Error('down'))],
  ])('and %s costs the session, and is warned of once', async (_title, take) => {
    const one = scene({ take })
    await expect(one.take()).resolves.toBeUndefined()
    expect(one.stats()).toMatchObject({ failures: 1, misses: 1 })
    expect(warnings.mock.calls.length).toBeLessThanOrEqual(1)
  })

  test('three times in a row is left alone for 5 seconds, then asked again', async () => {
    const take = vi.fn(down)
    const add = vi.fn()
    const one = scene({ take, add })
    for (let dial = 0; dial < 10; dial += 1) await one.take()
    one.guard.add('id', SESSION, one.clock)
    expect([take.mock.calls.length, add.mock.calls.length, one.stats().paused]).toEqual([3, 0, true])
    await one.clock.advance(5000)
    await one.take()
    expect([take.mock.calls.length, one.stats().paused]).toEqual([4, true])
    take.mockReturnValue(SESSION as never)
    take.mockImplementation(() => SESSION as never)
    await one.clock.advance(5000)
    await expect(one.take()).resolves.toBe(SESSION)
    expect(one.stats()).toMatchObject({ hits: 1, paused: false })
  })

  test('now and then is asked all the same', async () => {
    let calls = 0
    const take = () => (++calls % 3 === 0 ? SESSION : down())
    const one = scene({ take })
    for (let dial = 0; dial < 9; dial += 1) await one.take()
    expect([calls, one.stats().hits]).toEqual([9, 3])
  })

  test('in add rejects nothing that nobody handles', async () => {
    const { guard, clock, stats } = scene({ add: () => Promise.reject(new Error('down')) })
    guard.add('id', SESSION, clock)
    await clock.flush()
    expect(stats().failures).toBe(1)
  })
})

test('an expired session is none, whatever store it is from', async () => {
  const { take, stats } = scene({ take: () => ({ ...SESSION, expiresAt: Date.now() }) })
  await expect(take()).resolves.toBeUndefined()
  expect(stats()).toMatchObject({ hits: 0, misses: 1, failures: 0 })
})

test.each([
  null,
  'text',
  5,
  {},
  { ticket: 'text', expiresAt: 1e15 },
  { ticket: Buffer.alloc(0), expiresAt: 1e15 },
])('what is no session is none: %j', async (answer) => {
  const { take } = scene({ take: () => answer as never })
  await expect(take()).resolves.toBeUndefined()
})

test('all who use a store share its guard', () => {
  const { store } = scene()
  expect(guardOf(store)).toBe(guardOf(store))
  expect(guardOf(store)).not.toBe(guardOf(scene().store))
})
