import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ClientOptions, settleOptions } from '../../src/client-options.ts'
import { MemoryTlsSessionStore } from '../../src/connect/tls-session-store.ts'
import { RETRY_DEFAULTS } from '../../src/core/retry-policy.ts'

const settle = (options: unknown) => settleOptions(options as ClientOptions)
const refused = (name: string, ...words: string[]) =>
  expect.objectContaining({
    name: 'InvalidRequestError',
    code: 'ERR_TRUNKLINE_INVALID_OPTION',
    processed: 'no',
    message: expect.stringMatching(
      new RegExp([`option: ${name.replace('.', '\\.')} `, ...words].map((word) => `(?=.*${word})`).join('')),
    ),
  })

const NEVER = Number.POSITIVE_INFINITY

beforeEach(() => vi.stubEnv('TRUNKLINE_ENGINE', undefined))
afterEach(() => vi.unstubAllEnvs())

describe('defaults', () => {
  test('are these', () => {
    expect(settleOptions()).toEqual({
      protocols: ['h2', 'http/1.1'],
      engine: 'node',
      http2: {
        maxSessions: 1,
        maxConcurrentStreams: NEVER,
        initialWindowSize: 1024 * 1024,
        connectionWindowSize: 64 * 1024 * 1024,
        maxHeaderListSize: 64 * 1024,
        maxHeaderFields: 128,
        idleTimeout: 60_000,
        maxLifetime: NEVER,
        settingsTimeout: 10_000,
        drainTimeout: 300_000,
        priorKnowledge: false,
        coalesce: false,
      },
      http1: { maxSockets: 64, idleTimeout: 30_000, maxLifetime: NEVER, maxHeaderListSize: 64 * 1024 },
      tls: {},
      tlsSessions: undefined,
      dns: {
        lookup: undefined,
        resolver: 'lookup',
        servers: undefined,
        hosts: {},
        ttl: 30_000,
        staleFor: 60_000,
        negativeTtl: 1000,
        maxEntries: 1000,
        family: 0,
        order: 'verbatim',
        attemptTimeout: 500,
      },
      addressGuard: false,
      proxy: false,
      discovery: [],
      timeouts: {
        connect: 10_000,
        dns: NEVER,
        proxy: NEVER,
        tls: NEVER,
        queue: NEVER,
        headers: 300_000,
        body: 300_000,
        total: NEVER,
      },
      timeoutsFor: null,
      limits: {
        connections: 1024,
        connectionsPerOrigin: 256,
        http1Sockets: NEVER,
        queued: 50_000,
        inFlight: NEVER,
        inFlightPerOrigin: NEVER,
        responseBody: NEVER,
      },
      breaker: null,
      adaptive: null,
      keepAlive: { interval: 15_000, timeout: 10_000, whenIdle: false },
      retry: RETRY_DEFAULTS,
      interceptors: [],
      networkInterceptors: [],
      hooks: {},
      correlation: null,
      measure: { latency: false, eventLoopDelay: false },
      closeOnSignals: false,
    })
  })

  test('stand for undefined, at the top and in a group', () => {
    const undefinedAll = { http2: undefined, protocols: undefined, retry: undefined, tls: { ca: undefined } }
    expect(settle(undefinedAll)).toEqual(settleOptions())
    expect(settle({ http2: { maxSessions: undefined }, dns: { family: undefined } })).toEqual(settleOptions())
  })

  test('give way one by one', () => {
    const { http2, keepAlive } = settleOptions({ http2: { maxSessions: 4 }, keepAlive: { interval: 0 } })
    expect(http2).toMatchObject({ maxSessions: 4, idleTimeout: 60_000 })
    expect(keepAlive).toEqual({ interval: 0, timeout: 10_000, whenIdle: false })
  })

  test('are not touched by what callers do with the result, nor are the caller’s objects', () => {
    const options = { http2: { maxSessions: 2 }, protocols: ['h2'], interceptors: [] }
    const settled = settle(options)
    ;(settled.http2 as { maxSessions: number }).maxSessions = 99
    ;(settled.protocols as string[]).push('x')
    options.http2.maxSessions = 50
    expect(options.protocols).toEqual(['h2'])
    expect(settled.http2.maxSessions).toBe(99)
    expect(settleOptions().http2.maxSessions).toBe(1)
    expect(settleOptions().protocols).toEqual(['h2', 'http/1.1'])
  })
})

