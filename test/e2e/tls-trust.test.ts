/**
 * Tries to share TLS sessions between different trust decisions. One store serves all clients, so only the identity
 * under which a session is kept stands between them: Node itself would resume every one of these as `authorized`.
 */
import type { PeerCertificate } from 'node:tls'
import { type AlpnProtocol, type ClientOptions, MemoryTlsSessionStore, type TlsOptions } from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { CertificateName } from '../support/certificates.ts'
import type { H2ServerOptions } from '../support/servers.ts'
import { Bench, ca, certificates, drained, rejection } from './support/bench.ts'

const bench = new Bench()

interface Axis {
  readonly what: string
  readonly server?: H2ServerOptions
  readonly first: Partial<ClientOptions>
  readonly second: Partial<ClientOptions>
  /** Outcome of `second` alone; default: it may connect, by a full handshake. */
  readonly rejected?: boolean
}

const otherCa = certificates.otherCa.ca
const { cert, key } = certificates.client
const pin = (accepts: boolean) => (_host: string, _certificate: PeerCertificate) =>
  accepts ? undefined : new Error('not the pinned certificate')

const certificate = (name: CertificateName): H2ServerOptions => ({ certificate: name })
const tls = (options: TlsOptions): Partial<ClientOptions> => ({ tls: options })
const protocols = (...names: AlpnProtocol[]): Partial<ClientOptions> => ({ protocols: names })

const axes: Axis[] = [
  ...(['selfSigned', 'otherCa', 'expired', 'wrongHost'] as const).map((name) => ({
    what: `rejectUnauthorized: false, then strict (certificate: ${name})`,
    server: certificate(name),
    first: tls({ rejectUnauthorized: false }),
    second: tls({}),
    rejected: true,
  })),
  {
    what: 'another CA that signed the certificate, then the CA that did not',
    server: certificate('otherCa'),
    first: tls({ ca: otherCa }),
    second: tls({ ca }),
    rejected: true,
  },
  {
    what: 'both CAs, then the one that did not sign',
    server: certificate('otherCa'),
    first: tls({ ca: [ca, otherCa] }),
    second: tls({ ca: [ca] }),
    rejected: true,
  },
  {
    what: 'a CA, then ca: [] which trusts nobody',
    first: tls({ ca }),
    second: tls({ ca: [] }),
    rejected: true,
  },
  {
    what: 'no pin, then a checkServerIdentity that rejects',
    first: tls({}),
    second: tls({ checkServerIdentity: pin(false) }),
    rejected: true,
  },
  {
    what: 'a checkServerIdentity that accepts, then another function that rejects',
    first: tls({ checkServerIdentity: pin(true) }),
    second: tls({ checkServerIdentity: pin(false) }),
    rejected: true,
  },
  {
    what: 'a servername that the certificate covers, then the host that it does not',
    server: certificate('wrongHost'),
    first: tls({ servername: 'wrong-host.test' }),
    second: tls({}),
    rejected: true,
  },
  { what: 'servername', first: tls({ servername: 'a.test' }), second: tls({ servername: 'b.test' }) },
  {
    what: 'a client certificate, then none',
    server: { tls: { requestCert: true, rejectUnauthorized: false, ca } },
    first: tls({ cert, key }),
    second: tls({}),
  },
  {
    what: 'no client certificate, then one',
    server: { tls: { requestCert: true, rejectUnauthorized: false, ca } },
    first: tls({}),
    second: tls({ cert, key }),
  },
  {
    what: 'ciphers',
    first: tls({}),
    second: tls({ ciphers: 'TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES256-GCM-SHA384' }),
  },
  { what: 'ecdhCurve', first: tls({}), second: tls({ ecdhCurve: 'P-256' }) },
  { what: 'sigalgs', first: tls({}), second: tls({ sigalgs: 'ecdsa_secp256r1_sha256' }) },
  { what: 'minVersion', first: tls({}), second: tls({ minVersion: 'TLSv1.1' }) },
  {
    what: 'maxVersion',
    server: { tls: { maxVersion: 'TLSv1.2' } },
    first: tls({}),
    second: tls({ maxVersion: 'TLSv1.2' }),
  },
  {
    what: 'ALPN offer, less',
    server: { allowHTTP1: true },
    first: protocols('h2', 'http/1.1'),
    second: protocols('http/1.1'),
  },
  {
    what: 'ALPN offer, in another order',
    server: { allowHTTP1: true },
    first: protocols('h2', 'http/1.1'),
    second: protocols('http/1.1', 'h2'),
  },
]

