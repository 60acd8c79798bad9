import { describe, expect, test } from 'vitest'
import { InvalidRequestError } from '../../../src/core/errors.ts'
import { originOf, parseTarget } from '../../../src/core/origin.ts'

describe('canonical form', () => {
  test.each([
    ['https://example.com', 'https://example.com', 'example.com', 443],
    ['https://example.com:443/', 'https://example.com', 'example.com', 443],
    ['http://example.com:80/', 'http://example.com', 'example.com', 80],
    ['https://example.com:80/', 'https://example.com:80', 'example.com', 80],
    ['https://example.com:8443/', 'https://example.com:8443', 'example.com', 8443],
    ['HTTPS://EXAMPLE.com/', 'https://example.com', 'example.com', 443],
    ['https://example.com./', 'https://example.com', 'example.com', 443],
    ['https://example.com.:8443/', 'https://example.com:8443', 'example.com', 8443],
    ['https://bücher.example/', 'https://xn--bcher-kva.example', 'xn--bcher-kva.example', 443],
    ['https://[::1]/', 'https://[::1]', '::1', 443],
    ['https://[0:0:0:0:0:0:0:1]:8443/', 'https://[::1]:8443', '::1', 8443],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000', '127.0.0.1', 3000],
    ['http://0x7f.1/', 'http://127.0.0.1', '127.0.0.1', 80],
    ['https://user:secret@example.com/', 'https://example.com', 'example.com', 443],
  ])('%s is %s', (url, key, hostname, port) => {
    const { origin } = parseTarget(url)
    expect(origin).toEqual({
      scheme: key.startsWith('https') ? 'https' : 'http',
      hostname,
      port,
      authority: key.replace(/^https?:\/\//, ''),
      key,
    })
  })

  test('a URL object is taken as a string is', () => {
    expect(parseTarget(new URL('https://example.com/a?b'))).toEqual(parseTarget('https://example.com/a?b'))
  })

  test('one object per origin, shared', () => {
    const first = parseTarget('https://shared.example/a').origin
    expect(parseTarget('https://shared.example/b').origin).toBe(first)
    expect(originOf(new URL('https://shared.example:443/'))).toBe(first)
  })

  test('more origins than are remembered stay right', () => {
    for (let index = 0; index < 3000; index += 1) parseTarget(`https://host-${index}.example/`)
    expect(parseTarget('https://host-0.example/').origin.hostname).toBe('host-0.example')
  })
})

describe('target', () => {
  test.each([
    ['https://example.com', '/'],
    ['https://example.com?q', '/?q'],
    ['https://example.com/a/../b?q=1#fragment', '/b?q=1'],
    ['https://example.com/ü?ü', '/%C3%BC?%C3%BC'],
    ['https://example.com/a b', '/a%20b'],
    ['https://example.com//double', '//double'],
  ])('the path of %s is %s', (url, path) => {
    expect(parseTarget(url)).toMatchObject({ path, href: `https://example.com${path}` })
  })

  test('user information reaches neither href nor authority', () => {
    const target = parseTarget('https://user:secret@example.com/path')
    expect(JSON.stringify(target)).not.toContain('secret')
    expect(target.href).toBe('https://example.com/path')
  })
})

describe('refuses', () => {
  const refused = (url: string) => {
    try {
      parseTarget(url)
    } catch (error) {
      return error as InvalidRequestError
    }
    return expect.unreachable(`${url} was accepted`)
  }

  test.each([
    '',
    '/path',
    'example.com',
    '//example.com/',
    'https://',
    'https://exa mple.com/',
    'https://example.com:99999/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    'ws://example.com/',
    'http://./',
    'https://example.com../',
  ])('%j', (url) => {
    const error = refused(url)
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_URL', processed: 'no', phase: 'validate' })
  })

  test('a blob: URL even when its inner origin is known', () => {
    parseTarget('https://inner.example/')
    expect(refused('blob:https://inner.example/b7a2').code).toBe('ERR_TRUNKLINE_INVALID_URL')
  })

  test('with the scheme named', () => {
    expect(refused('ftp://example.com/').message).toContain('"ftp"')
  })

  test.each([
    'https://user:secret@exa mple.com/',
    'https://user:se@secret@exa mple.com/',
    `https://user:${'secret'.repeat(60)}@exa mple.com/`,
    'ftp://user:secret@example.com/',
    'https://user:se#secret@example.com/',
    'https://user:se?secret@example.com/',
    'user:secret@example.com',
  ])('without repeating the password of %s', (url) => {
    expect(refused(url).message).not.toContain('secret')
  })

  test('in a message of bounded length', () => {
    expect(refused(`nonsense ${'x'.repeat(10_000)}`).message.length).toBeLessThan(500)
  })
})
