import { describe, expect, test } from 'vitest'
import {
  MemoryTlsSessionStore,
  type MemoryTlsSessionStoreOptions,
  type TlsSession,
} from '../../../src/connect/tls-session-store.ts'

const A = 'identity-a'
const B = 'identity-b'

function session(name: string, part: Partial<TlsSession> = {}): TlsSession {
  return {
    ticket: Buffer.from(name),
    version: 'TLSv1.3',
    fingerprint256: 'AA:BB',
    verifiedAt: 0,
    expiresAt: 10_000,
    ...part,
  }
}

function setUp(options: MemoryTlsSessionStoreOptions = {}) {
  const time = { now: 1000 }
  const store = new MemoryTlsSessionStore({ now: () => time.now, ...options })
  const take = (identity = A) => {
    const taken = store.take(identity)
    return taken === undefined ? undefined : Buffer.from(taken.ticket).toString()
  }
  return { time, store, take }
}

describe('MemoryTlsSessionStore', () => {
  test('gives back what was added, to its identity alone', () => {
    const { store, take } = setUp()
    const added = session('one')
    store.add(A, added)
    expect(take(B)).toBeUndefined()
    expect(store.take(A)).toBe(added)
    expect(store.size).toBe(1)
  })

  test('TLS 1.3 tickets are used once each, newest first, and the last one again and again', () => {
    const { store, take } = setUp()
    for (const name of ['old', 'middle', 'new']) store.add(A, session(name))
    expect([take(), take(), take(), take(), take()]).toEqual(['new', 'middle', 'old', 'old', 'old'])
  })

  test('singleUse: the last one too is used once', () => {
    const { store, take } = setUp({ singleUse: true })
    for (const name of ['old', 'new']) store.add(A, session(name))
    expect([take(), take(), take()]).toEqual(['new', 'old', undefined])
    expect(store.size).toBe(0)
  })

  test.each([false, true])('TLS 1.2 sessions are used again, singleUse %s', (singleUse) => {
    const { store, take } = setUp({ singleUse })
    store.add(A, session('old', { version: 'TLSv1.2' }))
    store.add(A, session('new', { version: 'TLSv1.2' }))
    expect([take(), take(), take()]).toEqual(['new', 'new', 'new'])
  })

  test('keeps the newest of an identity, as many as told', () => {
    const { store, take } = setUp({ maxPerIdentity: 2, singleUse: true })
    for (const name of ['1', '2', '3']) store.add(A, session(name))
    expect([take(), take(), take()]).toEqual(['3', '2', undefined])
  })

  test('keeps four of an identity unless told otherwise', () => {
    const { store, take } = setUp({ singleUse: true })
    for (const name of ['1', '2', '3', '4', '5']) store.add(A, session(name))
    expect([take(), take(), take(), take(), take()]).toEqual(['5', '4', '3', '2', undefined])
  })

  test('forgets the least recently used identity when there are too many', () => {
    const { store, take } = setUp({ maxIdentities: 2 })
    store.add(A, session('a'))
    store.add(B, session('b'))
    take(A)
    store.add('identity-c', session('c'))
    expect(store.size).toBe(2)
    expect(take(B)).toBeUndefined()
    expect(take(A)).toBe('a')
    expect(take('identity-c')).toBe('c')
  })

  test('never gives a session that has expired, from its very millisecond on', () => {
    const { time, store, take } = setUp()
    store.add(A, session('one', { expiresAt: 2000 }))
    time.now = 1999
    expect(take()).toBe('one')
    time.now = 2000
    expect(take()).toBeUndefined()
    expect(store.size).toBe(0)
  })

  test('passes over expired ones to live ones', () => {
    const { time, store, take } = setUp()
    store.add(A, session('long', { expiresAt: 9000 }))
    store.add(A, session('short', { expiresAt: 2000 }))
    time.now = 3000
    expect([take(), take()]).toEqual(['long', 'long'])
  })

  test('forgets all sessions of one identity', () => {
    const { store, take } = setUp()
    store.add(A, session('a1'))
    store.add(A, session('a2'))
    store.add(B, session('b'))
    store.forget(A)
    store.forget('unknown')
    expect(take(A)).toBeUndefined()
    expect(take(B)).toBe('b')
  })

  test('clear forgets everything', () => {
    const { store } = setUp()
    store.add(A, session('a'))
    store.clear()
    expect(store.size).toBe(0)
  })

  test('without a clock of its own it goes by the time of day', () => {
    const store = new MemoryTlsSessionStore()
    store.add(A, session('past', { expiresAt: Date.now() - 1 }))
    store.add(B, session('future', { expiresAt: Date.now() + 60_000 }))
    expect(store.take(A)).toBeUndefined()
    expect(store.take(B)).toBeDefined()
  })
})