describe.each(['TLSv1.3', 'TLSv1.2'] as const)(
  'no TLS session is shared between different trust decisions, %s',
  (version) => {
    test.each(axes)('$what', async ({ server: options, first, second, rejected }) => {
      const server = await bench.h2Server({ ...options, tls: { maxVersion: version, ...options?.tls } })
      const tlsSessions = new MemoryTlsSessionStore()

      for (let visit = 0; visit < 2; visit += 1) {
        const client = bench.client({ ...first, tlsSessions })
        expect((await drained(client.fetch(server.origin))).status).toBe(200)
        await client.close()
      }
      const resumed = server.counts.resumedHandshakes
      // Control: equal decisions share, or this test would show nothing. Unverified connections never do.
      expect(resumed).toBe(first.tls?.rejectUnauthorized === false ? 0 : 1)

      for (let visit = 0; visit < 2; visit += 1) {
        const client = bench.client({ ...second, tlsSessions })
        if (rejected) {
          const error = await rejection(client.request(server.origin))
          expect(error).toMatchObject({ name: 'ConnectError', code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' })
        } else {
          const { timings } = await drained(client.fetch(server.origin))
          expect(timings.resumed).toBe(visit === 1)
        }
        await client.close()
        expect(server.counts.resumedHandshakes).toBe(resumed + (rejected ? 0 : visit))
      }
    })

    test.each(axes.filter(({ rejected }) => !rejected))(
      'and not the other way round: $what',
      async (axis) => {
        const { first, second, server: options } = axis
        const server = await bench.h2Server({ ...options, tls: { maxVersion: version, ...options?.tls } })
        const tlsSessions = new MemoryTlsSessionStore()
        for (const options of [second, first]) {
          const client = bench.client({ ...options, tlsSessions })
          expect((await drained(client.fetch(server.origin))).timings.resumed).toBe(false)
          await client.close()
        }
        expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 0 })
      },
    )
  },
)

describe('trust decisions that are equal do share', () => {
  const accept = pin(true)
  const equal: [string, TlsOptions, TlsOptions][] = [
    ['the CA as text and as bytes', { ca }, { ca: Buffer.from(ca) }],
    ['the same list of CAs', { ca: [ca, otherCa] }, { ca: [ca, otherCa] }],
    ['the same pin function', { checkServerIdentity: accept }, { checkServerIdentity: accept }],
    ['the same client certificate', { cert, key }, { cert: Buffer.from(cert), key: Buffer.from(key) }],
    ['the same servername', { servername: 'a.test' }, { servername: 'a.test' }],
    ['a default, said and unsaid', {}, { minVersion: 'TLSv1.2', rejectUnauthorized: true }],
  ]
  test.each(equal)('%s', async (_, one, other) => {
    const server = await bench.h2Server({ tls: { requestCert: true, rejectUnauthorized: false, ca } })
    const tlsSessions = new MemoryTlsSessionStore()
    for (const options of [one, other]) {
      const client = bench.client({ tls: options, tlsSessions })
      await drained(client.fetch(server.origin))
      await client.close()
    }
    expect(server.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 1 })
  })
})

