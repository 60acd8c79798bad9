import { describe, expect, test } from 'vitest'
import type { HeadersInput } from '../../../src/core/headers.ts'
import { fetchHeaders } from '../../../src/fetch/headers.ts'

/** What the platform makes of the same, name by name. */
const platform = (input: unknown) => [...new Headers(input as Record<string, string>)].flat()
const sorted = (list: string[]) =>
  Array.from({ length: list.length / 2 }, (_, index) => list.slice(index * 2, index * 2 + 2))
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .flat()

describe('fetchHeaders makes what the platform makes of', () => {
  test.each<[string, () => unknown]>([
    ['a record', () => ({ B: '1', a: ' x\t' })],
    ['values that are no strings', () => ({ a: 1, b: null, c: undefined, d: ['x', 'y'], e: true })],
    ['names that differ in case', () => ({ A: '1', a: '2' })],
    [
      'pairs, with repeats',
      () => [
        ['a', '1'],
        ['b', '2'],
        ['A', '3'],
      ],
    ],
    [
      'cookies, which a semicolon joins',
      () => [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    ],
    ['a Map', () => new Map([['a', '1']])],
    [
      'Headers',
      () =>
        new Headers([
          ['z', '1'],
          ['a', '2'],
        ]),
    ],
    ['a proxy', () => new Proxy({ a: '1' }, {})],
    ['an empty value', () => ({ a: '' })],
    ['latin1', () => ({ a: 'grüß' })],
    [
      'a generator of pairs',
      () => ({
        *[Symbol.iterator]() {
          yield ['i', '1']
        },
      }),
    ],
    ['what has only inherited fields', () => Object.create({ a: '1' })],
  ])('%s', (_, make) => {
    expect(sorted(fetchHeaders(make() as HeadersInput))).toEqual(platform(make()))
  })
})

test.each<[string, unknown]>([
  ['null', null],
  ['a string', 'abc'],
  ['a number', 5],
  ['a pair with one part', [['a']]],
  ['a pair with three', [['a', 'b', 'c']]],
  ['no pair', ['ab', 5]],
  ['a name with a space', { 'a b': '1' }],
  ['a name that is empty', { '': '1' }],
  ['a name that is a symbol', { [Symbol('x')]: '1' }],
  ['a value with a line break', { a: 'x\ny' }],
  ['a value with NUL', { a: 'x\0y' }],
  ['a value beyond latin1', { a: '€' }],
  ['a value that is a symbol', { a: Symbol('x') }],
])('what the platform refuses is refused: %s', (_, input) => {
  expect(() => platform(input)).toThrow(TypeError)
  expect(() => fetchHeaders(input as HeadersInput)).toThrow()
})
