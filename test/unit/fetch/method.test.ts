import { describe, expect, test } from 'vitest'
import { bodyNotAllowed, isMethod, normalizeMethod } from '../../../src/fetch/method.ts'

describe('normalizeMethod', () => {
  test.each(['delete', 'get', 'head', 'options', 'post', 'put', 'PoSt', 'PATCH', 'propfind', 'Custom'])(
    '%s becomes what the platform makes of it',
    (method) => {
      expect(normalizeMethod(method)).toBe(new Request('https://a.test/', { method }).method)
    },
  )
})

test('normalizeMethod leaves patch as it is, which the platform does with a warning', () => {
  expect(normalizeMethod('patch')).toBe('patch')
})

describe('isMethod', () => {
  test.each(['GET', 'PATCH', 'M-SEARCH', 'a!#$%', 'connected'])('%s is one', (method) =>
    expect(isMethod(method)).toBe(true),
  )

  test.each([
    '',
    'GE T',
    'GET\n',
    'GET\r\nHost: evil',
    'ä',
    'CONNECT',
    'connect',
    'TRACE',
    'Track',
    '(',
    'a:b',
    'a/b',
  ])('%j is none', (method) => {
    expect(isMethod(method)).toBe(false)
    expect(() => new Request('https://a.test/', { method })).toThrow(TypeError)
  })
})

test('a body that is not allowed names the method and a way out', () => {
  const error = bodyNotAllowed('GET')
  expect(error.code).toBe('ERR_TRUNKLINE_BODY_NOT_ALLOWED')
  expect(error.message).toContain('GET')
})
