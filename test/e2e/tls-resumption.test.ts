import { randomBytes } from 'node:crypto'
import type { Server as TlsServer } from 'node:tls'
import {
  type Client,
  createClient,
  MemoryTlsSessionStore,
  type TlsSession,
  type TlsSessionStore,
} from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../support/servers.ts'
import { Bench, ca, collectGarbage, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

const cases = (['h2', 'http/1.1'] as const).flatMap((protocol) =>
  (['TLSv1.2', 'TLSv1.3'] as const).map((version) => ({ protocol, version })),
)

/** One whole request; and what it says of its connection's handshake. */
async function visit(client: Client, server: TestServer): Promise<boolean> {
  const { timings } = await drained(client.fetch(server.origin))
  return timings.resumed
}

describe.each(cases)('resumption over $protocol with $version', ({ protocol, version }) => {
  const start = () => bench.server(protocol, { tls: { maxVersion: version } })

  test('after the connection was idle for too long; timings, stats() and the server agree', async () => {
    const server = await start()
    const client = bench.client({ http2: { idleTimeout: 10 }, http1: { idleTimeout: 10 } })
    const resumed: boolean[] = []
    for (let round = 0; round < 4; round += 1) {
      resumed.push(await visit(client, server))
      expect(client.stats().origins[0]?.connections[0]?.tls).toEqual({ version, resumed: round > 0 })
      await noConnections(client)
    }
    expect(resumed).toEqual([false, true, true, true])
    expect(client.stats()).toMatchObject({ handshakes: 4, resumed: 3, dials: 4 })
    expect(server.counts).toMatchObject({ tlsHandshakes: 4, resumedHandshakes: 3 })
  })

  test('after the server dropped the connection and the pool is gone', async () => {
    const server = await start()
    const client = bench.client()
    expect(await visit(client, server)).toBe(false)
    server.dropConnections()
    await noConnections(client)
    expect(client.stats().origins).toEqual([])
    expect(await visit(client, server)).toBe(true)
    expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 1 })
  })

  test('after the client is gone: the process-wide default store serves the next client', async () => {
    const server = await start()
    for (let round = 0; round < 3; round += 1) {
      const client = createClient({ tls: { ca } })
      expect(await visit(client, server)).toBe(round > 0)
      expect(client.stats().resumed).toBe(round > 0 ? 1 : 0)
      await client.close()
    }
    expect(server.counts).toMatchObject({ tlsHandshakes: 3, resumedHandshakes: 2 })
  })

  test('after gc(): a dropped client leaves its TLS sessions behind', async () => {
    const server = await start()
    await (async () => {
      const client = createClient({ tls: { ca } })
      await visit(client, server)
      await client.close()
    })()
    for (let round = 0; round < 5; round += 1) {
      collectGarbage()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await visit(bench.add(createClient({ tls: { ca } })), server)).toBe(true)
    expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 1 })
  })

  test('ticket keys that the server changed: a full handshake, success, and resumption from then on', async () => {
    const server = await start()
    const client = bench.client({ http2: { idleTimeout: 10 }, http1: { idleTimeout: 10 } })
    await visit(client, server)
    await noConnections(client)
    ;(server.server as TlsServer).setTicketKeys(randomBytes(48))
    expect(await visit(client, server)).toBe(false)
    await noConnections(client)
    expect(await visit(client, server)).toBe(true)
    expect(client.stats()).toMatchObject({ failed: 0, handshakes: 3, resumed: 1 })
    expect(server.counts).toMatchObject({ tlsHandshakes: 3, resumedHandshakes: 1, failedHandshakes: 0 })
  })

  test('a garbage ticket in the store: a full handshake, success', async () => {
    const server = await start()
    const store = new TamperedStore((session) => ({ ...session, ticket: randomBytes(200) }))
    const client = bench.client({
      tlsSessions: store,
      http2: { idleTimeout: 10 },
      http1: { idleTimeout: 10 },
    })
    for (let round = 0; round < 3; round += 1) {
      expect(await visit(client, server)).toBe(false)
      await noConnections(client)
    }
    expect(store.offered).toBe(2)
    expect(client.stats()).toMatchObject({ failed: 0, resumed: 0 })
    expect(server.counts).toMatchObject({ resumedHandshakes: 0 })
  })

  test('a ticket with one bit changed: a full handshake, success', async () => {
    const server = await start()
    const store = new TamperedStore((session) => ({ ...session, ticket: bitFlipped(session.ticket) }))
    const client = bench.client({
      tlsSessions: store,
      http2: { idleTimeout: 10 },
      http1: { idleTimeout: 10 },
    })
    await visit(client, server)
    await noConnections(client)
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    expect(store.offered).toBe(1)
    expect(client.stats().failed).toBe(0)
  })
})

