import { describe, expect, test } from 'vitest'
import { RequestReader } from '../../../../src/integrations/http2-wrapper/request-reader.ts'

interface Read {
  readonly head: object | null
  readonly body: string
  readonly trailers: readonly string[] | null
}

/** What is read of a message that comes in pieces of so many bytes. */
function read(text: string, size: number, finish = false): Read {
  let head: object | null = null
  let trailers: readonly string[] | null = null
  const body: Uint8Array[] = []
  const reader = new RequestReader({
    onHead: (seen) => {
      head = seen
    },
    onData: (chunk) => body.push(chunk),
    onEnd: (seen) => {
      expect(trailers).toBeNull()
      trailers = seen
    },
  })
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  if (finish) reader.finish()
  return { head, body: Buffer.concat(body).toString('latin1'), trailers }
}

const start = 'POST /a?b HTTP/1.1\r\nHost: example.com\r\nX-A:  1 \r\nx-a: \xe9\r\n'

describe.each([1, 2, 3, 7, 1000])('in pieces of %i bytes', (size) => {
  test('a head and a body of a known length', () => {
    expect(read(`${start}Content-Length: 5\r\n\r\nhello`, size)).toEqual({
      head: {
        method: 'POST',
        path: '/a?b',
        framing: 'length',
        headers: ['host', 'example.com', 'x-a', '1', 'x-a', '\xe9', 'content-length', '5'],
      },
      body: 'hello',
      trailers: [],
    })
  })

  test('no body at all', () => {
    expect(read(`${start}Content-Length: 0\r\n\r\n`, size)).toMatchObject({ body: '', trailers: [] })
  })

  test('chunks and trailers', () => {
    const message = `${start}Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n3\r\nab\r\r\na\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n`
    expect(read(message, size)).toMatchObject({
      head: { framing: 'chunked' },
      body: 'ab\r0123456789',
      trailers: ['x-t', '1'],
    })
  })

  test('a body that nothing frames lasts until its writer is done', () => {
    expect(read(`${start}\r\nsome`, size)).toMatchObject({
      head: { framing: 'none' },
      body: 'some',
      trailers: null,
    })
    expect(read(`${start}\r\nsome`, size, true)).toMatchObject({ body: 'some', trailers: [] })
  })

  test('nothing is read behind the end', () => {
    expect(read(`${start}Content-Length: 2\r\n\r\nokPOST / HTTP/1.1\r\n\r\n`, size)).toMatchObject({
      body: 'ok',
    })
  })
})