describe('what was never verified', () => {
  test('puts nothing into the store, and takes nothing out of it', async () => {
    const server = await bench.h2Server()
    const tlsSessions = new MemoryTlsSessionStore()
    const careless = bench.client({ tls: { rejectUnauthorized: false }, tlsSessions })
    await drained(careless.fetch(server.origin))
    await careless.close()
    expect(tlsSessions.size).toBe(0)
    const strict = bench.client({ tlsSessions })
    await drained(strict.fetch(server.origin))
    expect(tlsSessions.size).toBe(1)
    const again = bench.client({ tls: { rejectUnauthorized: false }, tlsSessions })
    expect((await drained(again.fetch(server.origin))).timings.resumed).toBe(false)
  })

  test('a rejected handshake leaves no session behind', async () => {
    const server = await bench.h2Server({ certificate: 'selfSigned' })
    const tlsSessions = new MemoryTlsSessionStore()
    const client = bench.client({ tlsSessions })
    for (let visit = 0; visit < 3; visit += 1) {
      expect((await rejection(client.request(server.origin))).code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
    }
    expect(tlsSessions.size).toBe(0)
    expect(server.counts).toMatchObject({ requests: 0, resumedHandshakes: 0 })
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 counts as a decision of its own', async () => {
    const server = await bench.h2Server({ certificate: 'selfSigned' })
    const tlsSessions = new MemoryTlsSessionStore()
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const careless = bench.client({ tlsSessions })
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    await drained(careless.fetch(server.origin))
    const strict = bench.client({ tlsSessions })
    expect((await rejection(strict.request(server.origin))).code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
  })

  test('connections are not shared either: a careless client beside a strict one opens a way for itself alone', async () => {
    const server = await bench.h2Server({ certificate: 'selfSigned' })
    const careless = bench.client({ tls: { rejectUnauthorized: false } })
    const strict = bench.client()
    await drained(careless.fetch(server.origin))
    expect((await rejection(strict.request(server.origin))).code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
    await drained(careless.fetch(server.origin))
    expect(server.counts).toMatchObject({ requests: 2, totalSessions: 1 })
  })
})

describe('certificates', () => {
  const bad: [CertificateName, string, RegExp][] = [
    ['expired', 'CERT_HAS_EXPIRED', /clock/],
    ['wrongHost', 'ERR_TLS_CERT_ALTNAME_INVALID', /servername/],
    ['selfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT', /tls\.ca/],
    ['otherCa', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /tls\.ca/],
  ]
  test.each(bad)(
    '%s: CERTIFICATE_REJECTED says why, and the origin works for a client that is right',
    async (name, reason, advice) => {
      const server = await bench.h2Server({ certificate: name })
      const client = bench.client()
      const error = await rejection(client.request(server.origin))
      expect(error).toMatchObject({
        name: 'ConnectError',
        code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
        processed: 'no',
        origin: server.origin,
        cause: { code: reason },
      })
      expect(error.message).toContain(reason)
      expect(error.message).toMatch(advice)
      const viaFetch = await rejection(client.fetch(server.origin))
      expect(viaFetch).toBeInstanceOf(TypeError)
      expect(viaFetch.cause.code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
      expect(client.stats()).toMatchObject({ dialsFailed: 2, connections: 0 })
      expect(server.counts.requests).toBe(0)

      server.setSecureContext({ cert: certificates.localhost.cert, key: certificates.localhost.key })
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
      expect((await drained(bench.client().fetch(server.origin))).status).toBe(200)
    },
  )

  test('HTTP/1.1 servers are verified alike', async () => {
    const server = await bench.h1Server({ certificate: 'expired' })
    expect((await rejection(bench.client().request(server.origin))).code).toBe(
      'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
    )
    expect(server.counts.requests).toBe(0)
  })

  test('an IP address is checked against the certificate, and none is sent as SNI', async () => {
    const names: (string | false)[] = []
    const server = await bench.h2Server()
    server.server.on('secureConnection', (socket) => names.push(socket.servername))
    const client = bench.client()
    expect((await drained(client.fetch(`https://127.0.0.1:${server.port}`))).status).toBe(200)
    expect(names).toEqual([false])
  })

  test('checkServerIdentity sees host and certificate, and its error is the cause', async () => {
    const server = await bench.h2Server()
    const seen: unknown[] = []
    const why = new Error('not the pinned certificate')
    const client = bench.client({
      tls: {
        checkServerIdentity(host, { subject }) {
          seen.push([host, subject.CN])
          return why
        },
      },
    })
    const error = await rejection(client.request(server.origin))
    expect(error.code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
    expect(error.cause).toBe(why)
    expect(seen).toEqual([['localhost', expect.any(String)]])
  })

  test('a server that insists on a client certificate gets the one that was given', async () => {
    const server = await bench.h2Server({ tls: { requestCert: true, rejectUnauthorized: true, ca } })
    expect((await drained(bench.client({ tls: { cert, key } }).fetch(server.origin))).status).toBe(200)
    const error = await rejection(bench.client().request(server.origin))
    expect(['ConnectError', 'ConnectionError']).toContain(error.name)
    expect(server.counts.requests).toBe(1)
  })
})