/** For each option: values that pass, and values that do not. */
const DURATION = { good: [1, 0.5 + 0.5, 1e9, NEVER], bad: [-1, Number.NaN, '1', null, true, {}] }
const DURATION_OR_0 = { good: [0, ...DURATION.good], bad: DURATION.bad }
const COUNT = { good: [1, 2, NEVER], bad: [0, -1, 1.5, Number.NaN, '1', null, true, [1]] }
const SHARE = { good: [0.01, 1], bad: [0, -1, 1.01, Number.NaN, '1', null] }
const FACTOR = { good: [1, 1.5, 10], bad: [0.9, 0, -1, NEVER, Number.NaN, '1', null] }
const COUNT_OR_0 = { good: [0, ...COUNT.good], bad: COUNT.bad.filter((value) => value !== 0) }
const BOOLEAN = { good: [true, false], bad: [0, 'true', null] }
const AUTHORITIES = {
  good: ['-----BEGIN CERTIFICATE-----', Buffer.from('x'), [Buffer.from('x')]],
  bad: ['ca.pem', ['ca.pem']],
}
const TEXT = { good: ['', 'x'], bad: [1, null, Buffer.from('x')] }
const FUNCTION = { good: [() => {}], bad: ['x', {}, null] }
const ANYTHING = { good: ['x', Buffer.from('x'), ['x']], bad: [] }
const VERSION = { good: ['TLSv1.2', 'TLSv1.3'], bad: ['TLS1.3', 'SSLv3', 1.3, null] }
const WINDOW = { good: [65_535, 2 ** 31 - 1], bad: [0, 2 ** 31, NEVER, 1.5, '1', null] }

const OPTIONS: Record<
  string,
  Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>
