import { expect, test } from 'vitest'
import { contentLengthFor, redirectOf, signalOf } from '../../../src/fetch/options.ts'

const refused = expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION', processed: 'no' })

test('redirectOf takes the three modes', () => {
  for (const mode of ['follow', 'manual', 'error']) expect(redirectOf(mode)).toBe(mode)
  expect(() => redirectOf('sometimes')).toThrow(/redirect must be .* not "sometimes"/)
})

test('signalOf takes a signal, or none', () => {
  const { signal } = new AbortController()
  expect(signalOf(signal)).toBe(signal)
  expect(signalOf(undefined)).toBeNull()
  expect(signalOf(null)).toBeNull()
  for (const wrong of ['x', {}, new AbortController(), 5]) expect(() => signalOf(wrong)).toThrow(refused)
})

test('contentLengthFor', () => {
  expect(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((method) => contentLengthFor(method, null))).toEqual([
    '0',
    '0',
    null,
    null,
    null,
  ])
})
