import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { RequestBody } from '../../../src/core/request-body.ts'
import { type BodyInput, extractBody, extractFetchBody } from '../../../src/fetch/body.ts'

async function read(body: RequestBody): Promise<string> {
  if (body.kind === 'bytes') return Buffer.from(body.bytes).toString()
  let text = ''
  const source = body.open()
  for (let step = await source.next(); !step.done; step = await source.next())
    text += Buffer.from(step.value).toString()
  return text
}

const webStream = (...chunks: string[]) =>
  ReadableStream.from(chunks) as unknown as ReadableStream<Uint8Array>

async function* generate() {
  yield 'a'
  yield Buffer.from('b')
}

const refused = expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION', processed: 'no' })

describe('extractBody', () => {
  const wide = new Uint8Array([0x78, 0x61, 0x62, 0x78])

  test.each<[string, BodyInput, string, number | null, string | null, boolean]>([
    ['a string', 'ab', 'ab', 2, 'text/plain;charset=UTF-8', true],
    ['the empty string', '', '', 0, 'text/plain;charset=UTF-8', true],
    ['a string, its length in bytes', 'é€', 'é€', 5, 'text/plain;charset=UTF-8', true],
    [
      'URLSearchParams',
      new URLSearchParams({ a: '1 2' }),
      'a=1+2',
      5,
      'application/x-www-form-urlencoded;charset=UTF-8',
      true,
    ],
    ['bytes', new Uint8Array([0x61, 0x62]), 'ab', 2, null, true],
    ['a part of bytes', wide.subarray(1, 3), 'ab', 2, null, true],
    ['a DataView', new DataView(wide.buffer, 1, 2), 'ab', 2, null, true],
    ['an ArrayBuffer', wide.slice(1, 3).buffer, 'ab', 2, null, true],
    ['a Blob', new Blob(['ab'], { type: 'text/css' }), 'ab', 2, 'text/css', true],
    ['a Blob without type', new Blob(['ab']), 'ab', 2, null, true],
    ['a function', generate, 'ab', null, null, true],
    ['an async generator', generate(), 'ab', null, null, false],
    ['a web stream', webStream('a', 'b'), 'ab', null, null, false],
    ['a Node stream', Readable.from(['a', 'b']), 'ab', null, null, false],
    ['a list of chunks', ['a', 'b'], 'ab', null, null, false],
  ])('takes %s', async (_, input, text, length, contentType, replayable) => {
    const extracted = extractBody(input)
    expect(extracted).toMatchObject({ length, contentType })
    expect(extracted.body.kind === 'bytes' || extracted.body.replayable).toBe(replayable)
    expect(await read(extracted.body)).toBe(text)
    if (replayable) expect(await read(extracted.body)).toBe(text)
  })

  test('bytes are sent from where they lie, without a copy', () => {
    const buffer = new ArrayBuffer(4)
    const views = [new Uint8Array(buffer, 1, 2), Buffer.from(buffer, 1, 2), new DataView(buffer, 1, 2)]
    for (const input of [buffer, ...views]) {
      const { body } = extractBody(input)
      expect(body.kind === 'bytes' && body.bytes.buffer).toBe(buffer)
      expect(body.kind === 'bytes' && body.bytes.byteOffset).toBe(input === buffer ? 0 : 1)
    }
  })

  test('FormData is multipart with the boundary its type names, and can be sent again', async () => {
    const form = new FormData()
    form.append('field', 'value ü')
    form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }))
    const { body, contentType } = extractBody(form)
    form.append('late', 'not sent')
    const first = await read(body)
    expect(await read(body)).toBe(first)
    const parsed = await new Response(first, {
      headers: { 'content-type': contentType as string },
    }).formData()
    expect([...parsed.keys()]).toEqual(['field', 'file'])
    expect(parsed.get('field')).toBe('value ü')
    expect(await (parsed.get('file') as File).text()).toBe('content')
  })

  test.each<[string, unknown, string]>([
    ['a plain object', { a: 1 }, 'Object'],
    ['a class instance', new Date(0), 'Date'],
    ['an object without a class', Object.create(null), 'object'],
    ['a number', 5, 'number'],
    ['a boolean', true, 'boolean'],
    ['a SharedArrayBuffer', new SharedArrayBuffer(1), 'SharedArrayBuffer'],
    ['a view of one', new Uint8Array(new SharedArrayBuffer(1)), 'SharedArrayBuffer'],
  ])('refuses %s, naming its type', (_, input, word) => {
    expect(() => extractBody(input as BodyInput)).toThrow(refused)
    expect(() => extractBody(input as BodyInput)).toThrow(word)
  })

  test('refuses a stream that is locked or was read from, at once', async () => {
    const locked = webStream('a')
    locked.getReader()
    const read = webStream('a')
    const reader = read.getReader()
    await reader.read()
    reader.releaseLock()
    const node = Readable.from(['a'])
    await node[Symbol.asyncIterator]().next()
    for (const stream of [locked, read, node]) expect(() => extractBody(stream)).toThrow(refused)
  })
})

