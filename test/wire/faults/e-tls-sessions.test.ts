/** faults.md section 2 E, 129 to 140: resumption, and what must keep TLS sessions apart. */
import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import {
  type Client,
  type ClientOptions,
  MemoryTlsSessionStore,
  type TlsSession,
  type TlsSessionStore,
} from '../../../src/index.ts'
import { ensureCertificates } from '../../support/certificates.ts'
import { waitFor } from '../../support/wait-for.ts'
import { connectFailed, expectFailure, failureOf } from './expectations.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()
const certificates = await ensureCertificates()

/** One exchange over a connection of its own; its tickets are in the store when it returns. */
async function visit(client: Client, origin: string): Promise<void> {
  const response = await client.request(`${origin}/`)
  expect(await response.body.text()).toBe('good')
  await settleDown(20)
  await client.close()
}

/** A server, and clients that share a store of TLS sessions. */
async function serving(
  options: Parameters<Stage['http2']>[0] = {},
  store: TlsSessionStore = new MemoryTlsSessionStore(),
) {
  const scene = await stage.http2({ isBad: () => false, ...options })
  const client = (more: ClientOptions = {}) => stage.client({ tlsSessions: store, ...more })
  return { scene, client, resumed: () => scene.peer.resumedHandshakes }
}

describe('tickets that do not work', () => {
  fault(129, 'the keys of the tickets were changed: a full handshake', async () => {
    const { scene, client, resumed } = await serving()
    await visit(client(), scene.origin)
    scene.peer.rotateTicketKeys(randomBytes(48))
    await visit(client(), scene.origin)
    expect(resumed()).toBe(0)
    await visit(client(), scene.origin)
    expect(resumed()).toBe(1)
  })

  const damaged: readonly [title: string, damage: (ticket: Uint8Array) => Uint8Array][] = [
    ['garbage', () => randomBytes(200)],
    ['empty', () => new Uint8Array(0)],
    ['truncated', (ticket) => ticket.subarray(0, 40)],
    [
      'changed in the middle',
      (ticket) => Uint8Array.from(ticket, (byte, index) => (index > 60 ? byte ^ 0xff : byte)),
    ],
  ]
  for (const [title, damage] of damaged) {
    fault(130, `a stored session that is ${title}: a full handshake`, async () => {
      const inner = new MemoryTlsSessionStore()
      let spoil = false
      const store: TlsSessionStore = {
        take: (identity) => {
          const session = inner.take(identity)
          return session === undefined || !spoil ? session : { ...session, ticket: damage(session.ticket) }
        },
        add: (identity, session) => inner.add(identity, session),
        forget: (identity) => inner.forget(identity),
      }
      const { scene, client } = await serving({}, store)
      await visit(client(), scene.origin)
      spoil = true
      await visit(client(), scene.origin)
      expect(scene.peer.tlsHandshakes).toBe(2)
    })
  }

  fault(130, 'a store that throws, and one that never answers in time: requests go on', async () => {
    const failing: TlsSessionStore = {
      take: () => Promise.reject(new Error('the store is down')),
      add: () => {
        throw new Error('the store is down')
      },
      forget: () => Promise.reject(new Error('the store is down')),
    }
    const { scene, client } = await serving({}, failing)
    await visit(client(), scene.origin)
    await visit(client(), scene.origin)
  })
})

