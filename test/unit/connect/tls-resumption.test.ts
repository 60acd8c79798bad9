import { EventEmitter } from 'node:events'
import type * as tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TlsPolicy } from '../../../src/connect/tls-identity.ts'
import { offerSession } from '../../../src/connect/tls-resumption.ts'
import {
  MemoryTlsSessionStore,
  type TlsSession,
  type TlsSessionStore,
} from '../../../src/connect/tls-session-store.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const { origin } = parseTarget('https://example.test/')
const policy = new TlsPolicy({})
const clock = new FakeClock()
const NOW = Date.UTC(2026, 5, 1)
const DAY = 24 * 60 * 60 * 1000

/** A TLS socket as far as resumption looks at it. */
class FakeTlsSocket extends EventEmitter {
  authorized = true
  reused = false
  validTo = new Date(NOW + 90 * DAY).toUTCString()
  fingerprint256 = 'AA:BB'
  certificate = true
  version = 'TLSv1.3'
  isSessionReused = () => this.reused
  getProtocol = () => this.version
  getPeerX509Certificate = () =>
    this.certificate ? { fingerprint256: this.fingerprint256, validTo: this.validTo } : undefined
  asSocket = () => this as unknown as tls.TLSSocket
}

function session(part: Partial<TlsSession> = {}): TlsSession {
  return {
    ticket: Buffer.from('stored'),
    version: 'TLSv1.3',
    fingerprint256: '11:22',
    verifiedAt: NOW - 1000,
    expiresAt: NOW + 5000,
    ...part,
  }
}

/** The least of a serialised session that says for how many seconds it is good. */
function ticketFor(seconds: number): Buffer {
  const hint = Buffer.from([0xa9, 0x04, 0x02, 0x02, seconds >> 8, seconds & 0xff])
  return Buffer.concat([Buffer.from([0x30, hint.length]), hint])
}

class SpyStore implements TlsSessionStore {
  readonly added: TlsSession[] = []
  readonly identities: string[] = []
  stored: TlsSession | undefined
  take = vi.fn((_identity: string) => this.stored)
  add = vi.fn((identity: string, added: TlsSession) => {
    this.identities.push(identity)
    this.added.push(added)
  })
  forget = vi.fn((_identity: string) => {})
}

function setUp(stored?: TlsSession) {
  const store = new SpyStore()
  store.stored = stored
  const socket = new FakeTlsSocket()
  const offer = (which = policy) => offerSession(which, store, origin, ['h2'], clock)
  return { store, socket, offer }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }))
afterEach(() => void vi.useRealTimers())

describe('offering', () => {
  test('a stored session, under the identity of origin, offer and trust', async () => {
    const stored = session()
    const { store, offer } = setUp(stored)
    expect((await offer()).session).toBe(stored)
    expect(store.take).toHaveBeenCalledWith(policy.identity(origin, ['h2']))
  })

  test('nothing when there is none, or no store', async () => {
    expect((await setUp().offer()).session).toBeUndefined()
    expect((await offerSession(policy, null, origin, ['h2'], clock)).session).toBeUndefined()
  })

  test('never an expired one, even if the store gives it', async () => {
    expect((await setUp(session({ expiresAt: NOW })).offer()).session).toBeUndefined()
    expect((await setUp(session({ expiresAt: Number.NaN })).offer()).session).toBeUndefined()
  })

  test('a client that does not verify neither asks the store nor adds to it', async () => {
    const { store, socket, offer } = setUp(session())
    const made = await offer(new TlsPolicy({ rejectUnauthorized: false }))
    expect(made.session).toBeUndefined()
    made.watch(socket.asSocket())
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t'))
    expect(store.take).not.toHaveBeenCalled()
    expect(store.add).not.toHaveBeenCalled()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
  ])('a store whose take %s costs the session, not the dial', async (_, take) => {
    const { store, offer } = setUp()
    store.take.mockImplementation(take as unknown as () => undefined)
    expect((await offer()).session).toBeUndefined()
  })

  test('a store that is slow costs the session, not the dial', async () => {
    const { store, offer } = setUp()
    store.take.mockImplementation((() => new Promise(() => {})) as unknown as () => undefined)
    const made = offer()
    await clock.advance(49)
    await expect(Promise.race([made, 'waiting'])).resolves.toBe('waiting')
    await clock.advance(1)
    expect((await made).session).toBeUndefined()
  })

  test('an asynchronous store is waited for', async () => {
    const stored = session()
    const { store, offer } = setUp()
    store.take.mockImplementation((async () => stored) as unknown as () => undefined)
    expect((await offer()).session).toBe(stored)
  })
})

describe('giving back', () => {
  test.each(['dns', 'connect'] as const)(
    'a session that nobody saw, the dial having failed at %s',
    async (phase) => {
      const stored = session()
      const { store, offer } = setUp(stored)
      const made = await offer()
      made.failed(phase)
      expect([store.added, made.suspect]).toEqual([[stored], false])
    },
  )

  test('not one that the server saw', async () => {
    const { store, offer } = setUp(session())
    const made = await offer()
    made.failed('tls')
    expect([store.added, made.suspect]).toEqual([[], true])
  })
})

