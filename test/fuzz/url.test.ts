/** Whatever is given as a URL becomes one origin and one path, or an InvalidRequestError. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidRequestError } from '../../src/core/errors.ts'
import { parseTarget, type Target } from '../../src/core/origin.ts'
import { patience, runs, wildText } from './runs.ts'

const part = fc.oneof(wildText(10), fc.stringMatching(/^[a-zA-Z0-9.:@/?#[\]\\%\t\n -]{0,12}$/))
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom(
    'EXAMPLE.com',
    'example.com.',
    'xn--bcher-kva.example',
    'bücher.example',
    '1.2.3.4.',
    '[::1%25eth0]',
    '',
  ),
  part,
)
const scheme = fc.constantFrom(
  'https:',
  'http:',
  'HTTPS:',
  'ftp:',
  'blob:',
  'blob:https:',
  'file:',
  'javascript:',
  '',
)
const port = fc.oneof(
  fc.constant(''),
  fc.nat(70_000).map((number) => `:${number}`),
  part,
)
const slashes = fc.constantFrom('//', '/', '', '///', '\\\\')
const user = fc.constantFrom('', 'user@', 'user:secret@', '@', 'a@b@')
const likely = fc
  .tuple(scheme, slashes, user, host, port, fc.constantFrom('', '/', '//', '/?'), part)
  .map((parts) => parts.join(''))
const input = fc.oneof(likely, likely, fc.webUrl({ withQueryParameters: true, withFragments: true }), part)

function accepted(url: unknown): Target | null {
  try {
    return parseTarget(url as string)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_URL', processed: 'no' })
    expect((error as Error).message).not.toContain('secret')
    return null
  }
}

test(
  'a target is canonical',
  () => {
    fc.assert(
      fc.property(input, (url) => {
        const target = accepted(url)
        if (target === null) return
        const { origin, path, href } = target
        expect(href).toBe(origin.key + path)
        expect(parseTarget(href)).toEqual(target)
        expect(parseTarget(new URL(href)).origin).toEqual(origin)
        expect(['https', 'http']).toContain(origin.scheme)
        expect(origin.key).toBe(`${origin.scheme}://${origin.authority}`)
        expect(path).toMatch(/^\/[\x21-\x7e]*$/)
        expect(path).not.toContain('#')
        expect(origin.authority).toMatch(/^[\x21-\x7e]+$/)
        expect(origin.authority).not.toMatch(/[@/?#\\]/)
        expect(origin.hostname).not.toBe('')
        expect(Number.isInteger(origin.port) && origin.port >= 0 && origin.port <= 65_535).toBe(true)
      }),
      runs(3000),
    )
  },
  patience(5000),
)

test('user information reaches nobody', () => {
  fc.assert(
    fc.property(fc.domain(), fc.stringMatching(/^secret[a-z0-9%:]{0,5}$/), (name, secret) => {
      const { href, origin } = parseTarget(`https://${secret}@${name}/`)
      expect(href + origin.authority + origin.hostname).not.toContain('secret')
    }),
    runs(200),
  )
})

test('anything at all is taken or refused', () => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true })
  fc.assert(
    fc.property(anything, (given) => void accepted(given)),
    runs(500),
  )
})
