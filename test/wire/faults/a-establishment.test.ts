/** faults.md section 2 A, 1 to 16: names, addresses, TCP, TLS, certificates, ALPN. */
import type { LookupFunction, Socket } from 'node:net'
import { describe, expect } from 'vitest'
import type { CertificateName } from '../../support/certificates.ts'
import { Relay } from '../../support/relay.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  connectFailed,
  connectionOf,
  expectFailure,
  expectGood,
  failureOf,
  timedOut,
} from './expectations.ts'
import { notYetValidCertificate } from './not-yet-valid.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'
import { blackHoleListener } from './syn-black-hole.ts'
import { tamperingRelay } from './tampering-relay.ts'

const stage = new Stage()

type LookupCallback = Parameters<LookupFunction>[2]

/** A `lookup` that takes each answer in turn, and then the truth. */
function lookups(...answers: ((callback: LookupCallback) => void)[]) {
  const names: string[] = []
  const lookup = ((hostname: string, _options: unknown, callback: LookupCallback) => {
    names.push(hostname)
    const answer = answers[names.length - 1] ?? addresses('127.0.0.1')
    setImmediate(() => answer(callback))
  }) as LookupFunction
  return { lookup, names }
}

const addresses =
  (...list: string[]) =>
  (callback: LookupCallback) =>
    callback(
      null,
      list.map((address) => ({ address, family: 4 })),
    )

const lookupError = (code: string) => (callback: LookupCallback) =>
  callback(Object.assign(new Error(`getaddrinfo ${code}`), { code, syscall: 'getaddrinfo' }), [])

