import { describe, expect, test } from 'vitest'
import { bodyNotAllowed, checkedMethod, commonMethod, takesNoBody } from '../../../src/fetch/method.ts'

describe('commonMethod', () => {
  test.each(['delete', 'get', 'head', 'options', 'post', 'put', 'DELETE', 'GET', 'PUT', 'PATCH'])(
    '%s becomes what the platform makes of it',
    (method) => {
      expect(commonMethod(method)).toBe(new Request('https://a.test/', { method }).method)
    },
  )

  test('none is GET', () => {
    expect(commonMethod(undefined)).toBe('GET')
  })

  test.each(['PoSt', 'patch', 'propfind', 'Custom', '', 'GE T', null, 5, {}])(
    '%j is left to the platform, which knows its rules and warnings',
    (method) => {
      expect(commonMethod(method)).toBeUndefined()
    },
  )
})

test('takesNoBody', () => {
  expect(['GET', 'HEAD', 'POST', 'get', 'DELETE'].filter(takesNoBody)).toEqual(['GET', 'HEAD'])
})

describe('checkedMethod', () => {
  test.each(['GET', 'PATCH', 'M-SEARCH', 'a!#$%', 'connected'])('%s is one', (method) =>
    expect(checkedMethod(method)).toBe(method),
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
    expect(() => checkedMethod(method)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_METHOD', processed: 'no' }),
    )
    expect(() => new Request('https://a.test/', { method })).toThrow(TypeError)
  })
})

test('a body that is not allowed names the method and a way out', () => {
  const error = bodyNotAllowed('GET')
  expect(error.code).toBe('ERR_TRUNKLINE_BODY_NOT_ALLOWED')
  expect(error.message).toContain('GET')
})
