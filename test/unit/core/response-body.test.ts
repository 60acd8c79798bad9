import { describe, expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK, BodyQueue, type BodySource } from '../../../src/core/body-queue.ts'
import { ResponseBody } from '../../../src/core/response-body.ts'

class Source implements BodySource {
  readonly calls: string[] = []
  pause = () => void this.calls.push('pause')
  resume = () => void this.calls.push('resume')
  cancel = () => void this.calls.push('cancel')
}

function setUp() {
  const source = new Source()
  const queue = new BodyQueue(source)
  return { source, queue, body: new ResponseBody(queue) }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const failure = new Error('cut off')

describe('ResponseBody', () => {
  test('bytes, text and json read the whole', async () => {
    const make = (text: string) => {
      const { queue, body } = setUp()
      for (const byte of bytes(text)) queue.push(new Uint8Array([byte]))
      queue.end(null)
      return body
    }
    expect(await make('{"a":"é"}').bytes()).toEqual(Buffer.from('{"a":"é"}'))
    expect(await make('é€😀').text()).toBe('é€😀')
    expect(await make('\ufeffx').text()).toBe('x')
    expect(await make('{"a":"é"}').json()).toEqual({ a: 'é' })
    await expect(make('{').json()).rejects.toBeInstanceOf(SyntaxError)
    await expect(make('').json()).rejects.toBeInstanceOf(SyntaxError)
  })

  test('is used from the first read on, and can be read once by any method', async () => {
    const { queue, body } = setUp()
    expect(body.used).toBe(false)
    const text = body.text()
    expect(body.used).toBe(true)
    const used = { code: 'ERR_TRUNKLINE_BODY_USED', processed: 'yes', phase: 'body' }
    await expect(body.bytes()).rejects.toMatchObject(used)
    await expect(body.text()).rejects.toMatchObject(used)
    await expect(body.json()).rejects.toMatchObject(used)
    await expect(body.discard()).rejects.toMatchObject(used)
    await expect(body[Symbol.asyncIterator]().next()).rejects.toMatchObject(used)
    expect(() => body.stream()).toThrow(expect.objectContaining(used))
    queue.end(null)
    expect(await text).toBe('')
  })

  test('for await reads chunk by chunk', async () => {
    const { queue, body } = setUp()
    queue.push(bytes('a'))
    queue.push(bytes('b'))
    queue.end(null)
    const chunks: string[] = []
    for await (const chunk of body) chunks.push(Buffer.from(chunk).toString())
    expect(chunks).toEqual(['a', 'b'])
  })

  test('leaving for await early cancels; leaving it at the end does not', async () => {
    const { source, queue, body } = setUp()
    queue.push(bytes('a'))
    for await (const _ of body) break
    expect(source.calls).toEqual(['cancel'])
    const whole = setUp()
    whole.queue.push(bytes('a'))
    whole.queue.end(null)
    for await (const _ of whole.body) break
    expect(whole.source.calls).toEqual([])
  })

  test('for await throws the failure, behind the bytes that came before it', async () => {
    const { source, queue, body } = setUp()
    queue.push(bytes('a'))
    queue.fail(failure)
    const iterator = body[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual(bytes('a'))
    await expect(iterator.next()).rejects.toBe(failure)
    expect(source.calls).toEqual([])
  })

  test('an iterator that is returned before its first step leaves the body unread', async () => {
    const { source, queue, body } = setUp()
    await body[Symbol.asyncIterator]().return()
    expect(body.used).toBe(false)
    expect(source.calls).toEqual([])
    queue.end(null)
    expect(await body.text()).toBe('')
  })

  test('discard reads to the end', async () => {
    const { queue, body, source } = setUp()
    const done = body.discard()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
    queue.end(null)
    await done
    expect(source.calls).not.toContain('cancel')
  })

  test('cancel without a reason is an AbortError, and uses the body up', async () => {
    const { source, queue, body } = setUp()
    body.cancel()
    expect(source.calls).toEqual(['cancel'])
    expect(queue.error).toMatchObject({ name: 'AbortError' })
    expect(body.used).toBe(true)
    await expect(body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_USED' })
  })

  test('settled and whenSettled tell the end, and the error if there was one', () => {
    const { queue, body } = setUp()
    const seen: unknown[] = []
    body.whenSettled((error) => seen.push(error))
    expect(body.settled).toBe(false)
    queue.fail(failure)
    expect(body.settled).toBe(true)
    expect(seen).toEqual([failure])
  })

  test('trailers come with the end, are empty if there are none, and reject as the body does', async () => {
    const ended = setUp()
    const trailers = ended.body.trailers()
    ended.queue.end(['grpc-status', '0'])
    expect(await trailers).toEqual(['grpc-status', '0'])
    expect(ended.body.used).toBe(false)
    const bare = setUp()
    bare.queue.end(null)
    expect(await bare.body.trailers()).toEqual([])
    const failed = setUp()
    failed.queue.fail(failure)
    await expect(failed.body.trailers()).rejects.toBe(failure)
    const aborted = setUp()
    aborted.queue.fail(null)
    await expect(aborted.body.trailers()).rejects.toBeNull()
  })
})

describe('ResponseBody.stream', () => {
  test('is a byte stream of the chunks, and closes at the end', async () => {
    const { queue, body } = setUp()
    queue.push(bytes('a'))
    queue.push(bytes('b'))
    queue.end(null)
    expect(await new Response(body.stream()).text()).toBe('ab')
  })

  test('reads nothing before it is asked', async () => {
    const { queue, body } = setUp()
    queue.push(bytes('a'))
    const stream = body.stream()
    await new Promise(setImmediate)
    expect(queue.buffered).toBe(1)
    const { value } = await stream.getReader().read()
    expect(value).toEqual(bytes('a'))
    expect(queue.buffered).toBe(0)
  })

  test('leaves the slab alone that a chunk shares with others', async () => {
    const { queue, body } = setUp()
    const slab = new Uint8Array([1, 2, 3, 4])
    queue.push(slab.subarray(1, 3))
    const { value } = await body.stream().getReader().read()
    expect([...(value as Uint8Array)]).toEqual([2, 3])
    expect([...slab]).toEqual([1, 2, 3, 4])
  })

  test('fills a buffer of the reader, and closes it at the end', async () => {
    const { queue, body } = setUp()
    queue.push(bytes('abc'))
    queue.end(null)
    const reader = body.stream().getReader({ mode: 'byob' })
    expect(Buffer.from((await reader.read(new Uint8Array(2))).value as Uint8Array).toString()).toBe('ab')
    expect(Buffer.from((await reader.read(new Uint8Array(2))).value as Uint8Array).toString()).toBe('c')
    expect((await reader.read(new Uint8Array(2))).done).toBe(true)
  })

  test('fails as the body does', async () => {
    const { queue, body } = setUp()
    const reader = body.stream().getReader()
    const read = reader.read()
    queue.fail(failure)
    await expect(read).rejects.toBe(failure)
  })

  test('its cancel is the body’s', async () => {
    const { source, queue, body } = setUp()
    await body.stream().cancel(failure)
    expect(source.calls).toEqual(['cancel'])
    expect(queue.error).toBe(failure)
  })
})