describe('resumption', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    fault(131, `${version}: the second connection resumes`, async () => {
      const { scene, client, resumed } = await serving({ tls: { maxVersion: version } })
      await visit(client(), scene.origin)
      await visit(client(), scene.origin)
      expect(resumed()).toBe(1)
    })
  }

  fault(132, 'two dials at once never offer one TLS 1.3 ticket twice while there are others', async () => {
    const taken: TlsSession[] = []
    const inner = new MemoryTlsSessionStore()
    const store: TlsSessionStore = {
      take: (identity) => {
        const session = inner.take(identity)
        if (session !== undefined) taken.push(session)
        return session
      },
      add: (identity, session) => inner.add(identity, session),
      forget: (identity) => inner.forget(identity),
    }
    const { scene, client } = await serving({}, store)
    await visit(client(), scene.origin)
    const both = [client(), client()]
    await Promise.all(both.map((one) => visit(one, scene.origin)))
    expect(taken).toHaveLength(2)
    expect(Buffer.from((taken[0] as TlsSession).ticket).equals((taken[1] as TlsSession).ticket)).toBe(false)
  })

  fault(132, 'single use: the last ticket too is offered once', async () => {
    const store = new MemoryTlsSessionStore({ singleUse: true })
    const session = {
      ticket: randomBytes(8),
      version: 'TLSv1.3',
      fingerprint256: '',
      verifiedAt: 0,
      expiresAt: Date.now() + 1e6,
    }
    store.add('one', session)
    expect(store.take('one')).toEqual(session)
    expect(store.take('one')).toBe(undefined)
  })

  fault(133, 'the connection is closed before its tickets come: no crash, no leak', async () => {
    const { scene, client } = await serving()
    for (let count = 0; count < 10; count += 1) {
      const one = client()
      const connecting = one.connect(scene.origin)
      if (count % 2 === 0) await connecting
      one.destroy()
      await connecting.catch(() => {})
    }
    await waitFor(() => scene.peer.counts.openConnections === 0)
  })
})

