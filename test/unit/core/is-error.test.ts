import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { isError } from '../../../src/core/is-error.ts'

test.each<[string, unknown]>([
  ['an error', new TypeError('x')],
  ['one of another realm', runInNewContext('new RangeError("x")')],
  ['a DOMException', new DOMException('x', 'AbortError')],
])('%s is one', (_, value) => {
  expect(isError(value)).toBe(true)
})

test.each([null, undefined, 'Error', { name: 'Error', message: 'x' }])('%s is none', (value) => {
  expect(isError(value)).toBe(false)
})
