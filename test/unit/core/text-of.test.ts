import { expect, test } from 'vitest'
import { textOf } from '../../../src/core/text-of.ts'

test.each([
  ['text', 'text'],
  [5, '5'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [new URL('https://a.test/'), 'https://a.test/'],
  [Object.create(null), '[object Object]'],
  [
    {
      toString() {
        throw new Error('mine')
      },
    },
    '[object Object]',
  ],
  [{ toString: () => ({}) }, '[object Object]'],
])('%# is text, whatever it is', (value, text) => {
  expect(textOf(value)).toBe(text)
})