> = {
  http2: {
    maxSessions: COUNT,
    maxConcurrentStreams: COUNT,
    initialWindowSize: WINDOW,
    connectionWindowSize: { good: WINDOW.good, bad: [...WINDOW.bad, 65_534] },
    maxHeaderListSize: { good: [1024, 2 ** 32 - 1], bad: [1023, 2 ** 32, NEVER, '1024', null] },
    maxHeaderFields: COUNT,
    idleTimeout: DURATION_OR_0,
    maxLifetime: DURATION,
    settingsTimeout: DURATION,
    drainTimeout: DURATION,
    priorKnowledge: BOOLEAN,
    coalesce: BOOLEAN,
  },
  http1: {
    maxSockets: COUNT,
    idleTimeout: DURATION_OR_0,
    maxLifetime: DURATION,
    maxHeaderListSize: { good: [1024], bad: [1023, null] },
  },
  tls: {
    ca: AUTHORITIES,
    cert: ANYTHING,
    key: ANYTHING,
    pfx: ANYTHING,
    crl: ANYTHING,
    passphrase: TEXT,
    ciphers: TEXT,
    sigalgs: TEXT,
    ecdhCurve: TEXT,
    servername: TEXT,
    minVersion: VERSION,
    maxVersion: VERSION,
    secureOptions: { good: [0, 4], bad: [-1, 0.5, '4', null] },
    rejectUnauthorized: BOOLEAN,
    checkServerIdentity: FUNCTION,
  },
  dns: {
    lookup: FUNCTION,
    resolver: { good: ['lookup', 'resolve', () => {}], bad: ['system', {}, null] },
    servers: {
      good: [['127.0.0.1'], ['127.0.0.1:53', '::1', '[::1]:5353']],
      bad: [[], '127.0.0.1', ['dns.test'], ['127.0.0.1:0'], ['127.0.0.1:65536'], ['[127.0.0.1]:53'], [1]],
    },
    hosts: {
      good: [{}, { 'a.test': '127.0.0.1' }, { a: ['::1', '127.0.0.1'] }],
      bad: [null, [], { a: 'b' }, { a: [] }, { a: [1] }, { a: null }, 'a'],
    },
    ttl: DURATION_OR_0,
    staleFor: DURATION_OR_0,
    negativeTtl: DURATION_OR_0,
    maxEntries: { good: [1, 5], bad: [...COUNT.bad, NEVER] },
    family: { good: [0, 4, 6], bad: [5, '4', null] },
    order: { good: ['verbatim', 'ipv4first', 'ipv6first'], bad: ['ipv4', 4, null] },
    attemptTimeout: DURATION,
  },
  timeouts: {
    connect: DURATION,
    dns: DURATION,
    proxy: DURATION,
    tls: DURATION,
    queue: DURATION,
    headers: DURATION,
    body: DURATION,
    total: DURATION,
  },
  limits: {
    connections: COUNT,
    connectionsPerOrigin: COUNT,
    http1Sockets: COUNT,
    queued: COUNT_OR_0,
    inFlight: COUNT,
    inFlightPerOrigin: COUNT,
    responseBody: COUNT_OR_0,
  },
  breaker: {
    failureRate: SHARE,
    slowRate: SHARE,
    slowAfter: DURATION_OR_0,
    window: { good: [1, 500], bad: [...COUNT.bad, NEVER] },
    windowTime: DURATION,
    minimumCalls: COUNT,
    openTime: DURATION,
    openTimeFactor: FACTOR,
    maxOpenTime: DURATION,
    probes: COUNT,
    classify: FUNCTION,
    onStateChange: FUNCTION,
  },
  adaptive: { initial: COUNT, min: COUNT, max: COUNT, tolerance: FACTOR, probeInterval: DURATION },
  hooks: { beforeRequest: FUNCTION, afterResponse: FUNCTION, onError: FUNCTION, onRetry: FUNCTION },
  keepAlive: { interval: DURATION_OR_0, timeout: DURATION, whenIdle: BOOLEAN },
}

describe('every option of every group', () => {
  test('is in the table of this test', () => {
    const settled = settleOptions({ breaker: {}, adaptive: {} }) as unknown as Record<string, object>
    for (const [group, checks] of Object.entries(OPTIONS)) {
      if (group !== 'tls' && group !== 'hooks')
        expect(Object.keys(checks).sort()).toEqual(Object.keys(settled[group] as object).sort())
    }
  })

  for (const [group, checks] of Object.entries(OPTIONS)) {
    test.each(Object.entries(checks))(
      `${group}.%s takes what fits and names itself when it does not`,
      (name, { good, bad }) => {
        for (const value of good) {
          const settled = settle({ [group]: { [name]: value } }) as unknown as Record<
            string,
            Record<string, unknown>
          >
          expect(settled[group]?.[name]).toBe(value)
        }
        for (const value of bad)
          expect(() => settle({ [group]: { [name]: value } })).toThrow(refused(`${group}.${name}`))
      },
    )
  }

  test.each(Object.keys(OPTIONS))('%s itself must be an object, and names what is unknown in it', (group) => {
    // Of these alone a function may be given.
    const functions = group === 'timeouts' ? [] : [() => {}]
    for (const wrong of [null, 5, 'x', true, [], ...functions])
      expect(() => settle({ [group]: wrong })).toThrow(refused(group))
    expect(() => settle({ [group]: { unknown: 1 } })).toThrow(refused(`${group}.unknown`, 'not an option'))
    for (const name of ['constructor', 'toString', '__proto__']) {
      const options = JSON.parse(`{"${group}": {"${name}": 1}}`)
      expect(() => settle(options)).toThrow(refused(`${group}.${name}`, 'not an option'))
    }
  })
})

