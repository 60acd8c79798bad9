import { describe, expect, test } from 'vitest'
import { oneShotBody, type RequestBody, replayableBody } from '../../../src/core/request-body.ts'
import { contradicts, expectsContinue, hasNoBody, headOf, shapeOf } from '../../../src/pool/request-shape.ts'
import { clientRequest, textBody } from '../fakes/exchange.ts'

test('the head is what goes on the wire: no fragment, no user information', () => {
  const request = clientRequest(
    { method: 'PUT', headers: ['a', '1'] },
    'http://user:secret@example.test:8080/p?q#f',
  )
  expect(headOf(request, 'h2')).toEqual({
    method: 'PUT',
    scheme: 'http',
    authority: 'example.test:8080',
    path: '/p?q',
    headers: ['a', '1'],
  })
})

test('a tunnel is an extended CONNECT over HTTP/2, and an upgrade over HTTP/1.1', () => {
  const tunnel = { protocol: 'websocket', upgradeHeaders: ['sec-websocket-key', 'k'] }
  const request = clientRequest({ method: 'CONNECT', headers: ['a', '1'], tunnel })
  const { headers: overHttp2, ...http2 } = headOf(request, 'h2')
  const { headers: overHttp1, ...http1 } = headOf(request, 'http/1.1')
  expect(http2).toMatchObject({ method: 'CONNECT', protocol: 'websocket' })
  expect(http1).toMatchObject({ method: 'GET', protocol: 'websocket' })
  expect([overHttp2, overHttp1]).toEqual([
    ['a', '1'],
    ['a', '1', 'sec-websocket-key', 'k'],
  ])
})

test('the shape is known before the head goes out', () => {
  const body = textBody('x')
  const trailers = () => []
  expect(shapeOf(clientRequest())).toBe('none')
  expect(shapeOf(clientRequest({ body }))).toBe('data')
  expect(shapeOf(clientRequest({ body, trailers }))).toBe('data-and-trailers')
  expect(shapeOf(clientRequest({ trailers }))).toBe('data-and-trailers')
})

describe('contradicts', () => {
  test.each<[string, number | null, RequestBody | null, boolean]>([
    ['nothing declared, nothing there', null, null, false],
    ['nothing declared', null, textBody('abc'), false],
    ['0 for no body', 0, null, false],
    ['something for no body', 3, null, true],
    ['the length of bytes', 3, textBody('abc'), false],
    ['more than the bytes', 4, textBody('abc'), true],
    ['fewer than the bytes', 2, textBody('abc'), true],
    ['the length of a sized stream', 3, replayableBody(3, () => ['abc']), false],
    ['another than that of a sized stream', 4, replayableBody(3, () => ['abc']), true],
    ['anything for a stream of unknown length', 99, oneShotBody(['abc']), false],
  ])('%s: %4$s', (_, declared, body, expected) => {
    expect(contradicts(declared, body)).toBe(expected)
  })
})

test.each([
  [['expect', '100-continue'], true],
  [['expect', '100-Continue'], true],
  [['expect', 'something'], false],
  [[], false],
])('%j wants the server’s word first: %s', (headers, expected) => {
  expect(expectsContinue(clientRequest({ headers }))).toBe(expected)
})

test.each([
  ['GET', 200, false],
  ['HEAD', 200, true],
  ['GET', 204, true],
  ['GET', 304, true],
  ['GET', 205, false],
  ['head', 200, false],
])('%s answered %i has no body: %s', (method, status, expected) => {
  expect(hasNoBody(method, status)).toBe(expected)
})
