import * as tls from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type OriginTlsOptions, type TlsOptions, TlsPolicy } from '../../../src/connect/tls-identity.ts'
import { parseTarget } from '../../../src/core/origin.ts'

const { origin } = parseTarget('https://example.test/')
const digest = (options: TlsOptions) => new TlsPolicy(options).digest
const check = () => undefined

/** One pair per option, each as different as two values of it can reasonably be. */
const axes: {
  readonly [Option in keyof Required<OriginTlsOptions>]: readonly [OriginTlsOptions, OriginTlsOptions]
} = {
  ca: [{ ca: 'A' }, { ca: 'B' }],
  cert: [{ cert: 'A' }, { cert: 'B' }],
  key: [{ key: 'A' }, { key: 'B' }],
  pfx: [{ pfx: 'A' }, { pfx: 'B' }],
  passphrase: [{ passphrase: 'A' }, { passphrase: 'B' }],
  crl: [{ crl: 'A' }, { crl: 'B' }],
  ciphers: [{ ciphers: 'A' }, { ciphers: 'B' }],
  sigalgs: [{ sigalgs: 'A' }, { sigalgs: 'B' }],
  ecdhCurve: [{ ecdhCurve: 'A' }, { ecdhCurve: 'B' }],
  minVersion: [{ minVersion: 'TLSv1.3' }, { minVersion: 'TLSv1.1' }],
  maxVersion: [{ maxVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }],
  secureOptions: [{ secureOptions: 1 }, { secureOptions: 2 }],
  servername: [{ servername: 'a.test' }, { servername: 'b.test' }],
  rejectUnauthorized: [{ rejectUnauthorized: true }, { rejectUnauthorized: false }],
  checkServerIdentity: [{ checkServerIdentity: () => undefined }, { checkServerIdentity: () => undefined }],
}

describe('digest', () => {
  test.each(Object.entries(axes))('%s is part of it', (name, [one, other]) => {
    expect(digest(one)).not.toBe(digest(other))
    if (name !== 'rejectUnauthorized') expect(digest(one)).not.toBe(digest({}))
  })

  test('so are pins, whichever they are', () => {
    const pinned = (...pins: string[]) => new TlsPolicy({}, { pins }).digest
    expect(
      new Set([digest({}), pinned('sha256/A'), pinned('sha256/B'), pinned('sha256/A', 'sha256/B')]).size,
    ).toBe(4)
    expect(pinned('sha256/A')).toBe(pinned('sha256/A'))
  })

  test('where keys are logged to is not', () => {
    expect(new TlsPolicy({}, { keyLog: { watch: () => {} } }).digest).toBe(digest({}))
  })

  test('no two options with the same value are taken for each other', () => {
    const same: TlsOptions[] = [
      { ca: 'A' },
      { cert: 'A' },
      { key: 'A' },
      { pfx: 'A' },
      { passphrase: 'A' },
      { crl: 'A' },
      { ciphers: 'A' },
      { sigalgs: 'A' },
      { ecdhCurve: 'A' },
      { servername: 'A' },
    ]
    expect(new Set(same.map(digest)).size).toBe(same.length)
  })

  test('is equal for equal options, in any order', () => {
    const one: TlsOptions = { ca: ['A', 'B'], servername: 'a', ciphers: 'c', checkServerIdentity: check }
    const other: TlsOptions = { checkServerIdentity: check, ciphers: 'c', servername: 'a', ca: ['A', 'B'] }
    expect(digest(one)).toBe(digest(other))
    expect(digest({})).toBe(digest({}))
  })

  test('the defaults said aloud are the defaults', () => {
    expect(digest({ minVersion: 'TLSv1.2', rejectUnauthorized: true })).toBe(digest({}))
  })

  test('bytes and text of the same bytes are equal, through any view', () => {
    const text = 'Zertifikat für ü'
    const buffer = Buffer.from(text)
    const wide = new Uint8Array([0, ...buffer, 0])
    const inputs = [
      text,
      buffer,
      new Uint8Array(buffer),
      wide.subarray(1, -1),
      new DataView(wide.buffer, 1, buffer.length),
    ]
    const digests = inputs.map((ca) => digest({ ca: ca as Buffer }))
    expect(new Set(digests).size).toBe(1)
  })

  test('equal lists and equal objects are equal though they are not the same', () => {
    expect(digest({ key: [{ pem: 'k', passphrase: 'p' }] })).toBe(
      digest({ key: [{ passphrase: 'p', pem: Buffer.from('k') }] }),
    )
  })

  test.each<[string, readonly unknown[]]>([
    ['the borders of a list', [['ab', 'c'], ['a', 'bc'], ['abc'], 'abc']],
    ['a list and what it would be joined to', [['a', 'b'], 'a,b', 'ab', 'a\nb']],
    ['nesting', [['a', ['b']], ['a', 'b'], [['a'], 'b'], [['a', 'b']]]],
    ['emptiness', ['', [], [''], [[]]]],
    ['the marks of the encoding', ['text A', ['text A'], 'list 1', ['list 1'], 'none', '6:text A']],
    ['lengths', ['1:a', ['1:a'], ['1', 'a'], '1', ['1']]],
    [
      'fields of objects',
      [[{ pem: 'a' }], [{ pem: 'a', passphrase: '' }], [{ buf: 'a' }], [['pem', 'a']], ['a']],
    ],
    [
      'order',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    ],
  ])('no collisions by %s', (_, values) => {
    const digests = values.map((ca) => digest({ ca: ca as string }))
    expect(new Set(digests).size).toBe(values.length)
  })

  test('no collisions between neighbouring options', () => {
    const values: TlsOptions[] = [
      { ca: 'a', cert: 'b' },
      { ca: ['a', 'cert', 'text b'] },
      { ca: 'ab' },
      { cert: 'ab' },
      { passphrase: 'none' },
      {},
    ]
    expect(new Set(values.map(digest)).size).toBe(values.length)
  })

  test('no collisions between server names, whatever their characters', () => {
    // U+0161 ends in the byte of "a".
    const names = ['example.test', 'ex\u0161mple.test', 'exämple.test', '']
    const digests = [digest({}), ...names.map((servername) => digest({ servername }))]
    expect(new Set(digests).size).toBe(digests.length)
  })

  test('functions and opaque objects are told apart by identity', () => {
    expect(digest({ checkServerIdentity: check })).toBe(digest({ checkServerIdentity: check }))
    const opaque = Object.freeze({})
    const other = Object.freeze({})
    expect(digest({ key: opaque as Buffer })).toBe(digest({ key: opaque as Buffer }))
    expect(digest({ key: opaque as Buffer })).not.toBe(digest({ key: other as Buffer }))
  })
})