describe('keeping', () => {
  test('tickets of a verified connection, with what was verified', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t1'))
    socket.emit('session', Buffer.from('t2'))
    expect(store.added).toEqual(
      ['t1', 't2'].map((ticket) => ({
        ticket: Buffer.from(ticket),
        version: 'TLSv1.3',
        fingerprint256: 'AA:BB',
        verifiedAt: NOW,
        trustedUntil: NOW + DAY,
        expiresAt: NOW + DAY,
      })),
    )
    expect(store.identities[0]).toBe(policy.identity(origin, ['h2']))
  })

  test('a ticket that came before the verification (TLS 1.2) is kept after it, and not before', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.version = 'TLSv1.2'
    socket.emit('session', Buffer.from('early'))
    expect(store.added).toEqual([])
    socket.emit('secureConnect')
    expect(store.added).toMatchObject([{ version: 'TLSv1.2', ticket: Buffer.from('early') }])
  })

  test('nothing of a connection that was not verified', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.authorized = false
    socket.emit('session', Buffer.from('early'))
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('late'))
    expect(store.add).not.toHaveBeenCalled()
  })

  test('nothing of a connection that showed no certificate', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.certificate = false
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t'))
    expect(store.add).not.toHaveBeenCalled()
  })

  test('not longer than the certificate is valid', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.validTo = new Date(NOW + 60_000).toUTCString()
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t'))
    expect(store.added[0]?.expiresAt).toBe(NOW + 60_000)
  })

  test('a resumed connection inherits what the full handshake verified: its time, its end, its certificate', async () => {
    const stored = session({ verifiedAt: NOW - DAY / 2, expiresAt: NOW + DAY / 2, fingerprint256: '99:88' })
    const { store, socket, offer } = setUp(stored)
    ;(await offer()).watch(socket.asSocket())
    socket.reused = true
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('next'))
    const trustedUntil = stored.expiresAt
    expect(store.added).toEqual([{ ...stored, trustedUntil, ticket: Buffer.from('next') }])
  })

  test('no longer than the server said, and what comes of it as long as the certificate was trusted', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.emit('secureConnect')
    socket.emit('session', ticketFor(300))
    expect(store.added[0]).toMatchObject({ expiresAt: NOW + 300_000, trustedUntil: NOW + DAY })

    store.stored = store.added[0]
    const next = new FakeTlsSocket()
    ;(await offer()).watch(next.asSocket())
    next.reused = true
    next.emit('secureConnect')
    next.emit('session', ticketFor(600))
    expect(store.added[1]).toMatchObject({ expiresAt: NOW + 600_000, trustedUntil: NOW + DAY })
  })

  test('a session that was offered and not taken up is not inherited from', async () => {
    const { store, socket, offer } = setUp(session({ fingerprint256: 'old' }))
    ;(await offer()).watch(socket.asSocket())
    socket.reused = false
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t'))
    expect(store.added[0]).toMatchObject({ fingerprint256: 'AA:BB', verifiedAt: NOW })
  })

  test('nothing of a connection that claims to resume what was not offered', async () => {
    const { store, socket, offer } = setUp()
    ;(await offer()).watch(socket.asSocket())
    socket.reused = true
    socket.emit('secureConnect')
    socket.emit('session', Buffer.from('t'))
    expect(store.add).not.toHaveBeenCalled()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('a store whose add %s disturbs nobody', async (_, add) => {
    const { store, socket, offer } = setUp()
    store.add.mockImplementation(add as unknown as () => undefined)
    ;(await offer()).watch(socket.asSocket())
    socket.emit('secureConnect')
    expect(() => socket.emit('session', Buffer.from('t'))).not.toThrow()
    await new Promise(setImmediate)
  })
})

describe('after a failure', () => {
  test('the session is suspect when one was offered and the handshake failed', async () => {
    const made = await setUp(session()).offer()
    expect(made.suspect).toBe(false)
    made.failed('tls')
    expect(made.suspect).toBe(true)
  })

  test('it is not when the handshake was never reached, or nothing was offered', async () => {
    const unreached = await setUp(session()).offer()
    unreached.failed('connect')
    expect(unreached.suspect).toBe(false)
    const bare = await setUp().offer()
    bare.failed('tls')
    expect(bare.suspect).toBe(false)
  })

  test('forget forgets the identity, and a store that fails at it disturbs nobody', async () => {
    const { store, offer } = setUp(session())
    const made = await offer()
    await made.forget()
    expect(store.forget).toHaveBeenCalledWith(policy.identity(origin, ['h2']))
    store.forget.mockImplementation(() => {
      throw new Error('down')
    })
    await made.forget()
    await (await offerSession(policy, null, origin, ['h2'], clock)).forget()
  })
})

test('with the memory store: what one dial kept, the next one offers', async () => {
  const store = new MemoryTlsSessionStore()
  const socket = new FakeTlsSocket()
  ;(await offerSession(policy, store, origin, ['h2'], clock)).watch(socket.asSocket())
  socket.emit('secureConnect')
  socket.emit('session', Buffer.from('t'))
  expect((await offerSession(policy, store, origin, ['h2'], clock)).session?.ticket).toEqual(Buffer.from('t'))
  expect((await offerSession(policy, store, origin, ['http/1.1'], clock)).session).toBeUndefined()
  expect(
    (await offerSession(new TlsPolicy({ ca: 'x' }), store, origin, ['h2'], clock)).session,
  ).toBeUndefined()
})
