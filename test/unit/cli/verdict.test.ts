import { describe, expect, test } from 'vitest'
import type { Http2Facts } from '../../../src/cli/probe/report.ts'
import { judge, type Observed } from '../../../src/cli/probe/verdict.ts'

const HTTP2: Http2Facts = {
  settings: { MAX_CONCURRENT_STREAMS: 128 },
  settingsAfter: 1,
  acknowledged: true,
  maxConcurrentStreams: 128,
  initialWindowSize: 1024 * 1024,
  connectionWindow: 1024 * 1024,
  ping: { sent: 5, answered: 5, min: 20, average: 21, max: 22 },
  response: { status: 200, server: null, altSvc: null, firstByte: 5 },
  altSvc: [],
  origins: [],
  pushPromises: 0,
  goAway: null,
  frames: {},
  error: null,
}

const GOOD = {
  connection: { address: '127.0.0.1', protocol: 'h2', dns: 1, connect: 1, tls: 5 },
  tls: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    keyExchange: 'X25519',
    alpn: 'h2',
    distrust: null,
    tls12: true,
    certificate: {
      subject: 'localhost',
      issuer: 'somebody',
      names: [],
      validFrom: '2026-01-01T00:00:00.000Z',
      validTo: '2027-01-01T00:00:00.000Z',
      daysLeft: 40,
      fingerprint256: '',
      key: null,
    },
  },
  resumption: { tickets: 2, resumed: true, full: 5, second: 2, error: null },
  http2: HTTP2,
  http1: { works: true, response: HTTP2.response, error: null },
  idle: null,
} as const satisfies Observed

const failed = { code: 'ERR', message: 'It broke.' }
const http2 = (facts: Partial<Http2Facts>): Observed => ({ ...GOOD, http2: { ...HTTP2, ...facts } })

test('what is good is ready, with nothing but praise', () => {
  const { verdict, findings } = judge(GOOD)
  expect(verdict).toBe('ready')
  expect(findings.map(({ level }) => level)).toEqual(findings.map(() => 'good'))
})

describe('a problem', () => {
  const problems: readonly [string, Observed, RegExp][] = [
    ['no ALPN', { ...GOOD, http2: null, tls: { ...GOOD.tls, alpn: null } }, /knows no ALPN/],
    ['h2 without SETTINGS', http2({ settingsAfter: null, error: failed }), /sent no SETTINGS: It broke/],
    ['no trust', { ...GOOD, tls: { ...GOOD.tls, distrust: failed } }, /It broke/],
    ['a broken exchange', http2({ error: failed }), /It broke/],
    ['421', http2({ response: { ...GOOD.http2.response!, status: 421 } }), /421/],
    ['push', http2({ pushPromises: 1 }), /pushed 1 response/],
    ['no streams', http2({ maxConcurrentStreams: 0 }), /takes no streams/],
    [
      'neither protocol',
      { ...GOOD, http2: null, http1: { works: false, response: null, error: failed } },
      /HTTP\/1\.1 does not work/,
    ],
  ]
  test.each(problems)('%s', (_, seen, said) => {
    const { verdict, findings } = judge(seen)
    expect(verdict).toBe('not-ready')
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'problem', text: expect.stringMatching(said) }),
    )
  })
})

describe('a warning', () => {
  const idle = { watched: 5000, closedAfter: 3000, goAway: null }
  const warnings: readonly [string, Observed, RegExp][] = [
    ['TLS 1.2', { ...GOOD, tls: { ...GOOD.tls, version: 'TLSv1.2', tls12: null } }, /round trip more/],
    [
      'no tickets',
      { ...GOOD, resumption: { ...GOOD.resumption, tickets: 0, resumed: false } },
      /gives no tickets/,
    ],
    [
      'tickets for nothing',
      { ...GOOD, resumption: { ...GOOD.resumption, resumed: false } },
      /does not take them/,
    ],
    ['few streams', http2({ maxConcurrentStreams: 4 }), /Only 4 requests at once/],
    ['no PING', http2({ ping: { sent: 1, answered: 0, min: 0, average: 0, max: 0 } }), /answers no PING/],
    ['GOAWAY', http2({ goAway: { code: 'NO_ERROR', lastStreamId: 1, debug: '' } }), /GOAWAY \(NO_ERROR\)/],
    [
      'the end of a certificate',
      { ...GOOD, tls: { ...GOOD.tls, certificate: { ...GOOD.tls.certificate, daysLeft: 3 } } },
      /ends in 3 days/,
    ],
    [
      'a fault of the server',
      http2({ response: { ...GOOD.http2.response!, status: 503 } }),
      /answered with 503/,
    ],
    ['an idle connection cut', { ...GOOD, idle }, /after 3\.00 s, without a GOAWAY/],
  ]
  test.each(warnings)('%s', (_, seen, said) => {
    const { verdict, findings } = judge(seen)
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'warning', text: expect.stringMatching(said) }),
    )
    expect(verdict).toBe('ready-with-remarks')
  })
})

describe('a note', () => {
  const notes: readonly [string, Observed, RegExp][] = [
    ['no limit', http2({ maxConcurrentStreams: null }), /sets no limit/],
    ['some streams', http2({ maxConcurrentStreams: 32 }), /Only 32 requests/],
    [
      'a small window over a long way',
      http2({ initialWindowSize: 65_535 }),
      /64\.0 KiB ahead: at 20\.0 ms of round trip 3\.1 MiB\/s/,
    ],
    ['WebSockets', http2({ settings: { ENABLE_CONNECT_PROTOCOL: 1 } }), /RFC 8441/],
    ['HTTP/3', http2({ altSvc: ['h3=":443"'] }), /HTTP\/3/],
    ['other origins', http2({ origins: ['https://a.test', 'https://b.test'] }), /2 origins/],
    [
      'no fallback',
      { ...GOOD, http1: { works: false, response: null, error: failed } },
      /HTTP\/1\.1 does not work/,
    ],
  ]
  test.each(notes)('%s', (_, seen, said) => {
    const { verdict, findings } = judge(seen)
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'note', text: expect.stringMatching(said) }),
    )
    expect(verdict).toBe('ready')
  })
})