test('a web stream that is given up is cancelled at once, with the reason of the signal', async () => {
  for (const reason of [{ my: 'reason' }, undefined]) {
    const cancelled: unknown[] = []
    const stream = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel: (given) => {
        cancelled.push(given)
      },
    })
    const controller = new AbortController()
    const { body } = extractFetchBody(stream, controller.signal)
    if (body.kind !== 'stream') throw new Error('expected a stream')
    const source = body.open()
    const waiting = source.next()
    if (reason !== undefined) controller.abort(reason)
    await source.return?.()
    expect(cancelled).toEqual([reason])
    expect((await waiting).done).toBe(true)
  }
})

describe('extractFetchBody copies', () => {
  test('bytes are the caller’s to change as soon as the call returned', async () => {
    for (const make of [(b: Uint8Array<ArrayBuffer>) => b, (b: Uint8Array<ArrayBuffer>) => b.buffer]) {
      const bytes = new Uint8Array([0x61])
      const { body } = extractFetchBody(make(bytes))
      bytes[0] = 0x62
      expect(await read(body)).toBe('a')
    }
  })
})

describe('extractFetchBody sends as text what is of no kind', () => {
  test.each<[string, unknown, string]>([
    ['a number', 42, '42'],
    ['false', false, 'false'],
    ['an object', {}, '[object Object]'],
    ['a list', ['a', 'b'], 'a,b'],
    ['a String', new String('x'), 'x'],
    ['what has a toString', { toString: () => 'mine' }, 'mine'],
    ['a Map', new Map([['a', 'b']]), '[object Map]'],
  ])('%s', async (_, input, text) => {
    const extracted = extractFetchBody(input)
    expect(await read(extracted.body)).toBe(text)
    expect(extracted).toMatchObject({ length: text.length, contentType: 'text/plain;charset=UTF-8' })
  })

  test('buffers of another realm are bytes', async () => {
    const { Bytes, Shared } = runInNewContext('({ Bytes: Uint8Array, Shared: SharedArrayBuffer })')
    const view = new Bytes([1, 2, 3])
    for (const input of [view, view.buffer, new DataView(view.buffer)])
      expect(extractFetchBody(input)).toMatchObject({ length: 3, contentType: null })
    for (const input of [new Shared(1), new Bytes(new Shared(1))])
      expect(() => extractFetchBody(input)).toThrow('SharedArrayBuffer')
  })

  test('but not a symbol, shared memory, or what throws when asked', () => {
    for (const input of [Symbol('x'), new SharedArrayBuffer(1), Object.create(null)])
      expect(() => extractFetchBody(input)).toThrow()
  })

  test('a detached buffer has no bytes', async () => {
    const buffer = new ArrayBuffer(4)
    const view = new Uint8Array(buffer)
    const data = new DataView(buffer)
    structuredClone(buffer, { transfer: [buffer] })
    for (const input of [buffer, view, data]) expect(extractFetchBody(input).length).toBe(0)
  })
})
