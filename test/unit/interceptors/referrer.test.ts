import { describe, expect, test } from 'vitest'
import { policyAfter, refererFor } from '../../../src/interceptors/referrer.ts'

const SAME = 'https://a.test/to'
const CROSS = 'https://b.test/to'
const DOWN = 'http://a.test/to'
const from = new URL('https://u:p@a.test/page?q#f')
const WHOLE = 'https://a.test/page?q'
const ORIGIN = 'https://a.test/'

describe('refererFor', () => {
  // Referrer Policy, section 8.
  test.each<[string, string | null, string | null, string | null]>([
    ['no-referrer', null, null, null],
    ['unsafe-url', WHOLE, WHOLE, WHOLE],
    ['origin', ORIGIN, ORIGIN, ORIGIN],
    ['strict-origin', ORIGIN, ORIGIN, null],
    ['same-origin', WHOLE, null, null],
    ['origin-when-cross-origin', WHOLE, ORIGIN, ORIGIN],
    ['no-referrer-when-downgrade', WHOLE, WHOLE, null],
    ['strict-origin-when-cross-origin', WHOLE, ORIGIN, null],
    ['', WHOLE, ORIGIN, null],
  ])('%j: same origin %s, another one %s, no longer encrypted %s', (policy, same, cross, down) => {
    const told = (target: string) => refererFor(from, policy, target)?.href ?? null
    expect([told(SAME), told(CROSS), told(DOWN)]).toEqual([same, cross, down])
  })

  test('what does not leave the machine is as good as encrypted', () => {
    for (const host of ['localhost:8000', 'x.localhost', '127.1.2.3', '[::1]'])
      expect(refererFor(from, 'strict-origin', `http://${host}/`)?.href).toBe(ORIGIN)
    expect(refererFor(new URL('http://a.test/x'), 'no-referrer-when-downgrade', DOWN)?.href).toBe(
      'http://a.test/x',
    )
  })

  test('a long one is cut down to its origin; one without an origin says nothing', () => {
    expect(refererFor(new URL(`${WHOLE}&${'x'.repeat(4096)}`), 'unsafe-url', SAME)?.href).toBe(ORIGIN)
    for (const url of ['about:client', 'data:,x', 'blob:https://a.test/1'])
      expect(refererFor(new URL(url), 'unsafe-url', SAME)).toBeNull()
  })
})

test('policyAfter is the last that is known, else the one before', () => {
  expect(policyAfter(null, 'origin')).toBe('origin')
  expect(policyAfter('', 'origin')).toBe('origin')
  expect(policyAfter('bogus', 'origin')).toBe('origin')
  expect(policyAfter('no-referrer, Unsafe-URL , bogus', 'origin')).toBe('unsafe-url')
})
