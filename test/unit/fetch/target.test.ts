import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTarget } from '../../../src/core/origin.ts'
import { anyTargetOf, targetOf } from '../../../src/fetch/target.ts'

describe('the short way gives what parsing gives', () => {
  const paths = [
    '/',
    '/a/b',
    '/a//b',
    '/a?b=c&d=%20',
    '/a?',
    '/./a',
    '/a/../b',
    '/a/..',
    '/.well-known/x',
    '/a.b/..c',
    '/%2e%2e/x',
    '/ä?ü',
    '/a b',
    '/a#fragment',
    '/a\\b',
    "/a?'",
    '/a?"<>`',
    '/a{b}|^`',
    '/a\tb\n',
    '/a?b#c?d',
    '/@:;,=+$&!*()~',
  ]

  test.each(paths)('for %j', (path) => {
    targetOf('https://known.test:8443/')
    expect(targetOf(`https://known.test:8443${path}`)).toEqual(parseTarget(`https://known.test:8443${path}`))
    expect(anyTargetOf(`https://known.test:8443${path}`)).toEqual(
      parseTarget(`https://known.test:8443${path}`),
    )
  })

  test('for any path', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/.?%2eE#@:\\ \tä&a') }), (path) => {
        const url = `https://known.test/${path}`
        expect(targetOf(url)).toEqual(parseTarget(url))
      }),
    )
  })

  test('shares the origin', () => {
    expect(targetOf('https://known.test/a')?.origin).toBe(parseTarget('https://known.test/b').origin)
  })
})

test.each([
  'https://a.test',
  'HTTPS://A.test/x',
  'https://a.test./x',
  'https://ä.test/x',
  ' https://a.test/x',
  'http:/a.test/x',
  'https://a.test:443/x',
])('%j is taken apart as ever, however often', (url) => {
  for (let time = 0; time < 2; time += 1) expect(targetOf(url)).toEqual(parseTarget(url))
})

test('what is no http or https URL is not ours', () => {
  for (const url of ['data:,x', 'blob:https://a.test/x', 'ftp://a.test/', 'about:blank'])
    expect(targetOf(url)).toBeNull()
})

test.each(['nonsense', '/x', 'https://', ''])('%j is no URL, in the words of the platform', (url) => {
  const message = `Failed to parse URL from ${url}`
  const cause = expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_URL' })
  for (let time = 0; time < 2; time += 1)
    expect(() => targetOf(url)).toThrow(expect.objectContaining({ name: 'TypeError', message, cause }))
  expect(() => new Request(url)).toThrow(message)
  expect(() => targetOf(`${url}\\@secret`)).not.toThrow('secret')
})

test.each(['https://user@a.test/', 'https://:secret@a.test/'])(
  '%s is refused, without repeating a password',
  (url) => {
    for (let time = 0; time < 2; time += 1) {
      expect(() => targetOf(url)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_URL' }))
      expect(() => targetOf(url)).not.toThrow('secret')
    }
  },
)

test('request() may use any port, and that teaches fetch nothing', () => {
  expect(anyTargetOf('https://a.test:22/').origin.port).toBe(22)
  expect(() => targetOf('https://a.test:22/')).toThrow('bad port')
})

test('a port of another protocol cannot be connected to', () => {
  for (let time = 0; time < 2; time += 1) {
    expect(() => targetOf('https://a.test:22/')).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_CONNECT_FAILED', processed: 'no' }),
    )
  }
})
