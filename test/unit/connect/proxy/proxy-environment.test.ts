import { expect, test } from 'vitest'
import { type Environment, proxiesOf } from '../../../../src/connect/proxy/proxy-environment.ts'
import { originAt, originOf } from '../../../../src/core/origin.ts'

const chosen = (environment: Environment, url: string) => {
  const named = proxiesOf(environment).for(originOf(new URL(url)))
  return named === null ? null : `${named.variable} ${named.url}`
}

test.each<[title: string, environment: Environment, url: string, expected: string | null]>([
  ['nothing', {}, 'https://a.test', null],
  ['https', { HTTPS_PROXY: 'http://p:1' }, 'https://a.test', 'HTTPS_PROXY http://p:1'],
  ['https is not for http', { HTTPS_PROXY: 'http://p:1' }, 'http://a.test', null],
  [
    'lower case first',
    { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:1' },
    'https://a.test',
    'https_proxy http://q:1',
  ],
  [
    'an empty one is none',
    { HTTPS_PROXY: 'http://p:1', https_proxy: ' ' },
    'https://a.test',
    'HTTPS_PROXY http://p:1',
  ],
  ['http', { HTTP_PROXY: 'http://p:1' }, 'http://a.test', 'HTTP_PROXY http://p:1'],
  ['http is not for https', { HTTP_PROXY: 'http://p:1' }, 'https://a.test', null],
  ['httpoxy', { HTTP_PROXY: 'http://evil:1', REQUEST_METHOD: 'GET' }, 'http://a.test', null],
  [
    'httpoxy, lower case',
    { http_proxy: 'http://p:1', REQUEST_METHOD: 'GET' },
    'http://a.test',
    'http_proxy http://p:1',
  ],
  [
    'httpoxy, https',
    { HTTPS_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' },
    'https://a.test',
    'HTTPS_PROXY http://p:1',
  ],
  ['all, https', { ALL_PROXY: 'socks5://p:1' }, 'https://a.test', 'ALL_PROXY socks5://p:1'],
  ['all, http', { all_proxy: 'socks5://p:1' }, 'http://a.test', 'all_proxy socks5://p:1'],
  [
    'all comes last',
    { ALL_PROXY: 'socks5://p:1', HTTPS_PROXY: 'http://q:1' },
    'https://a.test',
    'HTTPS_PROXY http://q:1',
  ],
  ['no scheme', { HTTPS_PROXY: 'p.test:3128' }, 'https://a.test', 'HTTPS_PROXY http://p.test:3128'],
  [
    'no scheme, credentials',
    { HTTPS_PROXY: 'u:p@p.test:3128' },
    'https://a.test',
    'HTTPS_PROXY http://u:p@p.test:3128',
  ],
  ['loopback', { HTTPS_PROXY: 'http://p:1' }, 'https://localhost:8443', null],
  ['loopback, by address', { HTTPS_PROXY: 'http://p:1' }, 'https://[::1]', null],
  ['an exception', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.test' }, 'https://a.test', null],
  [
    'an exception, lower case first',
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.test', no_proxy: 'b.test' },
    'https://a.test',
    'HTTPS_PROXY http://p:1',
  ],
  [
    'an exception at the default port',
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.test:443' },
    'https://a.test',
    null,
  ],
])('%s', (_title, environment, url, expected) => {
  expect(chosen(environment, url)).toBe(expected)
})

test('an endpoint of a service is excepted by its name or its address', () => {
  const origin = originAt(originOf(new URL('https://orders.test')), { host: '10.1.2.3', port: 8080 })
  const of = (rules: string) => proxiesOf({ HTTPS_PROXY: 'http://p:1', NO_PROXY: rules }).for(origin)
  expect([of('10.0.0.0/8'), of('orders.test'), of('10.1.2.3:8080')]).toEqual([null, null, null])
  expect(of('10.1.2.3:443')).not.toBeNull()
})
