import { describe, expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK, BodyQueue, type BodySource } from '../../../src/core/body-queue.ts'

class Source implements BodySource {
  readonly calls: string[] = []
  pause = () => void this.calls.push('pause')
  resume = () => void this.calls.push('resume')
  cancel = () => void this.calls.push('cancel')
}

function setUp() {
  const source = new Source()
  const queue = new BodyQueue(source)
  return { source, queue }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const failure = new Error('cut off')

describe('BodyQueue: reading', () => {
  test('gives chunks in order, then null', async () => {
    const { queue } = setUp()
    queue.push(bytes('a'))
    queue.push(bytes('b'))
    queue.end(null)
    expect([await queue.read(), await queue.read(), await queue.read(), await queue.read()]).toEqual([
      bytes('a'),
      bytes('b'),
      null,
      null,
    ])
  })

  test('a reader who waits gets the next chunk, the end, or the failure', async () => {
    const { queue } = setUp()
    const chunk = queue.read()
    queue.push(bytes('a'))
    expect(await chunk).toEqual(bytes('a'))
    expect(queue.buffered).toBe(0)
    const end = queue.read()
    queue.end(null)
    expect(await end).toBeNull()
    const other = setUp().queue
    const failed = other.read()
    other.fail(failure)
    await expect(failed).rejects.toBe(failure)
  })

  test('bytes that came before a failure are read before it, and the failure again and again', async () => {
    const { queue } = setUp()
    queue.push(bytes('a'))
    queue.fail(failure)
    expect(await queue.read()).toEqual(bytes('a'))
    await expect(queue.read()).rejects.toBe(failure)
    await expect(queue.read()).rejects.toBe(failure)
    expect(queue.error).toBe(failure)
  })

  test('an empty chunk is not the end', async () => {
    const { queue } = setUp()
    const read = queue.read()
    queue.push(new Uint8Array(0))
    queue.push(bytes('a'))
    expect(await read).toEqual(bytes('a'))
  })

  test('the first outcome counts: nothing changes it, nothing is added', async () => {
    const { queue } = setUp()
    queue.end(['t', '1'])
    queue.fail(failure)
    queue.push(bytes('late'))
    queue.end(null)
    expect(await queue.read()).toBeNull()
    expect(queue.trailers).toEqual(['t', '1'])
    expect(queue.error).toBeUndefined()
  })
})

describe('BodyQueue: backpressure', () => {
  test('pauses exactly at the mark, once', () => {
    const { source, queue } = setUp()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK - 1))
    expect(source.calls).toEqual([])
    queue.push(new Uint8Array(1))
    expect(source.calls).toEqual(['pause'])
    queue.push(new Uint8Array(1))
    expect(source.calls).toEqual(['pause'])
  })

  test('resumes when less than half of the mark is left, once', async () => {
    const { source, queue } = setUp()
    const quarter = BODY_HIGH_WATER_MARK / 4
    for (let count = 0; count < 4; count += 1) queue.push(new Uint8Array(quarter))
    await queue.read()
    await queue.read()
    expect(queue.buffered).toBe(BODY_HIGH_WATER_MARK / 2)
    expect(source.calls).toEqual(['pause'])
    await queue.read()
    expect(source.calls).toEqual(['pause', 'resume'])
    await queue.read()
    expect(source.calls).toEqual(['pause', 'resume'])
  })

  test('pauses and resumes again and again', async () => {
    const { source, queue } = setUp()
    for (let round = 0; round < 3; round += 1) {
      queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
      await queue.read()
    }
    expect(source.calls).toEqual(['pause', 'resume', 'pause', 'resume', 'pause', 'resume'])
  })

  test('a chunk that a reader waits for does not count', () => {
    const { source, queue } = setUp()
    void queue.read()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK * 2))
    expect(source.calls).toEqual([])
  })

  test('a collector is never paused, and resumes what was', async () => {
    const { source, queue } = setUp()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
    const all = queue.collect((bytes) => bytes)
    expect(source.calls).toEqual(['pause', 'resume'])
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK * 3))
    expect(source.calls).toEqual(['pause', 'resume'])
    queue.end(null)
    expect((await all).length).toBe(BODY_HIGH_WATER_MARK * 4)
  })

  test('a source that has ended is not resumed', async () => {
    const { source, queue } = setUp()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
    queue.end(null)
    await queue.read()
    expect(source.calls).toEqual(['pause'])
  })
})

