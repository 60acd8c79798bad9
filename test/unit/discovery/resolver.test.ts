import { describe, expect, test } from 'vitest'
import { checkDiscovery, settleDiscovery } from '../../../src/discovery/discovery-options.ts'
import { checkedEndpoints } from '../../../src/discovery/resolver.ts'
import { staticResolver } from '../../../src/discovery/static-resolver.ts'

const signal = new AbortController().signal

describe('endpoints', () => {
  test('get their defaults, one spelling, and are there once', () => {
    expect(
      checkedEndpoints([
        { host: 'Node-1.Test.', port: 80 },
        { host: '::1', port: 443, weight: 0, priority: 3 },
        { host: 'node-1.test', port: 80, weight: 2 },
      ]),
    ).toEqual([
      { host: 'node-1.test', port: 80, weight: 2, priority: 0 },
      { host: '::1', port: 443, weight: 0, priority: 3 },
    ])
  })

  test.each([
    null,
    {},
    'localhost:80',
    { host: '', port: 80 },
    { host: 'a b', port: 80 },
    { host: 'a/b', port: 80 },
    { host: 'a@b', port: 80 },
    { host: 'a', port: 0 },
    { host: 'a', port: 65_536 },
    { host: 'a', port: '80' },
    { host: 'a', port: 80, weight: -1 },
    { host: 'a', port: 80, weight: Number.POSITIVE_INFINITY },
    { host: 'a', port: 80, priority: 0.5 },
  ])('%j is none', (one) => expect(() => checkedEndpoints([one])).toThrow('not an endpoint'))

  test('that are no list are refused', () => {
    expect(() => checkedEndpoints({ host: 'a', port: 1 })).toThrow('must give a list')
  })
})

test('a static resolver has one list for all, or one for each name', async () => {
  const list = [{ host: 'a', port: 1 }]
  expect(await staticResolver(list).resolve('x', signal)).toMatchObject(list)
  const named = staticResolver({ 'orders.service': list })
  expect(await named.resolve('orders.service', signal)).toMatchObject(list)
  expect(await named.resolve('other.service', signal)).toEqual([])
  expect(() => staticResolver([{ host: 'a', port: 0 }])).toThrow('not an endpoint')
})

describe('the option', () => {
  const resolver = staticResolver([])

  test('matches whole names, endings that begin with a dot, or what a function says', () => {
    const { matches } = settleDiscovery({ match: ['Orders.internal.', '.service'], resolver })
    expect(['orders.internal', 'a.service', 'b.a.service'].map(matches)).toEqual([true, true, true])
    expect(['internal', 'service', 'a.orders.internal', 'aservice'].map(matches)).toEqual([
      false,
      false,
      false,
      false,
    ])
    const match = (hostname: string) => hostname.length === 3
    expect(settleDiscovery({ match, resolver }).matches('abc')).toBe(true)
  })

  test.each<[string, unknown]>([
    ['no object', 5],
    ['null', null],
    ['an empty list', []],
    ['no resolver', { match: ['.a'] }],
    ['no match', { resolver }],
    ['an empty match', { match: [], resolver }],
    ['a match of a dot', { match: ['.'], resolver }],
    ['an unknown balancer', { match: ['.a'], resolver, balancer: 'random' }],
    ['an unknown part', { match: ['.a'], resolver, timeout: 5 }],
    ['an unknown part of ejection', { match: ['.a'], resolver, ejection: { limit: 5 } }],
    ['a wrong part of ejection', { match: ['.a'], resolver, ejection: { maxShare: 2 } }],
    ['ejection: true', { match: ['.a'], resolver, ejection: true }],
    ['a wrong identity', { match: ['.a'], resolver, identity: 'host' }],
    ['a resolver that is none', { match: ['.a'], resolver: {} }],
    ['one of several', [{ match: ['.a'], resolver }, { match: ['.b'] }]],
  ])('is refused with %s', (_title, value) => expect(checkDiscovery(value)).not.toBeNull())

  test.each<[string, unknown]>([
    ['the least', { match: ['a'], resolver }],
    [
      'everything',
      {
        match: () => true,
        resolver,
        balancer: () => ({ pick: ([one]: readonly unknown[]) => one }),
        ejection: { failures: 1, statuses: [500], duration: 1, maxDuration: 2, maxShare: 1 },
        identity: 'endpoint',
        refresh: 0,
        attempts: 1,
      },
    ],
    ['no ejection', { match: ['a'], resolver, ejection: false, balancer: undefined }],
    [
      'several',
      [
        { match: ['a'], resolver },
        { match: ['b'], resolver, balancer: 'weighted' },
      ],
    ],
  ])('is taken with %s', (_title, value) => expect(checkDiscovery(value)).toBeNull())
})