describe('what keeps sessions apart', () => {
  const { ca, otherCa, client: identity } = certificates
  const check = () => undefined
  const alike: readonly [number: number, title: string, first: ClientOptions, second: ClientOptions][] = [
    [134, 'servername', { tls: { ca, servername: 'a.test' } }, { tls: { ca, servername: 'b.test' } }],
    [135, 'rejectUnauthorized: false before', { tls: { ca, rejectUnauthorized: false } }, { tls: { ca } }],
    [135, 'rejectUnauthorized: false after', { tls: { ca } }, { tls: { ca, rejectUnauthorized: false } }],
    [136, 'ca', { tls: { ca } }, { tls: { ca: [ca, otherCa.ca] } }],
    [136, 'client certificate', { tls: { ca } }, { tls: { ca, cert: identity.cert, key: identity.key } }],
    [
      136,
      'ciphers',
      { tls: { ca } },
      { tls: { ca, ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256' } },
    ],
    [136, 'minVersion', { tls: { ca } }, { tls: { ca, minVersion: 'TLSv1.3' } }],
    [136, 'maxVersion', { tls: { ca } }, { tls: { ca, maxVersion: 'TLSv1.3' } }],
    [136, 'sigalgs', { tls: { ca } }, { tls: { ca, sigalgs: 'ecdsa_secp256r1_sha256' } }],
    [136, 'checkServerIdentity', { tls: { ca } }, { tls: { ca, checkServerIdentity: check } }],
    [
      136,
      'two checkServerIdentity',
      { tls: { ca, checkServerIdentity: () => undefined } },
      { tls: { ca, checkServerIdentity: check } },
    ],
    [136, 'ALPN offer', { tls: { ca } }, { tls: { ca }, protocols: ['h2'] }],
    [136, 'pfx or none, passphrase', { tls: { ca } }, { tls: { ca, passphrase: 'secret' } }],
  ]
  for (const [number, title, first, second] of alike) {
    fault(number, `${title}: no session crosses`, async () => {
      const { scene, client, resumed } = await serving()
      await visit(client(first), scene.origin)
      await visit(client(second), scene.origin)
      expect(resumed()).toBe(0)
    })
  }

  fault(136, 'the same options in another client: the session is used', async () => {
    const { scene, client, resumed } = await serving()
    await visit(client({ tls: { ca: [ca] } }), scene.origin)
    await visit(client({ tls: { ca: [ca] } }), scene.origin)
    expect(resumed()).toBe(1)
  })

  const trust: readonly [title: string, first: ClientOptions, strict: ClientOptions][] = [
    ['an unverified session and a strict request', { tls: { rejectUnauthorized: false } }, {}],
    ['a session under a CA, and a client that trusts none', { tls: { ca } }, { tls: { ca: [] } }],
    [
      'a session before a pin',
      { tls: { ca } },
      { tls: { ca, checkServerIdentity: () => new Error('not pinned') } },
    ],
  ]
  for (const [title, first, strict] of trust) {
    fault(title.includes('unverified') ? 135 : 136, `${title}: fails closed`, async () => {
      const unverified = title.includes('unverified')
      const { scene, client } = await serving(unverified ? { certificate: 'wrongHost' } : {})
      await visit(client(first), scene.origin)
      const outcome = await client(strict)
        .request(`${scene.origin}/`)
        .then(
          () => ({ kind: 'error' as const, error: 'a response' }),
          (error: unknown) => ({ kind: 'error' as const, error }),
        )
      expectFailure(outcome, connectFailed('ERR_TRUNKLINE_CERTIFICATE_REJECTED', 'tls'))
    })
  }

  fault(137, 'a session is not offered beyond the end of its certificate, or a day', async () => {
    const kept: TlsSession[] = []
    const store: TlsSessionStore = {
      take: () => kept[0] && { ...kept[0], expiresAt: Date.now() - 1 },
      add: (_identity, session) => void kept.push(session),
      forget: () => {},
    }
    const { scene, client, resumed } = await serving({}, store)
    await visit(client(), scene.origin)
    expect(kept.length).toBeGreaterThan(0)
    for (const { expiresAt, verifiedAt } of kept)
      expect(expiresAt - verifiedAt).toBeLessThanOrEqual(24 * 60 * 60 * 1000)
    await visit(client(), scene.origin)
    expect(resumed()).toBe(0)
  })

  fault(137, 'resumption does not renew trust', async () => {
    const kept: TlsSession[] = []
    const inner = new MemoryTlsSessionStore()
    const store: TlsSessionStore = {
      take: (one) => inner.take(one),
      add: (one, session) => {
        kept.push(session)
        inner.add(one, session)
      },
      forget: (one) => inner.forget(one),
    }
    const { scene, client } = await serving({ tls: { maxVersion: 'TLSv1.2' } }, store)
    for (let count = 0; count < 3; count += 1) await visit(client(), scene.origin)
    expect(new Set(kept.map(({ expiresAt }) => expiresAt)).size).toBe(1)
  })

  fault(138, 'no request goes out as early data', async () => {
    const { scene, client } = await serving()
    await visit(client(), scene.origin)
    await visit(client(), scene.origin)
    // Node's client has no way to send early data; the server would have to allow it by maxEarlyData too.
    expect(scene.peer.requestCount).toBe(2)
    expect(scene.peer.resumedHandshakes).toBe(1)
  })

  fault(139, 'a handshake that failed with a session on offer: evicted, and tried once without', async () => {
    let breakIt = false
    const store = new MemoryTlsSessionStore()
    const { scene, client, resumed } = await serving(
      {
        beforeTls: (tcp) => {
          if (!breakIt) return undefined
          breakIt = false
          tcp.resume()
          tcp.once('data', () => tcp.end(Buffer.of(21, 3, 3, 0, 2, 2, 80)))
          return 'handled'
        },
      },
      store,
    )
    await visit(client(), scene.origin)
    breakIt = true
    await visit(client(), scene.origin)
    expect(resumed()).toBe(0)
    expect(scene.peer.tcpConnections).toBe(3)
  })

  fault(139, 'a server that breaks on every session: each request goes well', async () => {
    const { scene, client } = await serving({ certificate: 'localhost' })
    await visit(client(), scene.origin)
    scene.peer.setSecureContext(certificates.otherCa.localhost)
    const outcome = await client()
      .request(`${scene.origin}/`)
      .then(
        () => 'resumed',
        (error: unknown) => failureOf({ kind: 'error', error }),
      )
    // The ticket keys are those of the process, so that either may happen, and nothing else.
    expect([
      expect.objectContaining({ code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' }),
      'resumed',
    ]).toContainEqual(outcome)
  })

  fault(140, '10,000 hosts: bounded', () => {
    const store = new MemoryTlsSessionStore({ maxIdentities: 100, maxPerIdentity: 2 })
    for (let host = 0; host < 10_000; host += 1) {
      for (let count = 0; count < 4; count += 1)
        store.add(`host-${host}`, {
          ticket: new Uint8Array(8),
          version: 'TLSv1.3',
          fingerprint256: '',
          verifiedAt: 0,
          expiresAt: Number.POSITIVE_INFINITY,
        })
    }
    expect(store.size).toBe(100)
    expect(store.take('host-0')).toBe(undefined)
    expect(store.take('host-9999')).toBeDefined()
  })
})
