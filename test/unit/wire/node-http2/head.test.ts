import { describe, expect, test } from 'vitest'
import { decodeHead, encodeHead } from '../../../../src/wire/node-http2/head.ts'
import { HEAD } from '../../fakes/pools.ts'

describe('encodeHead', () => {
  const fields = (headers: string[]) => encodeHead({ ...HEAD, headers }).slice(8)

  test('has the pseudo-header fields first', () => {
    expect(encodeHead({ ...HEAD, method: 'POST', path: '/a?b', headers: ['x', '1'] })).toEqual([
      ':method',
      'POST',
      ':scheme',
      'https',
      ':authority',
      'example.test',
      ':path',
      '/a?b',
      'x',
      '1',
    ])
  })

  test('keeps order and repeats', () => {
    expect(fields(['b', '1', 'a', '2', 'b', '3'])).toEqual(['b', '1', 'a', '2', 'b', '3'])
  })

  test('each cookie is a field of its own', () => {
    expect(fields(['a', '1', 'cookie', 'x=1; y=2;z; w', 'b', '2'])).toEqual([
      ...['a', '1', 'cookie', 'x=1', 'cookie', 'y=2;z', 'cookie', 'w', 'b', '2'],
    ])
  })

  test.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'host'])(
    'leaves out %s',
    (name) => expect(fields(['a', '1', name, 'x', 'b', '2'])).toEqual(['a', '1', 'b', '2']),
  )

  test('of TE only trailers travels', () => {
    expect(fields(['te', 'trailers'])).toEqual(['te', 'trailers'])
    expect(fields(['te', 'gzip', 'te', 'trailers, deflate'])).toEqual([])
  })

  test.each(['__proto__', 'constructor'])('%s is a field as any other', (name) =>
    expect(fields([name, 'x'])).toEqual([name, 'x']),
  )
})

describe('decodeHead', () => {
  test('takes the status out and leaves the rest in order', () => {
    expect(decodeHead([':status', '204', 'b', '1', 'a', '2', 'b', '3'])).toEqual({
      status: 204,
      headers: ['b', '1', 'a', '2', 'b', '3'],
    })
  })

  test('no pseudo-header field is handed on as a field', () => {
    expect(decodeHead([':status', '200', ':path', '/evil', 'a', '1']).headers).toEqual(['a', '1'])
  })

  test('trailers have no status', () => {
    expect(decodeHead(['grpc-status', '0'])).toEqual({ status: 0, headers: ['grpc-status', '0'] })
  })
})