describe('BodyQueue: collecting', () => {
  test('joins what came before and after, in order', async () => {
    const { queue } = setUp()
    queue.push(bytes('a'))
    const all = queue.collect((bytes) => bytes)
    queue.push(bytes('b'))
    queue.push(bytes('c'))
    queue.end(null)
    expect(Buffer.from(await all).toString()).toBe('abc')
    expect(queue.buffered).toBe(0)
  })

  test('a single chunk is handed over without a copy, none is an empty array', async () => {
    const { queue } = setUp()
    const chunk = bytes('only')
    queue.push(chunk)
    queue.end(null)
    expect(await queue.collect((bytes) => bytes)).toBe(chunk)
    const empty = setUp().queue
    empty.end(null)
    expect((await empty.collect((bytes) => bytes)).length).toBe(0)
  })

  test('rejects alike when the failure was before and when it comes later', async () => {
    const before = setUp().queue
    before.push(bytes('a'))
    before.fail(failure)
    await expect(before.collect((bytes) => bytes)).rejects.toBe(failure)
    const later = setUp().queue
    const all = later.collect((bytes) => bytes)
    later.fail(failure)
    await expect(all).rejects.toBe(failure)
  })
})

describe('BodyQueue: giving up', () => {
  test('cancel drops what is buffered, tells the source once, and is the reason readers get', async () => {
    const { source, queue } = setUp()
    queue.push(bytes('a'))
    queue.cancel(failure)
    queue.cancel(new Error('again'))
    expect(source.calls).toEqual(['cancel'])
    expect(queue.buffered).toBe(0)
    await expect(queue.read()).rejects.toBe(failure)
  })

  test('cancel after the end drops the bytes and tells nobody', async () => {
    const { source, queue } = setUp()
    queue.push(bytes('a'))
    queue.end(null)
    queue.cancel(failure)
    expect(source.calls).toEqual([])
    expect(queue.buffered).toBe(0)
  })

  test('the source of a cancelled body ends first, and finds it settled', () => {
    const order: string[] = []
    const queue = new BodyQueue({
      pause() {},
      resume() {},
      cancel: () => order.push(`cancel ${queue.settled}`),
    })
    queue.whenSettled(() => order.push('settled'))
    queue.cancel(failure)
    expect(order).toEqual(['cancel true', 'settled'])
  })

  test('an abandoned queue is cancelled', async () => {
    const { source, queue } = setUp()
    queue.abandon()
    expect(source.calls).toEqual(['cancel'])
    await expect(queue.read()).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('a queue that somebody collects is not abandoned by the loss of its body object', async () => {
    const { source, queue } = setUp()
    const all = queue.collect((bytes) => bytes)
    queue.abandon()
    queue.push(bytes('a'))
    queue.end(null)
    expect(await all).toEqual(bytes('a'))
    expect(source.calls).toEqual([])
  })

  test('whenSettled runs once, in order, and at once when it is late', () => {
    const { queue } = setUp()
    const order: number[] = []
    queue.whenSettled(() => order.push(1))
    queue.whenSettled(() => order.push(2))
    expect(order).toEqual([])
    queue.end(null)
    queue.fail(failure)
    queue.whenSettled(() => order.push(3))
    expect(order).toEqual([1, 2, 3])
  })
})

describe('BodyQueue: readOwn', () => {
  const large = (fill: number) => new Uint8Array(40 * 1024).fill(fill)

  test('gives what has come in a buffer of its own, all of it', async () => {
    const { queue } = setUp()
    const shared = new Uint8Array([1, 2, 3, 4])
    queue.push(shared.subarray(0, 2))
    queue.push(shared.subarray(3))
    const own = await queue.readOwn()
    expect(own).toEqual(new Uint8Array([1, 2, 4]))
    expect(own?.buffer.byteLength).toBe(3)
    expect(queue.buffered).toBe(0)
    queue.end(null)
    expect(await queue.readOwn()).toBeNull()
  })

  test('gives a piece of a small body at once', async () => {
    const { queue } = setUp()
    const read = queue.readOwn()
    queue.push(bytes('a'))
    queue.push(bytes('b'))
    expect(await read).toEqual(bytes('a'))
    expect(await queue.readOwn()).toEqual(bytes('b'))
  })

  test('of a large body gathers what comes in one turn of the event loop', async () => {
    const { queue } = setUp()
    const read = queue.readOwn()
    queue.push(large(1))
    queue.push(bytes('tail'))
    expect((await read)?.length).toBe(40 * 1024 + 4)
  })

  test('but no more than 128 KiB and a chunk, and the source need not pause for that', async () => {
    const { queue, source } = setUp()
    const read = queue.readOwn()
    for (const fill of [1, 2, 3, 4, 5]) queue.push(large(fill))
    expect((await read)?.length).toBe(4 * 40 * 1024)
    expect((await queue.readOwn())?.[0]).toBe(5)
    expect(source.calls).toEqual([])
  })

  test('what was gathered comes before the end, or the failure', async () => {
    const { queue } = setUp()
    const read = queue.readOwn()
    queue.push(large(1))
    queue.fail(failure)
    expect((await read)?.length).toBe(40 * 1024)
    await expect(queue.readOwn()).rejects.toBe(failure)
  })

  test('a full queue lets its source go on', async () => {
    const { queue, source } = setUp()
    queue.push(new Uint8Array(BODY_HIGH_WATER_MARK))
    await queue.readOwn()
    expect(source.calls).toEqual(['pause', 'resume'])
  })
})
