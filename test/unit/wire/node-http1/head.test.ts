import { describe, expect, test } from 'vitest'
import { InvalidRequestError } from '../../../../src/core/errors.ts'
import type { BodyShape } from '../../../../src/wire/contract.ts'
import {
  decodeFields,
  encodeHead,
  encodeTrailers,
  headProblem,
  isDoubtful,
  keepAliveLimit,
  promisesToStay,
} from '../../../../src/wire/node-http1/head.ts'

function encode(method: string, body: BodyShape, headers: readonly string[] = []) {
  return encodeHead({ method, scheme: 'https', authority: 'a.test:8443', path: '/', headers }, body)
}

describe('encodeHead', () => {
  test('Host comes first, then the fields in order and with repeats', () => {
    const { fields } = encode('GET', 'none', ['x', '1', 'cookie', 'a', 'x', '2', 'cookie', 'b'])
    const own = ['connection', 'keep-alive']
    expect(fields).toEqual(['host', 'a.test:8443', 'x', '1', 'cookie', 'a', 'x', '2', 'cookie', 'b', ...own])
  })

  test('no body: methods that expect one say so, others say nothing', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']) {
      expect(encode(method, 'none')).toMatchObject({ chunked: false, length: 0 })
      expect(encode(method, 'none').fields.slice(-2)).toEqual(['content-length', '0'])
    }
    for (const method of ['GET', 'HEAD', 'DELETE', 'MKCOL']) {
      expect(encode(method, 'none')).toMatchObject({ chunked: false, length: null })
      expect(encode(method, 'none').fields).not.toContain('content-length')
    }
  })

  test('no body: a length that the caller states is not believed', () => {
    expect(encode('GET', 'none', ['content-length', '5']).fields).not.toContain('content-length')
    expect(encode('POST', 'none', ['content-length', '5']).fields.slice(-2)).toEqual(['content-length', '0'])
  })

  test('a body without a length is chunked', () => {
    const { fields, chunked, length } = encode('POST', 'data')
    expect([chunked, length]).toEqual([true, null])
    expect(fields.slice(-2)).toEqual(['transfer-encoding', 'chunked'])
  })

  test('a body with a length is counted; repeats of one length are one', () => {
    for (const headers of [
      ['content-length', '7'],
      ['content-length', '7', 'content-length', '7'],
    ]) {
      const { fields, chunked, length } = encode('POST', 'data', headers)
      expect([chunked, length]).toEqual([false, 7])
      expect(fields.filter((item) => item === 'content-length').length).toBe(1)
      expect(fields).not.toContain('transfer-encoding')
    }
  })

  test('a body with trailers is chunked, whatever the caller states', () => {
    const { fields, chunked, length } = encode('POST', 'data-and-trailers', ['content-length', '7'])
    expect([chunked, length]).toEqual([true, null])
    expect(fields).not.toContain('content-length')
  })

  test('a length that is not one number is refused', () => {
    for (const value of ['', 'x', '+1', '-1', '1.0', '1, 2', '0x1']) {
      const refused = () => encode('POST', 'data', ['content-length', value])
      expect(refused, value).toThrow(InvalidRequestError)
      expect(refused).toThrow(
        expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no' }),
      )
    }
  })

  test('connection-specific fields are left out', () => {
    const names = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'host']
    const { fields } = encode(
      'GET',
      'none',
      names.flatMap((name) => [name, 'theirs']),
    )
    expect(fields).toEqual(['host', 'a.test:8443', 'connection', 'keep-alive'])
  })

  test('TE: trailers goes out with its connection option, other TE not at all', () => {
    const { fields } = encode('GET', 'none', ['te', 'trailers'])
    expect(fields.slice(2)).toEqual(['te', 'trailers', 'connection', 'keep-alive, te'])
    expect(encode('GET', 'none', ['te', 'gzip, trailers']).fields.slice(2)).toEqual([
      'connection',
      'keep-alive',
    ])
  })

  test('Trailer is announced only where trailers can be', () => {
    expect(encode('POST', 'data', ['trailer', 'x']).fields).toContain('trailer')
    expect(encode('POST', 'data', ['trailer', 'x', 'content-length', '1']).fields).not.toContain('trailer')
    expect(encode('GET', 'none', ['trailer', 'x']).fields).not.toContain('trailer')
  })
})

test('trailers leave out what frames or routes a message', () => {
  const trailers = ['x-sum', '1', 'content-length', '2', 'host', 'b', 'trailer', 'c', 'te', 'd', 'x-sum', '3']
  expect(encodeTrailers(trailers)).toEqual([
    ['x-sum', '1'],
    ['x-sum', '3'],
  ])
})

test('fields are read with lower-case names and untouched values', () => {
  const raw = ['Set-Cookie', 'A=B', 'X', 'Y', 'SET-COOKIE', 'c=D']
  expect(decodeFields(raw)).toEqual(['set-cookie', 'A=B', 'x', 'Y', 'set-cookie', 'c=D'])
  expect(raw[0]).toBe('Set-Cookie')
})

describe('headProblem', () => {
  test('an ordinary head has none', () => {
    expect(headProblem('1.1', 200, [])).toBeNull()
    expect(headProblem('1.0', 599, ['content-length', '1'])).toBeNull()
    expect(headProblem('1.1', 200, ['transfer-encoding', ' Chunked '])).toBeNull()
  })

  test.each([
    ['2.0', 200, [], 'version is 2.0'],
    ['1.1', 101, [], 'switched protocols'],
    ['1.1', 99, [], 'status is 99'],
    ['1.1', 200, ['transfer-encoding', 'gzip, chunked'], '"gzip, chunked"'],
    ['1.1', 200, ['transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'], 'transfer-encoding'],
  ] as const)('%s %i %j', (version, status, fields, problem) => {
    expect(headProblem(version, status, fields)).toContain(problem)
  })
})

test('HTTP/1.0 with a transfer coding is doubtful', () => {
  expect(isDoubtful('1.0', ['transfer-encoding', 'chunked'])).toBe(true)
  expect(isDoubtful('1.0', [])).toBe(false)
  expect(isDoubtful('1.1', ['transfer-encoding', 'chunked'])).toBe(false)
})

test.each([
  ['timeout=5', 4000],
  ['timeout=5, max=100', 4000],
  ['max=100, Timeout=72', 71_000],
  ['timeout=1', 0],
  ['timeout=0', 0],
  ['timeout=999999999', 2 ** 31 - 1],
  ['max=100', null],
  ['timeout=soon', null],
  ['xtimeout=9', null],
])('Keep-Alive: %s leaves %j ms', (value, expected) => {
  expect(keepAliveLimit(['keep-alive', value])).toBe(expected)
})

test('no Keep-Alive field, no limit', () => {
  expect(keepAliveLimit(['x', 'timeout=5'])).toBeNull()
})

test.each<[string[], boolean]>([
  [['connection', 'keep-alive'], true],
  [['connection', 'x, Keep-Alive'], true],
  [['connection', 'x', 'connection', 'keep-alive'], true],
  [['connection', 'close'], false],
  [['connection', 'keep-alive-not'], false],
  [['keep-alive', 'timeout=5'], false],
  [[], false],
])('promisesToStay of %j: %s', (fields, promised) => {
  expect(promisesToStay(fields)).toBe(promised)
})
