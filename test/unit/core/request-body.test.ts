import { describe, expect, test } from 'vitest'
import { BodyError } from '../../../src/core/errors.ts'
import { bytesBody, canSend, oneShotBody, replayableBody, toBytes } from '../../../src/core/request-body.ts'

async function read(source: AsyncIterator<Uint8Array>): Promise<string> {
  let text = ''
  for (let step = await source.next(); !step.done; step = await source.next())
    text += Buffer.from(step.value).toString()
  return text
}

async function* generate(...chunks: unknown[]): AsyncGenerator<unknown> {
  yield* chunks
}

describe('kinds', () => {
  test('bytes can always be sent', () => {
    const bytes = new Uint8Array([1])
    expect(bytesBody(bytes)).toEqual({ kind: 'bytes', bytes })
    expect(canSend(bytesBody(bytes))).toBe(true)
    expect(canSend(null)).toBe(true)
  })

  test('a replayable body starts anew each time', async () => {
    let opened = 0
    const body = replayableBody(6, () => {
      opened += 1
      return generate('abc', Buffer.from('def'))
    })
    expect(await read(body.open())).toBe('abcdef')
    expect(await read(body.open())).toBe('abcdef')
    expect(opened).toBe(2)
    expect(body).toMatchObject({ length: 6, replayable: true, used: false })
    expect(canSend(body)).toBe(true)
  })

  test('a one-shot body can be sent until it was opened, and a second open says what to give instead', async () => {
    const body = oneShotBody(generate('x'))
    expect(body).toMatchObject({ length: null, replayable: false, used: false })
    expect(canSend(body)).toBe(true)
    const source = body.open()
    expect(body.used).toBe(true)
    expect(canSend(body)).toBe(false)
    expect(() => body.open()).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
        message: expect.stringContaining('function that returns a new stream'),
      }),
    )
    expect(await read(source)).toBe('x')
  })

  test.each([
    ['an async generator', () => generate('a', 'b')],
    ['an array', () => ['a', 'b']],
    ['a web stream', () => ReadableStream.from(['a', 'b'])],
    ['a sync generator', () => new Set(['a', 'b'])],
  ])('%s is a source', async (_, make) => {
    expect(await read(oneShotBody(make()).open())).toBe('ab')
  })
})

describe('letting a source go', () => {
  test.each(['async', 'sync'])('return() reaches an %s generator', async (kind) => {
    let cleaned = false
    const source =
      kind === 'async'
        ? (async function* () {
            try {
              yield 'a'
            } finally {
              cleaned = true
            }
          })()
        : (function* () {
            try {
              yield 'a'
            } finally {
              cleaned = true
            }
          })()
    const iterator = oneShotBody(source).open()
    await iterator.next()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(cleaned).toBe(true)
  })

  test('return() is harmless on an iterator that has none', async () => {
    const bare = { [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: 'a' }) }) }
    expect(await oneShotBody(bare).open().return?.()).toEqual({ done: true, value: undefined })
  })

  test('a failure of the source passes through', async () => {
    const failing = (async function* () {
      yield 'a'
      throw new Error('disk')
    })()
    const iterator = oneShotBody(failing).open()
    await iterator.next()
    await expect(iterator.next()).rejects.toThrow('disk')
  })

  test('a factory that throws does so at open', () => {
    const body = replayableBody(null, () => {
      throw new Error('no file')
    })
    expect(() => body.open()).toThrow('no file')
  })
})

describe('chunks', () => {
  const data = new Uint8Array([0, 1, 2, 3])

  test.each([
    ['Uint8Array', data, [0, 1, 2, 3]],
    ['Buffer', Buffer.from([9]), [9]],
    ['ArrayBuffer', data.buffer, [0, 1, 2, 3]],
    ['DataView of a part', new DataView(data.buffer, 1, 2), [1, 2]],
    ['Uint16Array', new Uint16Array([258]), [2, 1]],
    ['a string, as UTF-8', 'é', [0xc3, 0xa9]],
  ])('%s becomes bytes', (_, chunk, expected) => {
    expect([...toBytes(chunk)]).toEqual(expected)
  })

  test('bytes are not copied', () => {
    expect(toBytes(data)).toBe(data)
  })

  test.each([
    [5, 'number'],
    [null, 'null'],
    [{}, 'object'],
    [undefined, 'undefined'],
  ])('%j is refused, its type named', (chunk, type) => {
    const refused = expect.objectContaining({
      code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
      message: expect.stringContaining(`type ${type}`),
    })
    expect(() => toBytes(chunk)).toThrow(BodyError)
    expect(() => toBytes(chunk)).toThrow(refused)
  })
})