describe('names and addresses', () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ESERVFAIL']) {
    fault(1, `DNS says ${code}`, async () => {
      const { lookup } = lookups(lookupError(code))
      const scene = await stage.http2({ client: { dns: { lookup } }, isBad: () => false })
      expectFailure(
        await scene.play({ method: 'POST', body: 'x' }),
        connectFailed('ERR_TRUNKLINE_DNS_FAILED', 'dns'),
      )
    })
  }

  fault(1, 'DNS answers with no address at all', async () => {
    const { lookup } = lookups(addresses())
    const scene = await stage.http2({ client: { dns: { lookup } }, isBad: () => false })
    const outcome = await scene.play({ method: 'POST' })
    expect(failureOf(outcome)).toMatchObject({ name: 'ConnectError', processed: 'no' })
  })

  fault(1, 'DNS answers with something that is no address', async () => {
    const { lookup } = lookups((callback) => callback(null, [{ address: 'not an address', family: 4 }]))
    const scene = await stage.http2({ client: { dns: { lookup } }, isBad: () => false })
    const outcome = await scene.play({ method: 'POST' })
    expect(failureOf(outcome)).toMatchObject({ name: 'ConnectError', processed: 'no' })
  })

  fault(2, 'DNS never answers', async () => {
    const { lookup } = lookups(() => {})
    const scene = await stage.http2({
      client: { dns: { lookup }, timeouts: { connect: 100 } },
      isBad: () => false,
    })
    expectFailure(await scene.send('/'), timedOut('ERR_TRUNKLINE_DNS_TIMEOUT', 'dns'))
    const { client } = await stage.http2()
    expect(client.stats().dialsFailed).toBe(0)
  })

  fault(3, 'a dead address before a living one: refused', async () => {
    const { lookup } = lookups(addresses('127.0.0.2', '127.0.0.1'))
    const scene = await stage.http2({ client: { dns: { lookup } }, isBad: () => false })
    expectGood(await scene.play())
  })

  fault(3, 'a dead address before a living one: silent', async () => {
    const { lookup } = lookups(addresses('127.0.0.2', '127.0.0.1'))
    const scene = await stage.http2({ client: { dns: { lookup, attemptTimeout: 50 } }, isBad: () => false })
    const hole = await blackHoleListener('127.0.0.2', scene.peer.port)
    stage.add(() => hole.close())
    expectGood(await scene.play())
  })

  const spellings: readonly [title: string, host: string][] = [
    ['a trailing dot', 'localhost.'],
    ['an ideographic full stop', 'localhost\u3002'],
    ['full-width letters', '\uff4cocalhost'],
    ['upper case', 'LOCALHOST'],
  ]
  for (const [title, host] of spellings) {
    fault(4, `${title} in a host: one spelling for DNS, SNI, authority and pool`, async () => {
      const { lookup, names } = lookups()
      const scene = await stage.http2({ client: { dns: { lookup } }, isBad: () => false })
      const { port } = scene.peer
      const response = await scene.client.request(`https://${host}:${port}/`)
      expect(await response.body.text()).toBe('good')
      expectGood(await scene.send('/probe'))
      expect(names).toEqual(['localhost'])
      expect(scene.peer.tcpConnections).toBe(1)
      const authorities = scene
        .connection(0)
        .received.flatMap((frame) =>
          frame.type === 'HEADERS' ? [frame.headers?.[(frame.headers?.indexOf(':authority') ?? 0) + 1]] : [],
        )
      expect(authorities).toEqual([`localhost:${port}`, `localhost:${port}`])
      expect((scene.connection(0).transport.socket as Socket & { servername?: string }).servername).toBe(
        'localhost',
      )
    })
  }

  for (const host of [
    'exa\0mple.test',
    'exa mple.test',
    'exa%00mple.test',
    'a..b\u0000',
    '[::1',
    'exa<mple.test',
  ]) {
    fault(4, `${JSON.stringify(host)} as a host is rejected before DNS`, async () => {
      const { lookup, names } = lookups()
      const client = stage.client({ dns: { lookup } })
      await expect(client.request(`https://${host}/`)).rejects.toMatchObject({
        name: 'InvalidRequestError',
        code: 'ERR_TRUNKLINE_INVALID_URL',
        processed: 'no',
      })
      expect(names).toEqual([])
    })
  }

  fault(5, 'ECONNREFUSED: all who wait get it, and the next one connects', async () => {
    const scene = await stage.http2({ isBad: () => false })
    const relay = await Relay.listen({ target: scene.peer.port })
    stage.add(() => relay.close())
    const send = () =>
      scene.client.request(`https://localhost:${relay.port}/`, { method: 'POST', body: 'x' }).then(
        async ({ status, body }) =>
          ({ kind: 'response' as const, status, body: await body.text(), headers: {} }) as never,
        (error: unknown) => ({ kind: 'error' as const, error }),
      )
    await relay.refuse(true)
    const outcomes = await Promise.all(Array.from({ length: 5 }, send))
    await relay.refuse(false)
    for (const outcome of outcomes)
      expectFailure(outcome, connectFailed('ERR_TRUNKLINE_CONNECT_FAILED', 'connect'))
    expectGood(await send())
  })

  fault(6, 'a SYN that nobody answers', async () => {
    const hole = await blackHoleListener('127.0.0.1')
    stage.add(() => hole.close())
    const client = stage.client({ timeouts: { connect: 150 } })
    const outcome = await client.request(`https://localhost:${hole.port}/`).then(
      () => ({ kind: 'error' as const, error: 'a response' }),
      (error: unknown) => ({ kind: 'error' as const, error }),
    )
    expectFailure(outcome, timedOut('ERR_TRUNKLINE_CONNECT_TIMEOUT', 'connect'))
  })
})