describe('verification', () => {
  afterEach(() => void vi.unstubAllEnvs())

  test('is on unless switched off', () => {
    expect(new TlsPolicy({}).verifies).toBe(true)
    expect(new TlsPolicy({ rejectUnauthorized: false }).verifies).toBe(false)
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 switches it off, and makes another digest', () => {
    const verified = digest({})
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const policy = new TlsPolicy({})
    expect(policy.verifies).toBe(false)
    expect(policy.digest).not.toBe(verified)
    expect(new TlsPolicy({ rejectUnauthorized: true }).verifies).toBe(true)
  })

  test('the variable does not change a client that exists', () => {
    const policy = new TlsPolicy({})
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect(policy.verifies).toBe(true)
    expect(policy.digest).toBe(digest({ rejectUnauthorized: true }))
  })
})

describe('identity', () => {
  const policy = new TlsPolicy({ ca: 'A' })
  const base = policy.identity(origin, ['h2', 'http/1.1'])

  test('is equal for the same origin, offer and trust', () => {
    expect(new TlsPolicy({ ca: Buffer.from('A') }).identity(origin, ['h2', 'http/1.1'])).toBe(base)
  })

  test.each<[string, string, readonly ('h2' | 'http/1.1')[], TlsOptions]>([
    ['host', 'https://other.test/', ['h2', 'http/1.1'], { ca: 'A' }],
    ['port', 'https://example.test:8443/', ['h2', 'http/1.1'], { ca: 'A' }],
    ['ALPN offer', 'https://example.test/', ['h2'], { ca: 'A' }],
    ['order of the offer', 'https://example.test/', ['http/1.1', 'h2'], { ca: 'A' }],
    ['trust', 'https://example.test/', ['h2', 'http/1.1'], { ca: 'B' }],
    ['verification', 'https://example.test/', ['h2', 'http/1.1'], { ca: 'A', rejectUnauthorized: false }],
  ])('differs by %s', (_, url, offer, options) => {
    expect(new TlsPolicy(options).identity(parseTarget(url).origin, offer)).not.toBe(base)
  })

  test('does not spell out what it is made from', () => {
    expect(new TlsPolicy({ passphrase: 'hunter2' }).identity(origin, ['h2'])).not.toContain('hunter2')
  })
})

describe('the default authorities', () => {
  test('a new default list is another identity for those who trust it, and the same for those who do not', () => {
    const trusting = new TlsPolicy({})
    const own = new TlsPolicy({ ca: tls.rootCertificates[0] as string })
    const before = [trusting.identity(origin, ['h2']), own.identity(origin, ['h2'])]
    const context = trusting.secureContext()
    const list = tls.getCACertificates('default')
    try {
      tls.setDefaultCACertificates(tls.rootCertificates.slice(0, 1))
      expect(trusting.identity(origin, ['h2'])).not.toBe(before[0])
      expect(own.identity(origin, ['h2'])).toBe(before[1])
      expect(trusting.secureContext()).not.toBe(context)
    } finally {
      tls.setDefaultCACertificates(list)
    }
  })

  test('unchanged, it is the same identity at each call', () => {
    expect(new TlsPolicy({}).identity(origin, ['h2'])).toBe(new TlsPolicy({}).identity(origin, ['h2']))
  })
})

describe('secureContext', () => {
  const ca = tls.rootCertificates[0] as string

  test('is made once, and shared by clients with equal options', () => {
    const policy = new TlsPolicy({ ca })
    expect(policy.secureContext()).toBe(policy.secureContext())
    expect(new TlsPolicy({ ca: Buffer.from(ca) }).secureContext()).toBe(policy.secureContext())
  })

  test('is another for other options', () => {
    const contexts = [{ ca }, { ca, minVersion: 'TLSv1.3' as const }, {}].map((options) =>
      new TlsPolicy(options).secureContext(),
    )
    expect(new Set(contexts).size).toBe(3)
  })

  test('fails with what is wrong, each time', () => {
    const policy = new TlsPolicy({ cert: 'no certificate' })
    expect(() => policy.secureContext()).toThrow()
    expect(() => policy.secureContext()).toThrow()
  })

  test('many clients do not pile up contexts: the oldest is made anew', () => {
    const first = new TlsPolicy({ secureOptions: 0 }).secureContext()
    for (let index = 1; index <= 16; index += 1)
      new TlsPolicy({
        ca,
        ciphers: `AES128-SHA:@SECLEVEL=${index % 3}`,
        sigalgs: 'RSA+SHA256',
        secureOptions: index,
      }).secureContext()
    expect(new TlsPolicy({ secureOptions: 0 }).secureContext()).not.toBe(first)
  })
})