describe('TLS session stores', () => {
  test('tlsSessions: false keeps and offers nothing', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ tlsSessions: false, http2: { idleTimeout: 10 } })
    for (let round = 0; round < 3; round += 1) {
      expect(await visit(client, server)).toBe(false)
      await noConnections(client)
    }
    expect(server.counts).toMatchObject({ tlsHandshakes: 3, resumedHandshakes: 0 })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('the store is broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the store is broken'))],
    ['gives nonsense', () => ({}) as never],
    ['gives null', () => null as never],
  ])('a store that %s costs a full handshake, never a request', async (_, fail) => {
    const server = await bench.h2Server()
    const store: TlsSessionStore = { take: fail, add: fail, forget: fail }
    const client = bench.client({ tlsSessions: store, http2: { idleTimeout: 10 } })
    for (let round = 0; round < 2; round += 1) {
      expect(await visit(client, server)).toBe(false)
      await noConnections(client)
    }
    expect(client.stats()).toMatchObject({ requests: 2, failed: 0, handshakes: 2 })
  })

  test('a store that never answers costs a full handshake or a timeout, never a request that hangs', async () => {
    const server = await bench.h2Server()
    const store: TlsSessionStore = { take: () => new Promise(() => {}), add() {}, forget() {} }
    const client = bench.client({ tlsSessions: store, timeouts: { connect: 300 } })
    const outcome = await client.request(server.origin).then(
      (response) => response.status,
      (error) => error.name,
    )
    expect([200, 'TimeoutError']).toContain(outcome)
  })

  test('an asynchronous store is awaited, and what it holds is resumed', async () => {
    const server = await bench.h2Server()
    const inner = new MemoryTlsSessionStore()
    const store: TlsSessionStore = {
      take: async (identity) => inner.take(identity),
      add: async (identity, session) => inner.add(identity, session),
      forget: async (identity) => inner.forget(identity),
    }
    const first = bench.client({ tlsSessions: store })
    expect(await visit(first, server)).toBe(false)
    await first.close()
    expect(await visit(bench.client({ tlsSessions: store }), server)).toBe(true)
  })

  test('what is kept of a verified connection: its version, the certificate, and an end of trust within a day', async () => {
    const server = await bench.h2Server()
    const kept: TlsSession[] = []
    const store: TlsSessionStore = {
      take: () => undefined,
      add: (_, session) => void kept.push(session),
      forget() {},
    }
    const before = Date.now()
    await visit(bench.client({ tlsSessions: store }), server)
    expect(kept.length).toBeGreaterThan(0)
    for (const session of kept) {
      expect(session.version).toBe('TLSv1.3')
      expect(session.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      expect(session.verifiedAt).toBeGreaterThanOrEqual(before)
      expect(session.expiresAt - session.verifiedAt).toBeLessThanOrEqual(24 * 60 * 60 * 1000)
    }
  })

  test('an expired session is not offered, and resumption does not prolong trust', async () => {
    const server = await bench.h2Server()
    const store = new TamperedStore((session) => ({ ...session, expiresAt: Date.now() - 1 }))
    const client = bench.client({ tlsSessions: store, http2: { idleTimeout: 10 } })
    await visit(client, server)
    await noConnections(client)
    expect(await visit(client, server)).toBe(false)
    expect(store.offered).toBe(1)

    const kept: TlsSession[] = []
    const memory = new MemoryTlsSessionStore()
    const recording: TlsSessionStore = {
      take: (identity) => memory.take(identity),
      add: (identity, session) => {
        kept.push(session)
        memory.add(identity, session)
      },
      forget: (identity) => memory.forget(identity),
    }
    const second = bench.client({
      tlsSessions: recording,
      tls: { maxVersion: 'TLSv1.2' },
      http2: { idleTimeout: 10 },
    })
    for (let round = 0; round < 3; round += 1) {
      await visit(second, server)
      await noConnections(second)
    }
    expect(second.stats().resumed).toBe(2)
    expect(new Set(kept.map(({ expiresAt }) => expiresAt)).size).toBe(1)
  })

  test('a handshake that failed with a session on offer is done again without it, and the session is forgotten', async () => {
    let resumptions = 0
    const peer = await bench.rawPeer({
      autoRespond: {},
      tls: { maxVersion: 'TLSv1.2' },
      // A server that breaks on a ticket: it ends the TCP connection instead of refusing the ticket.
      beforeTls: (tcp, index) => {
        if (index !== 1) return undefined
        resumptions += 1
        tcp.destroy()
        return 'handled'
      },
    })
    const client = bench.client({ http2: { idleTimeout: 10 } })
    await drained(client.fetch(peer.origin))
    await noConnections(client)
    expect((await drained(client.fetch(peer.origin))).timings.resumed).toBe(false)
    expect(resumptions).toBe(1)
    expect(client.stats().failed).toBe(0)
  })

  test('without a session to blame a broken handshake is an error, and the origin works afterwards', async () => {
    const peer = await bench.rawPeer({
      autoRespond: {},
      beforeTls: (tcp, index) => {
        if (index > 0) return undefined
        tcp.destroy()
        return 'handled'
      },
    })
    const client = bench.client()
    expect(await rejection(client.request(peer.origin))).toMatchObject({
      name: 'ConnectError',
      code: 'ERR_TRUNKLINE_TLS_FAILED',
      processed: 'no',
    })
    expect((await client.fetch(peer.origin)).status).toBe(200)
  })
})

/** Hands sessions out changed, and counts how often it had one. */
class TamperedStore implements TlsSessionStore {
  readonly #inner = new MemoryTlsSessionStore()
  readonly #tamper: (session: TlsSession) => TlsSession
  offered = 0

  constructor(tamper: (session: TlsSession) => TlsSession) {
    this.#tamper = tamper
  }

  take(identity: string): TlsSession | undefined {
    const session = this.#inner.take(identity)
    if (session === undefined) return undefined
    this.offered += 1
    return this.#tamper(session)
  }

  add(identity: string, session: TlsSession): void {
    this.#inner.add(identity, session)
  }

  forget(identity: string): void {
    this.#inner.forget(identity)
  }
}

/** The middle of a serialised session is the ticket itself, which only the server can read. */
function bitFlipped(ticket: Uint8Array): Uint8Array {
  const changed = Buffer.from(ticket)
  const middle = changed.length >> 1
  changed[middle] = (changed[middle] as number) ^ 1
  return changed
}
