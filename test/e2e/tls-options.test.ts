/** Options of TLS that differ between origins, pins, certificates that change, and the key log. */
import 'reflect-metadata'
import { createHash, webcrypto, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509'
import { MemoryTlsSessionStore, type TlsOptions } from 'trunkline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, ca, certificates, drained, rejection } from './support/bench.ts'

const bench = new Bench()
const mine = certificates.client
const other = certificates.otherCa.localhost
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-tls-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pinOf = (pem: string) =>
  `sha256/${createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`
const serial = (pem: string) => new X509Certificate(pem).serialNumber

const LEAF = pinOf(certificates.localhost.cert)
const AUTHORITY = pinOf(ca)
const SELF_SIGNED = pinOf(certificates.selfSigned.cert)
const LOOPBACK = { 'a.test': '127.0.0.1', 'b.test': '127.0.0.1' }
const WRONG = `sha256/${Buffer.alloc(32, 7).toString('base64')}`

/** A server that asks for a client certificate, and the serial numbers of those it was shown; null: none. */
async function curious(
  protocol: 'h2' | 'http/1.1' = 'h2',
): Promise<{ server: TestServer; shown: (string | null)[] }> {
  const server = await bench.server(protocol, { tls: { requestCert: true, rejectUnauthorized: false, ca } })
  const shown: (string | null)[] = []
  server.server.on('secureConnection', (socket: TLSSocket) =>
    shown.push(socket.getPeerCertificate().serialNumber ?? null),
  )
  return { server, shown }
}

/** Somebody's own certificate authority of that name. */
async function impostor(name: string): Promise<{ cert: string; pin: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const extensions = [new BasicConstraintsExtension(true)]
  const made = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions,
  })
  const cert = made.toString('pem')
  return { cert, pin: pinOf(cert) }
}

const get = (client: ReturnType<Bench['client']>, url: string) => drained(client.fetch(url))

describe('client certificates by origin', () => {
  test.each(['h2', 'http/1.1'] as const)(
    'each origin sees its own, others none, over %s',
    async (protocol) => {
      const { server, shown } = await curious(protocol)
      const { port } = server
      const client = bench.client({
        tls: {
          perOrigin: {
            [`a.test:${port}`]: { cert: mine.cert, key: mine.key },
            '*.test': { cert: other.cert, key: other.key },
          },
        },
        dns: { hosts: LOOPBACK },
      })
      for (const host of ['a.test', 'b.test', 'localhost']) await get(client, `https://${host}:${port}/`)
      expect(shown).toEqual([serial(mine.cert), serial(other.cert), null])
    },
  )

  test('an origin that has another one shows nothing of the one of the client', async () => {
    const { server, shown } = await curious()
    const client = bench.client({
      tls: {
        cert: mine.cert,
        key: mine.key,
        perOrigin: (origin) => (origin.includes('a.test') ? { cert: other.cert, key: other.key } : undefined),
      },
      dns: { hosts: LOOPBACK },
    })
    await get(client, `https://a.test:${server.port}/`)
    await get(client, `https://b.test:${server.port}/`)
    expect(shown).toEqual([serial(other.cert), serial(mine.cert)])
  })

  test('tickets of one are not offered with another', async () => {
    const { server } = await curious()
    const tlsSessions = new MemoryTlsSessionStore()
    const visit = async (perOrigin: TlsOptions['perOrigin']) => {
      const client = bench.client({ tlsSessions, tls: perOrigin === undefined ? {} : { perOrigin } })
      const { timings } = await get(client, server.origin)
      await client.close()
      return timings.resumed
    }
    const withMine = { localhost: { cert: mine.cert, key: mine.key } }
    expect([
      await visit(undefined),
      await visit(withMine),
      await visit(withMine),
      await visit(undefined),
    ]).toEqual([false, false, true, true])
  })

  test('a function that gives nonsense, or throws, fails the request that asked, and no other', async () => {
    const server = await bench.h2Server()
    let answer: () => unknown = () => ({ crt: 'x' })
    const client = bench.client({ tls: { perOrigin: () => answer() as undefined } })
    expect(await rejection(client.request(server.origin))).toMatchObject({
      code: 'ERR_TRUNKLINE_INVALID_OPTION',
      message: expect.stringContaining('tls.perOrigin(origin).crt is not an option'),
    })
    answer = () => {
      throw new Error('from perOrigin')
    }
    expect((await rejection(client.request(server.origin))).message).toContain('from perOrigin')
    answer = () => undefined
    expect((await get(client, server.origin)).status).toBe(200)
  })
})