describe('the options at the top', () => {
  test.each<[string, readonly unknown[], readonly unknown[]]>([
    [
      'protocols',
      [['h2'], ['http/1.1'], ['http/1.1', 'h2']],
      [[], 'h2', ['h3'], ['h2', 'h2'], [undefined], null, {}],
    ],
    ['engine', ['node', 'wire'], ['', 'http2', null, true, ['wire']]],
    [
      'proxy',
      [
        null,
        false,
        'http://p.test',
        new URL('socks5h://p.test'),
        { url: 'https://p.test' },
        () => null,
        'environment',
      ],
      [true, 7, ['http://p.test']],
    ],
    ['addressGuard', [true, false, { allow: ['10.0.0.0/8'] }], [null, 'on', [], { allow: ['x'] }]],
    [
      'discovery',
      [{ match: ['.a'], resolver: { resolve() {} } }, [{ match: () => true, resolver: { resolve() {} } }]],
      [null, true, {}, [], [{ match: ['.a'] }]],
    ],
    ['tlsSessions', [false, new MemoryTlsSessionStore()], [true, null, {}, 'x', { take() {}, add() {} }]],
    [
      'closeOnSignals',
      [true, false, {}, { signals: ['SIGTERM'], timeout: 0 }],
      [null, 'SIGTERM', { signals: 'SIGTERM' }, { signals: ['SIGNONE'] }, { timeout: -1 }, { wait: 1 }],
    ],
    ['interceptors', [[], [() => {}]], [null, {}, () => {}, [1], [null]]],
    ['networkInterceptors', [[], [() => {}]], [null, {}, () => {}, ['x']]],
  ])('%s', (name, good, bad) => {
    for (const value of good) expect(() => settle({ [name]: value })).not.toThrow()
    for (const value of bad) expect(() => settle({ [name]: value })).toThrow(refused(name))
  })

  test('engine is what the environment says, unless it is given', () => {
    vi.stubEnv('TRUNKLINE_ENGINE', 'wire')
    expect(settleOptions().engine).toBe('wire')
    expect(settleOptions({ engine: 'node' }).engine).toBe('node')
    expect(settle({ engine: undefined }).engine).toBe('wire')
    vi.stubEnv('TRUNKLINE_ENGINE', '')
    expect(settleOptions().engine).toBe('node')
    vi.stubEnv('TRUNKLINE_ENGINE', 'steam')
    expect(() => settleOptions()).toThrow(refused('engine', 'TRUNKLINE_ENGINE', 'steam', 'wire'))
    expect(settleOptions({ engine: 'wire' }).engine).toBe('wire')
  })

  test('retry is a policy in parts, or false', () => {
    expect(settleOptions({ retry: false }).retry.limit).toBe(0)
    expect(settleOptions({ retry: { limit: 4 } }).retry).toEqual({ ...RETRY_DEFAULTS, limit: 4 })
    expect(() => settle({ retry: { limit: -1 } })).toThrow(refused('retry.limit'))
    expect(() => settle({ retry: null })).toThrow(refused('retry'))
  })

  test('a store may be of any class', () => {
    class Store {
      take() {
        return undefined
      }
      add() {}
      forget() {}
    }
    const tlsSessions = new Store()
    expect(settleOptions({ tlsSessions }).tlsSessions).toBe(tlsSessions)
  })

  test.each(['unknown', 'http3', 'timeout', 'constructor', 'hasOwnProperty'])(
    '%s is named as unknown, with what there is',
    (name) => {
      expect(() => settle({ [name]: 1 })).toThrow(
        refused(name, 'not an option', 'http2', 'interceptors', 'retry'),
      )
    },
  )

  test.each([null, 5, 'x', true])('%j is no object of options', (options) => {
    expect(() => settle(options)).toThrow(refused('the argument of createClient'))
  })

  test('what is wrong is shown, short and without objects’ contents', () => {
    expect(() => settle({ http2: { maxSessions: 'x'.repeat(5000) } })).toThrow(/not "x{1,100}"/)
    expect(() => settle({ tls: { passphrase: { secret: 'hunter2' } } })).toThrow(/not an object/)
    expect(() => settle({ http2: { maxSessions: Symbol('s') } })).toThrow(/Symbol/)
  })
})
