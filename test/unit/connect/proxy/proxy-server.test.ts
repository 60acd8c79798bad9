import { describe, expect, test } from 'vitest'
import { checkProxyTls } from '../../../../src/client-options.ts'
import { createProxyChooser } from '../../../../src/connect/proxy/proxy-chooser.ts'
import type { ProxySetting } from '../../../../src/connect/proxy/proxy-options.ts'
import { readProxy } from '../../../../src/connect/proxy/proxy-server.ts'
import { originOf, originVia } from '../../../../src/core/origin.ts'
import { createClient } from '../../../../src/index.ts'

const READING = { checkTls: checkProxyTls, cleartext: 'http/1.1' } as const
const read = (given: Parameters<typeof readProxy>[0]) => readProxy(given, READING)
const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`
const ORIGIN = originOf(new URL('https://a.test'))

describe('a proxy is read', () => {
  test.each([
    ['http://p.test', 'http://p.test:80', 'http', 80],
    ['https://p.test', 'https://p.test:443', 'http', 443],
    ['http://p.test:3128/', 'http://p.test:3128', 'http', 3128],
    ['socks5h://p.test', 'socks5h://p.test:1080', 'socks5', 1080],
    ['socks5://P.Test:80', 'socks5://p.test:80', 'socks5', 80],
    ['socks4a://p.test', 'socks4a://p.test:1080', 'socks4', 1080],
    ['http://[::1]:8080', 'http://[::1]:8080', 'http', 8080],
  ])('%s', (url, name, kind, port) => {
    const facts = read(url)
    expect(facts).toMatchObject({ name, kind, origin: { port } })
    expect(facts.origin.hostname).not.toMatch(/[[\]]/)
  })

  test('credentials are decoded, and stand in no name', () => {
    const facts = read('http://us%20er:p%40ss%3A%C3%BC@p.test:1')
    expect(facts.fields).toEqual(['proxy-authorization', basic('us er:p@ss:ü')])
    expect(JSON.stringify([facts.name, facts.origin])).not.toMatch(/us|ss/)
  })

  test('auth counts more than the URL', () => {
    const facts = read({ url: 'http://a:b@p.test', auth: { username: 'c', password: 'd' } })
    expect(facts.fields).toEqual(['proxy-authorization', basic('c:d')])
  })

  test('SOCKS has its login apart', () => {
    expect(read('socks5://u:p%40@p.test')).toMatchObject({
      fields: [],
      credentials: { username: 'u', password: 'p@' },
      resolvesHere: true,
      forwards: false,
    })
  })

  test.each([
    [{ url: 'http://p.test' }, true],
    [{ url: 'http://p.test', tunnel: true }, false],
    [{ url: 'http://p.test', resolve: 'local' as const }, false],
  ])('%o hands plain requests over: %s', (given, forwards) => {
    expect(read(given).forwards).toBe(forwards)
  })

  test('what differs has another identity, what does not has the same', () => {
    const identities = [
      'http://p.test',
      'http://p.test:3128',
      'https://p.test:80',
      'http://u:p@p.test',
      'http://u:q@p.test',
      'socks5://p.test',
      'socks5h://p.test',
      { url: 'http://p.test', headers: { 'x-a': '1' } },
      { url: 'http://p.test', tunnel: true },
      { url: 'https://p.test', tls: { rejectUnauthorized: false } },
      { url: 'https://p.test', protocols: ['http/1.1' as const] },
      'https://p.test',
    ].map((given) => read(given).identity)
    expect(new Set(identities).size).toBe(identities.length)
    expect(read('http://u:p@p.test').identity).toBe(
      read({ url: new URL('http://p.test:80/'), auth: { username: 'u', password: 'p' } }).identity,
    )
  })
})

describe('a proxy that cannot be used is refused, without its credentials', () => {
  test.each<[given: unknown, says: RegExp]>([
    ['p.test:3128', /absolute URL/],
    ['ftp://u:s3cret@p.test', /scheme is one of http, https, socks5h/],
    ['//u:s3cret@p.test', /absolute URL/],
    ['http://u:s3cret@', /absolute URL/],
    ['http://u:s3cr%et@p.test', /percent-encoded/],
    [{ url: 'http://p.test', auth: { username: 'a:b', password: 's3cret' } }, /colon/],
    [{ url: 'http://p.test', auth: { username: 'a' } }, /proxy\.auth/],
    [{ url: 'http://p.test', nonsense: 1 }, /proxy\.nonsense is not an option/],
    [{ url: 7 }, /proxy\.url/],
    [{ url: 'http://p.test', tls: {} }, /https: proxies/],
    [{ url: 'https://p.test', tls: { nonsense: 1 } }, /proxy\.tls\.nonsense/],
    [{ url: 'https://p.test', tls: { ca: 'no certificate', cert: 'x' } }, /tls/],
    [{ url: 'https://p.test', protocols: ['h3'] }, /proxy\.protocols/],
    [{ url: 'socks5://p.test', headers: {} }, /HTTP proxies/],
    [{ url: 'socks5://p.test', auth: { username: 'u'.repeat(256), password: 's3cret' } }, /255 bytes/],
    [{ url: 'socks5h://p.test', auth: { username: 'u', password: `s3cret${'ü'.repeat(125)}` } }, /255 bytes/],
    [`socks4a://${'u'.repeat(256)}@p.test`, /255 bytes/],
    ['socks4a://a%00b@p.test', /NUL/],
    [{ url: 'http://p.test', headers: { host: 'x' } }, /host/],
    [{ url: 'http://p.test', headers: { 'x y': 'z' } }, /header/i],
    [{ url: 'http://p.test', tunnel: 1 }, /proxy\.tunnel/],
    [{ url: 'http://p.test', resolve: 'remote' }, /proxy\.resolve/],
    [{ url: 'http://u:s3cret@p.test', headers: { 'proxy-authorization': 'Bearer s3cret' } }, /one of them/],
    [7, /proxy must be/],
    [['http://p.test'], /proxy must be/],
  ])('%j', (given, says) => {
    const make = () => createClient({ proxy: given as ProxySetting })
    expect(make).toThrow(says)
    try {
      make()
    } catch (error) {
      expect(error).toMatchObject({ name: 'InvalidRequestError' })
      expect(`${(error as Error).stack}`.split('\n')[0]).not.toContain('s3cret')
    }
  })
})

