import { describe, expect, test } from 'vitest'
import { headerValue } from '../../../src/core/headers.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { bareHeaders, complete, type HeaderFacts } from '../../../src/fetch/default-headers.ts'
import { ACCEPTED_CODINGS } from '../../../src/interceptors/decompress.ts'

const FACTS: HeaderFacts = { hasBody: false, contentType: null, contentLength: null, cache: 'default' }
const made = (given: string[], facts: Partial<HeaderFacts> = {}, scheme: 'https' | 'http' = 'https') =>
  complete(given, { scheme, hostname: 'a.test' }, 'cors', { ...FACTS, ...facts })

test.each([
  { scheme: 'https', hostname: 'a.test' },
  { scheme: 'http', hostname: 'a.test' },
  { scheme: 'http', hostname: 'localhost' },
] as const)('bareHeaders of %j are those of a request that gives none', (origin) => {
  expect(bareHeaders(origin)).toEqual(complete([], origin, 'cors'))
})

describe('complete', () => {
  test('asks for the old codings alone where nothing is encrypted', () => {
    expect(headerValue(made([]), 'accept-encoding')).toBe(ACCEPTED_CODINGS)
    expect(headerValue(made([], {}, 'http'), 'accept-encoding')).toBe('gzip, deflate')
  })

  test.each(['accept', 'accept-language', 'user-agent', 'accept-encoding'])(
    'leaves a given %s alone',
    (name) => {
      const list = made([name, 'mine'])
      expect(list.filter((_, index) => index % 2 === 0 && list[index] === name)).toEqual([name])
      expect(headerValue(list, name)).toBe('mine')
    },
  )

  test('says the mode itself', () => {
    expect(headerValue(made(['sec-fetch-mode', 'navigate']), 'sec-fetch-mode')).toBe('cors')
    expect(made(['sec-fetch-mode', 'navigate']).filter((part) => part === 'sec-fetch-mode').length).toBe(1)
  })

  test('and says it to origins that can be trusted alone', async () => {
    const hosts = [
      '127.0.0.1',
      '127.9.8.7',
      '[::1]',
      'localhost',
      'localhost.',
      'a.localhost',
      'a.b.localhost.',
    ]
    const others = ['a.test', 'xlocalhost', 'localhost.a', '10.0.0.1', '0.0.0.0', '[::]', '[::ffff:7f00:1]']
    for (const host of [...hosts, ...others]) {
      const { origin } = parseTarget(`http://${host}/`)
      expect([host, headerValue(complete([], origin, 'cors'), 'sec-fetch-mode')]).toEqual([
        host,
        hosts.includes(host) ? 'cors' : null,
      ])
    }
    expect(headerValue(made(['sec-fetch-mode', 'mine'], {}, 'http'), 'sec-fetch-mode')).toBe('mine')
  })

  test('type and length of a body, unless they are given', () => {
    const body = { hasBody: true, contentType: 'text/css', contentLength: '5' }
    expect(headerValue(made([], body), 'content-type')).toBe('text/css')
    expect(headerValue(made([], body), 'content-length')).toBe('5')
    const given = made(['content-type', 'a/b', 'content-length', '6'], body)
    expect(headerValue(given, 'content-type')).toBe('a/b')
    expect(headerValue(given, 'content-length')).toBe('6')
  })

  test('a length without a body gives way', () => {
    expect(headerValue(made(['content-length', '6']), 'content-length')).toBeNull()
    expect(headerValue(made(['content-length', '6'], { contentLength: '0' }), 'content-length')).toBe('0')
  })

  test.each<[string, string[], string | null, string | null]>([
    ['default', [], null, null],
    ['force-cache', [], null, null],
    ['no-store', [], 'no-cache', 'no-cache'],
    ['reload', [], 'no-cache', 'no-cache'],
    ['no-cache', [], 'max-age=0', null],
    ['no-cache', ['cache-control', 'mine'], 'mine', null],
    ['reload', ['cache-control', 'mine', 'pragma', 'own'], 'mine', 'own'],
    ['default', ['if-none-match', 'x'], 'no-cache', 'no-cache'],
    ['default', ['if-modified-since', 'x'], 'no-cache', 'no-cache'],
    ['force-cache', ['if-none-match', 'x'], null, null],
  ])('cache %s with %j: cache-control %s, pragma %s', (cache, given, control, pragma) => {
    const list = made([...given], { cache })
    expect(headerValue(list, 'cache-control')).toBe(control)
    expect(headerValue(list, 'pragma')).toBe(pragma)
  })

  test('a part of something is asked for as it is', () => {
    expect(headerValue(made(['range', 'bytes=0-1']), 'accept-encoding')).toBe('identity')
    expect(headerValue(made(['range', 'bytes=0-1', 'accept-encoding', 'br']), 'accept-encoding')).toBe(
      'br, identity',
    )
  })
})
