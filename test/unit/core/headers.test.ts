import { describe, expect, test } from 'vitest'
import type { InvalidRequestError } from '../../../src/core/errors.ts'
import {
  combinedHeader,
  contentLength,
  type HeadersInput,
  headerListSize,
  headerValue,
  isConnectionSpecific,
  toHeaderList,
  validName,
  withoutHeaders,
} from '../../../src/core/headers.ts'

function refused(input: unknown): InvalidRequestError {
  try {
    toHeaderList(input as HeadersInput)
  } catch (error) {
    return error as InvalidRequestError
  }
  return expect.unreachable('it was accepted')
}

describe('toHeaderList', () => {
  test.each<[string, HeadersInput | undefined | null, string[]]>([
    ['nothing', undefined, []],
    ['null', null, []],
    ['an empty object', {}, []],
    ['an object', { Accept: 'a', 'X-Two': 'b' }, ['accept', 'a', 'x-two', 'b']],
    ['numbers', { 'content-length': 5 }, ['content-length', '5']],
    ['lists of values, as repeats', { cookie: ['a=1', 'b=2'] }, ['cookie', 'a=1', 'cookie', 'b=2']],
    ['undefined values, left out', { a: undefined, b: '1' }, ['b', '1']],
    [
      'pairs, with order and repeats',
      [
        ['B', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
      ['b', '1', 'a', '2', 'b', '3'],
    ],
    ['a Map', new Map([['A', '1']]), ['a', '1']],
    ['Headers', new Headers({ 'X-A': '1', B: '2' }), ['b', '2', 'x-a', '1']],
    ['the empty value', { a: '' }, ['a', '']],
    ['outer white space, cut off', { a: ' \t x y \r\n' }, ['a', 'x y']],
    ['white space inside', { a: 'x\ty' }, ['a', 'x\ty']],
    ['obs-text', { a: '\x80\xff' }, ['a', '\x80\xff']],
  ])('takes %s', (_, input, expected) => {
    expect(toHeaderList(input)).toEqual(expected)
  })

  test('keeps set-cookie fields of Headers apart', () => {
    const headers = new Headers()
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    expect(toHeaderList(headers)).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2'])
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is a name as any other',
    (name) => {
      const input = JSON.parse(`{${JSON.stringify(name)}: "x"}`) as Record<string, string>
      expect(toHeaderList(input)).toEqual([name.toLowerCase(), 'x'])
      expect(({} as Record<string, unknown>).x).toBeUndefined()
    },
  )

  test('takes own properties only', () => {
    expect(toHeaderList(Object.create({ inherited: 'x' }))).toEqual([])
  })

  test('returns a list of its own each time', () => {
    expect(toHeaderList(undefined)).not.toBe(toHeaderList(undefined))
  })

  test.each(['', ' ', 'a b', 'a:', ':path', 'ä', 'a\n', 'a\0', '(a)', 'a,b', 'a/b', '"a"'])(
    'refuses the name %j',
    (name) => {
      expect(refused({ [name]: 'x' })).toMatchObject({
        code: 'ERR_TRUNKLINE_INVALID_HEADER',
        processed: 'no',
      })
      expect(refused([[name, 'x']]).code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
    },
  )

  test.each(['a\nb', 'a\rb', 'a\r\nevil: 1', 'a\0b', 'a\x01b', 'a\x7fb', 'Ā', '€', '😀', '\0'])(
    'refuses the value %j, naming the field and not the value',
    (value) => {
      const error = refused({ 'X-Secret': value })
      expect(error.code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
      expect(error.message).toContain('X-Secret')
      expect(error.message).not.toContain('evil')
      expect(refused({ 'x-secret': ['fine', value] }).code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
    },
  )

  test('refuses a control character that Headers let through', () => {
    expect(refused(new Headers({ a: 'x\x01y' })).code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
  })

  test.each([
    ['a string', 'a: b'],
    ['a number', 5],
    ['a list of strings', ['a', 'b']],
    ['a pair of three', [['a', 'b', 'c']]],
    ['a pair of one', [['a']]],
    ['null pairs', [null]],
    ['a name that is no string', [[5, 'x']]],
  ])('refuses %s', (_, input) => {
    expect(refused(input).code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
  })

  test('shows a long name cut', () => {
    expect(refused({ [`${'x'.repeat(5000)} `]: '1' }).message.length).toBeLessThan(300)
  })

  test('validName takes every token character and lower-cases', () => {
    expect(validName("!#$%&'*+-.^_`|~09AZaz")).toBe("!#$%&'*+-.^_`|~09azaz")
  })
})

describe('reading', () => {
  const list = ['a', '1', 'b', '2', 'a', '3', 'c', ''] as const

  test('headerValue gives the first value', () => {
    expect(headerValue(list, 'a')).toBe('1')
    expect(headerValue(list, 'c')).toBe('')
    expect(headerValue(list, '1')).toBeNull()
    expect(headerValue([], 'a')).toBeNull()
  })

  test('combinedHeader joins the values in order', () => {
    expect(combinedHeader(list, 'a')).toBe('1, 3')
    expect(combinedHeader(list, 'b')).toBe('2')
    expect(combinedHeader(list, 'c')).toBe('')
    expect(combinedHeader(list, 'd')).toBeNull()
  })

  test('withoutHeaders drops fields whole and leaves the list alone', () => {
    expect(withoutHeaders(list, (name) => name === 'a')).toEqual(['b', '2', 'c', ''])
    expect(list.length).toBe(8)
  })

  test.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'host'])(
    '%s is of the connection',
    (name) => expect(isConnectionSpecific(name)).toBe(true),
  )

  test.each(['te', 'content-length', 'trailer', 'constructor', '__proto__'])('%s is not', (name) =>
    expect(isConnectionSpecific(name)).toBe(false),
  )
})

describe('contentLength', () => {
  test.each<[readonly string[], number | null | 'invalid']>([
    [[], null],
    [['content-length', '0'], 0],
    [['content-length', '42'], 42],
    [['content-length', ' 42 '], 42],
    [['content-length', '42, 42'], 42],
    [['content-length', '42', 'x', '1', 'content-length', '42'], 42],
    [['content-length', '999999999999999'], 999_999_999_999_999],
    [['content-length', '42, 43'], 'invalid'],
    [['content-length', '42', 'content-length', '43'], 'invalid'],
    [['content-length', '42,'], 'invalid'],
    [['content-length', ''], 'invalid'],
    [['content-length', '-1'], 'invalid'],
    [['content-length', '+1'], 'invalid'],
    [['content-length', '1.0'], 'invalid'],
    [['content-length', '1e3'], 'invalid'],
    [['content-length', '0x10'], 'invalid'],
    [['content-length', 'ten'], 'invalid'],
    [['content-length', '1 2'], 'invalid'],
    [['content-length', '9999999999999999'], 'invalid'],
    [['x', 'content-length'], null],
  ])('of %j is %j', (headers, expected) => {
    expect(contentLength(headers)).toBe(expected)
  })
})

test('the size of a section counts 32 bytes for each field', () => {
  expect(headerListSize([])).toBe(0)
  expect(headerListSize(['ab', 'cde', 'f', ''])).toBe(2 + 3 + 32 + 1 + 32)
})