describe('pins', () => {
  test.each([
    ['the key of the server', [LEAF]],
    ['the key of its authority', [AUTHORITY]],
    ['one of several', [WRONG, LEAF]],
    ["curl's spelling", [LEAF.replace('/', '//')]],
  ])('%s is let in, on full and on resumed handshakes', async (_title, pins) => {
    const server = await bench.h2Server()
    const tlsSessions = new MemoryTlsSessionStore()
    for (const resumed of [false, true]) {
      const client = bench.client({ tlsSessions, tls: { pins: { localhost: pins } } })
      expect((await get(client, server.origin)).timings.resumed).toBe(resumed)
      await client.close()
    }
  })

  test.each(['h2', 'http/1.1'] as const)(
    'anything else is refused over %s, and says what it saw',
    async (protocol) => {
      const server = await bench.server(protocol)
      const client = bench.client({ tls: { pins: { localhost: [WRONG] } } })
      const error = await rejection(client.request(server.origin))
      expect(error).toMatchObject({
        name: 'ConnectError',
        code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
        processed: 'no',
        cause: { code: 'PIN_MISMATCH', host: 'localhost', seen: [LEAF, AUTHORITY], expected: [WRONG] },
      })
      expect(error.message).toContain(LEAF)
      expect(error.message).toContain(WRONG)
      expect(error.message).toContain('tls.pins')
      expect(server.counts.requests).toBe(0)
    },
  )

  test('a session from before the pin is not resumed', async () => {
    const server = await bench.h2Server()
    const tlsSessions = new MemoryTlsSessionStore()
    const before = bench.client({ tlsSessions })
    await get(before, server.origin)
    const after = bench.client({ tlsSessions, tls: { pins: { localhost: [WRONG] } } })
    expect((await rejection(after.request(server.origin))).code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
    expect(server.counts.resumedHandshakes).toBe(0)
  })

  test('a certificate that has the name of the authority and signed nothing does not count', async () => {
    // Node takes it for the issuer, since it goes by names.
    const { cert, pin } = await impostor('CN=Trunkline test authority')
    const chain = `${certificates.localhost.cert}\n${cert}`
    const server = await bench.h2Server({ tls: { cert: chain, key: certificates.localhost.key } })
    const client = bench.client({ tls: { pins: { localhost: [pin] } } })
    expect((await rejection(client.request(server.origin))).cause).toMatchObject({ seen: [LEAF] })
  })

  test('come after the other checks: an authority that is not trusted stays untrusted', async () => {
    const server = await bench.h2Server({ certificate: 'selfSigned' })
    const client = bench.client({ tls: { pins: { localhost: [SELF_SIGNED] } } })
    expect((await rejection(client.request(server.origin))).cause.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  test('go by host: subdomains when that is said, and their own pins before those', async () => {
    const server = await bench.h2Server()
    const pins = { test: { keys: [WRONG], includeSubdomains: true }, 'a.test': [LEAF] }
    const client = bench.client({ tls: { pins }, dns: { hosts: LOOPBACK } })
    expect((await get(client, `https://a.test:${server.port}`)).status).toBe(200)
    const error = await rejection(client.request(`https://b.test:${server.port}`))
    expect(error.cause).toMatchObject({ code: 'PIN_MISMATCH' })
    expect((await get(client, `https://127.0.0.1:${server.port}`)).status).toBe(200)
  })
})

describe('certificates that change', () => {
  test.each(['h2', 'http/1.1'] as const)(
    'update() lets open requests finish with the old one, new ones use the new, over %s',
    async (protocol) => {
      const { server, shown } = await curious(protocol)
      const client = bench.client({ tls: { cert: mine.cert, key: mine.key } })
      const slow = get(client, `${server.origin}/delay/400`)
      await waitFor(() => server.counts.requests === 1, { message: 'the slow request to arrive' })
      client.update({ tls: { cert: other.cert, key: other.key } })
      expect((await get(client, server.origin)).status).toBe(200)
      expect((await slow).status).toBe(200)
      expect(shown).toEqual([serial(mine.cert), serial(other.cert)])
    },
  )

  test('update() with the same contents, or with limits alone, leaves connections alone', async () => {
    const { server } = await curious()
    const client = bench.client({ tls: { cert: mine.cert, key: mine.key } })
    await get(client, server.origin)
    client.update({ tls: { cert: Buffer.from(mine.cert), key: mine.key } })
    client.update({ limits: { queued: 5 } })
    await get(client, server.origin)
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('update() with something that cannot be used changes nothing', async () => {
    const { server } = await curious()
    const client = bench.client({ tls: { cert: mine.cert, key: mine.key } })
    await get(client, server.origin)
    expect(() => client.update({ tls: { key: other.key } })).toThrow(/a key must belong to its certificate/)
    expect(() => client.update({ tls: { reload: {} } as never })).toThrow(/tls\.reload is not an option/)
    await get(client, server.origin)
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('update() with pins ends what was let in before them', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    await get(client, server.origin)
    client.update({ tls: { pins: { localhost: [WRONG] } } })
    expect((await rejection(client.request(server.origin))).cause).toMatchObject({ code: 'PIN_MISMATCH' })
    client.update({ tls: { pins: { localhost: [LEAF] } } })
    expect((await get(client, server.origin)).status).toBe(200)
  })

  test('files are read again: the new certificate is shown, without a restart', async () => {
    const { server, shown } = await curious()
    const cert = join(folder, 'client.crt')
    const key = join(folder, 'client.key')
    const put = (leaf: { cert: string; key: string }) => {
      writeFileSync(cert, leaf.cert)
      writeFileSync(key, leaf.key)
    }
    put(mine)
    const client = bench.client({ tls: { reload: { files: { cert, key }, interval: 20 } } })
    await get(client, server.origin)
    // Half of a change is seen, counted, and not used.
    writeFileSync(cert, other.cert)
    await waitFor(() => (client.stats().tlsReload?.failures ?? 0) > 0, { message: 'a failed reload' })
    await get(client, server.origin)
    put(other)
    await waitFor(() => client.stats().tlsReload?.changes === 1, { message: 'a reload' })
    await get(client, server.origin)
    expect(shown).toEqual([serial(mine.cert), serial(other.cert)])
  })

  test('a function is asked again', async () => {
    const { server, shown } = await curious()
    let current: { cert: string; key: string } | undefined
    const load = async () => current
    const client = bench.client({ tls: { cert: mine.cert, key: mine.key, reload: { load, interval: 20 } } })
    await get(client, server.origin)
    current = { cert: other.cert, key: other.key }
    await waitFor(() => client.stats().tlsReload?.changes === 1, { message: 'a reload' })
    await get(client, server.origin)
    expect(shown).toEqual([serial(mine.cert), serial(other.cert)])
  })

  test('a file that is not there is refused by name when the client is made', () => {
    const cert = join(folder, 'nowhere.crt')
    expect(() => bench.client({ tls: { reload: { files: { cert } } } })).toThrow(
      /tls\.reload\.files\.cert.*ENOENT/,
    )
  })
})

describe('the key log', () => {
  /** What the server itself would log: the same secrets, if they are right. */
  async function logging(maxVersion: 'TLSv1.2' | 'TLSv1.3') {
    const server = await bench.h2Server({ tls: { maxVersion } })
    const lines: string[] = []
    ;(server.server as unknown as TlsServer).on('keylog', (line: Buffer) =>
      lines.push(line.toString().trim()),
    )
    return { server, lines }
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('has the secrets of each handshake with %s', async (version) => {
    const { server, lines } = await logging(version)
    const path = join(folder, `${version}.keys`)
    for (let visit = 0; visit < 2; visit += 1) {
      const client = bench.client({ tls: { keyLog: path } })
      await get(client, server.origin)
      await client.close()
    }
    const written = readFileSync(path, 'utf8')
    for (const line of written.trim().split('\n'))
      expect(line).toMatch(/^[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]{64,}$/)
    expect(written.trim().split('\n').sort()).toEqual(lines.sort())
    expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(2)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('goes to a function line by line, and what that throws harms nothing', async () => {
    const { server, lines } = await logging('TLSv1.3')
    const seen: string[] = []
    const keyLog = (line: string) => {
      seen.push(line)
      throw new Error('from keyLog')
    }
    expect((await get(bench.client({ tls: { keyLog } }), server.origin)).status).toBe(200)
    expect(seen.sort()).toEqual(lines.sort())
  })

  test('follows SSLKEYLOGFILE only where that is asked for', async () => {
    const { server } = await logging('TLSv1.3')
    const path = join(folder, 'environment.keys')
    process.env.SSLKEYLOGFILE = path
    try {
      await get(bench.client(), server.origin)
      expect(existsSync(path)).toBe(false)
      await get(bench.client({ tls: { keyLog: true } }), server.origin)
      expect(readFileSync(path, 'utf8')).toContain('CLIENT_TRAFFIC_SECRET_0')
    } finally {
      delete process.env.SSLKEYLOGFILE
    }
    expect((await get(bench.client({ tls: { keyLog: true } }), server.origin)).status).toBe(200)
  })

  test('that cannot be written costs no request', async () => {
    const { server } = await logging('TLSv1.3')
    const keyLog = join(folder, 'no', 'such', 'folder')
    expect((await get(bench.client({ tls: { keyLog } }), server.origin)).status).toBe(200)
  })

  test('in a file that was open to others is closed to them', async () => {
    const { server } = await logging('TLSv1.3')
    const path = join(folder, 'open.keys')
    writeFileSync(path, '# mine\n', { mode: 0o644 })
    await get(bench.client({ tls: { keyLog: path } }), server.origin)
    expect(readFileSync(path, 'utf8')).toMatch(/^# mine\n[A-Z]/)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})