describe('the choice', () => {
  test('equal answers are one proxy; namesakes have labels of their own', () => {
    let answer = 'http://u:1@p.test'
    const choose = createProxyChooser(() => answer, READING, {})
    const first = choose?.(ORIGIN)
    expect(choose?.(ORIGIN)).toBe(first)
    answer = 'http://u:2@p.test'
    const second = choose?.(ORIGIN)
    expect(second).not.toBe(first)
    expect(second).toMatchObject({ name: 'http://p.test:80', label: 'http://p.test:80~2' })
    answer = 'http://u:1@p.test'
    expect(choose?.(ORIGIN)).toBe(first)
  })

  test('a label is never given twice, however many proxies there were', () => {
    const keys = new Set<string>()
    let number = 0
    const choose = createProxyChooser(() => `http://u:${number}@p${number % 7}.test`, READING, {})
    for (; number < 2500; number += 1) {
      const server = choose?.(ORIGIN)
      if (server === null || server === undefined || server instanceof Promise) throw new Error('no proxy')
      keys.add(originVia(ORIGIN, server).key)
    }
    expect(keys.size).toBe(2500)
  })

  test.each([null, undefined, false] as const)('%s is a direct connection', (answer) => {
    expect(createProxyChooser(() => answer, READING, {})?.(ORIGIN)).toBeNull()
    expect(createProxyChooser(answer, READING, {})).toBeNull()
  })

  test('what the function throws, or gives wrongly, fails the request', async () => {
    const thrown = new Error('out of proxies')
    const throws = createProxyChooser(
      () => {
        throw thrown
      },
      READING,
      {},
    )
    expect(() => throws?.(ORIGIN)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_PROXY_FAILED', cause: thrown }),
    )
    const rejects = createProxyChooser(async () => Promise.reject(thrown), READING, {})
    await expect(rejects?.(ORIGIN)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_PROXY_FAILED',
      cause: thrown,
    })
    const wrong = createProxyChooser(async () => 'nonsense', READING, {})
    await expect(wrong?.(ORIGIN)).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_OPTION' })
  })

  test('what is wrong in the environment shows where the client is made, with its variable', () => {
    expect(() =>
      createProxyChooser('environment', READING, { HTTPS_PROXY: 'gopher://u:s3cret@p.test' }),
    ).toThrow(/HTTPS_PROXY in the environment is "gopher:\/\/p\.test"/)
    expect(createProxyChooser('environment', READING, {})).toBeNull()
  })
})