describe('TLS', () => {
  /** The script has TCP connection 0 for itself. */
  function ahead(script: (tcp: Socket) => void) {
    return (tcp: Socket, index: number) => {
      if (index > 0) return undefined
      tcp.resume()
      script(tcp)
      return 'handled' as const
    }
  }

  fault(7, 'TCP is accepted, TLS is silent', async () => {
    const scene = await stage.http2({
      client: { timeouts: { connect: 200 } },
      beforeTls: ahead(() => {}),
      isBad: () => false,
    })
    expectFailure(await scene.send('/'), timedOut('ERR_TRUNKLINE_TLS_TIMEOUT', 'tls'))
    const later = await stage.http2()
    expectGood(await later.send('/probe'))
  })

  const broken: readonly [number: number, title: string, script: (tcp: Socket) => void][] = [
    [8, 'FIN at once', (tcp) => tcp.end()],
    [8, 'FIN after ClientHello', (tcp) => tcp.once('data', () => tcp.end())],
    [8, 'RST after ClientHello', (tcp) => tcp.once('data', () => tcp.resetAndDestroy())],
    [
      8,
      'FIN inside ServerHello',
      (tcp) => tcp.once('data', () => tcp.end(Buffer.of(22, 3, 3, 0, 80, 2, 0, 0, 76))),
    ],
    [9, 'HTTP instead of TLS', (tcp) => tcp.once('data', () => tcp.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    [9, 'garbage instead of TLS', (tcp) => tcp.once('data', () => tcp.end(Buffer.alloc(500, 0xa5)))],
    [
      9,
      'an alert instead of TLS',
      (tcp) => tcp.once('data', () => tcp.end(Buffer.of(21, 3, 3, 0, 2, 2, 80))),
    ],
  ]
  for (const [number, title, script] of broken) {
    fault(number, title, async () => {
      const scene = await stage.http2({ beforeTls: ahead(script), isBad: () => false })
      expectFailure(
        await scene.play({ method: 'POST', body: 'x' }),
        connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'),
      )
    })
  }

  fault(8, 'RST at once, before or after the client sees its TCP connection', async () => {
    const scene = await stage.http2({ beforeTls: ahead((tcp) => tcp.resetAndDestroy()), isBad: () => false })
    const outcome = await scene.play({ method: 'POST', body: 'x' })
    const { phase } = failureOf(outcome) as { phase?: string }
    expectFailure(
      outcome,
      phase === 'connect'
        ? connectFailed('ERR_TRUNKLINE_CONNECT_FAILED', 'connect')
        : connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'),
    )
  })

  fault(10, 'no version in common', async () => {
    const scene = await stage.http2({
      tls: { maxVersion: 'TLSv1.2' },
      client: { tls: { minVersion: 'TLSv1.3' } },
    })
    expectFailure(await scene.send('/'), connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'))
  })

  fault(10, 'no cipher in common', async () => {
    const scene = await stage.http2({
      tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      client: { tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } },
    })
    expectFailure(await scene.send('/'), connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'))
  })

  fault(10, 'HTTP/2 over a cipher suite that RFC 9113 section 9.2.2 forbids', async () => {
    const ciphers = 'ECDHE-ECDSA-AES128-SHA256'
    const scene = await stage.http2({
      tls: { maxVersion: 'TLSv1.2', ciphers },
      client: { tls: { ciphers } },
      bad: async () => {},
    })
    expectFailure(await scene.send('/'), connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'))
  })

  const certificates: readonly [number, CertificateName, string][] = [
    [11, 'otherCa', 'an authority that nobody trusts'],
    [11, 'expired', 'no longer valid'],
    [11, 'selfSigned', 'signed by itself'],
    [12, 'wrongHost', 'for another host'],
  ]
  for (const [number, certificate, title] of certificates) {
    fault(number, `a certificate: ${title}`, async () => {
      const scene = await stage.http2({ certificate })
      const outcomes = await Promise.all([1, 2, 3].map(() => scene.send('/')))
      for (const outcome of outcomes)
        expectFailure(outcome, connectFailed('ERR_TRUNKLINE_CERTIFICATE_REJECTED', 'tls'))
      await settleDown()
      expect(scene.peer.tcpConnections).toBe(1)
      expect(scene.peer.requestCount).toBe(0)
    })
  }

  fault(11, 'a certificate: not yet valid', async () => {
    const { ca, cert, key } = await notYetValidCertificate()
    const scene = await stage.http2({ tls: { cert, key }, client: { tls: { ca } } })
    expectFailure(await scene.send('/'), connectFailed('ERR_TRUNKLINE_CERTIFICATE_REJECTED', 'tls'))
    expect(scene.peer.tcpConnections).toBe(1)
  })

  fault(12, 'a certificate: without the IP address of the URL', async () => {
    const scene = await stage.http2({ certificate: 'wrongHost' })
    await expect(scene.client.request(`https://127.0.0.1:${scene.peer.port}/`)).rejects.toMatchObject(
      connectFailed('ERR_TRUNKLINE_CERTIFICATE_REJECTED', 'tls'),
    )
  })
})

describe('ALPN', () => {
  const http1 = (connection: { autoRespond(response: { body: string }): void }) =>
    connection.autoRespond({ body: 'good' })
  const alpnRejected = connectFailed('ERR_TRUNKLINE_ALPN_REJECTED', 'tls')

  fault(13, 'a server without ALPN speaks HTTP/1.1', async () => {
    const scene = await stage.http2({ alpn: 'none', onHttp1Connection: http1 })
    expect(await scene.play({ method: 'POST', body: 'x' })).toMatchObject({ protocol: 'http/1.1' })
  })

  fault(13, 'a server without ALPN, and only HTTP/2 is wanted', async () => {
    const scene = await stage.http2({ alpn: 'none', onHttp1Connection: http1, client: { protocols: ['h2'] } })
    expectFailure(await scene.send('/'), alpnRejected)
  })

  fault(13, 'a server that chooses HTTP/1.1, and only HTTP/2 is wanted', async () => {
    const scene = await stage.http2({
      alpn: 'http/1.1',
      onHttp1Connection: http1,
      client: { protocols: ['h2'] },
    })
    expectFailure(await scene.send('/'), alpnRejected)
  })

  fault(14, 'a server that chooses what was not offered', async () => {
    const scene = await stage.http2({ tls: { maxVersion: 'TLSv1.2' }, isBad: () => false })
    // In the ServerHello of TLS 1.2 the choice is in plain text: h2 becomes h9.
    const relay = await tamperingRelay(
      scene.peer.port,
      Buffer.from('\x00\x03\x02h2', 'latin1'),
      Buffer.from('\x00\x03\x02h9', 'latin1'),
    )
    stage.add(() => relay.close())
    await expect(scene.client.request(`https://localhost:${relay.port}/`)).rejects.toMatchObject({
      name: 'ConnectError',
      code: expect.toBeOneOf(['ERR_TRUNKLINE_ALPN_REJECTED', 'ERR_TRUNKLINE_TLS_FAILED']),
      processed: 'no',
    })
    expect(relay.tampered).toBe(true)
  })

  fault(15, 'the alert no_application_protocol', async () => {
    const scene = await stage.http2({ alpn: 'reject' })
    expectFailure(await scene.send('/'), alpnRejected)
  })

  fault(16, 'HTTP/2 yesterday, HTTP/1.1 today: no request is lost', async () => {
    let speaks = 'h2'
    const scene = await stage.http2({ alpn: () => speaks, isBad: () => false, onHttp1Connection: http1 })
    expect(await scene.send('/')).toMatchObject({ protocol: 'h2' })
    speaks = 'http/1.1'
    scene.connection(0).fin()
    await waitFor(() => scene.client.stats().connections === 0)
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map(() => scene.send('/', { method: 'POST', body: 'x' })),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ body: 'good', protocol: 'http/1.1' })
  })

  fault(16, 'HTTP/1.1 yesterday, HTTP/2 today: no request is lost', async () => {
    let speaks = 'http/1.1'
    const scene = await stage.http2({ alpn: () => speaks, isBad: () => false, onHttp1Connection: http1 })
    expect(await scene.send('/')).toMatchObject({ protocol: 'http/1.1' })
    speaks = 'h2'
    scene.peer.http1Connections[0]?.fin()
    await waitFor(() => scene.client.stats().connections === 0)
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map(() => scene.send('/', { method: 'POST', body: 'x' })),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ body: 'good', protocol: 'h2' })
    expect(new Set(outcomes.map(connectionOf)).size).toBe(1)
  })
})
