import { describe, expect, test } from 'vitest'
import type { RequestBody } from '../../../src/core/request-body.ts'
import { readAhead } from '../../../src/fetch/read-ahead.ts'

const streamOf = (body: ConstructorParameters<typeof Response>[0]) =>
  new Request('https://example.test/', { method: 'POST', body: body ?? '', duplex: 'half' })
    .body as ReadableStream<Uint8Array>

async function read(body: RequestBody): Promise<string> {
  if (body.kind === 'bytes') return Buffer.from(body.bytes).toString()
  let text = ''
  const source = body.open()
  for (let step = await source.next(); !step.done; step = await source.next())
    text += Buffer.from(step.value).toString()
  return text
}

describe('what is at hand comes as bytes', () => {
  const form = () => {
    const data = new FormData()
    data.append('a', '1')
    data.append('f', new Blob(['content']))
    return data
  }

  test.each<[string, () => ConstructorParameters<typeof Response>[0], string]>([
    ['a string', () => 'text', 'text'],
    ['the empty string', () => '', ''],
    ['a long string', () => 'x'.repeat(3_000_000), 'x'.repeat(3_000_000)],
    ['bytes', () => Buffer.from('ab'), 'ab'],
    ['URLSearchParams', () => new URLSearchParams({ a: '1' }), 'a=1'],
    ['a Blob', () => new Blob(['blob']), 'blob'],
  ])('%s', async (_, make, text) => {
    const body = await readAhead(streamOf(make()))
    expect(body.kind).toBe('bytes')
    expect(await read(body)).toBe(text)
  })

  test('a form with a file in memory', async () => {
    const body = await readAhead(streamOf(form()))
    expect(body.kind).toBe('bytes')
    expect(await read(body)).toContain('content')
  })
})

describe('what comes over time stays a stream', () => {
  test('that always has the next chunk at hand', async () => {
    let pulls = 0
    const endless = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          pulls += 1
          controller.enqueue(new Uint8Array(pulls % 2))
        },
      },
      { highWaterMark: 0 },
    )
    const body = await readAhead(endless)
    expect(body).toMatchObject({ kind: 'stream', replayable: false })
    expect(pulls).toBeLessThan(5000)
  })

  test('that waits', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = await readAhead(
      new ReadableStream({
        start(given) {
          controller = given
          given.enqueue(Buffer.from('a'))
        },
      }),
    )
    expect(body).toMatchObject({ kind: 'stream', length: null, replayable: false })
    controller?.enqueue(Buffer.from('b'))
    controller?.close()
    expect(await read(body)).toBe('ab')
  })

  test('that never ends', async () => {
    let pulled = 0
    const body = await readAhead(
      new ReadableStream({
        pull(controller) {
          pulled += 1
          controller.enqueue(new Uint8Array(65_536))
        },
      }),
    )
    expect(body.kind).toBe('stream')
    expect(pulled).toBeLessThan(20)
  })

  test('that fails: whoever reads on is told', async () => {
    const body = await readAhead(
      new ReadableStream({
        pull() {
          throw new Error('mine')
        },
      }),
    )
    await expect(read(body)).rejects.toThrow('mine')
  })

  test('that is given up is cancelled', async () => {
    let cancelled = 0
    const body = await readAhead(
      new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('a')),
        cancel() {
          cancelled += 1
        },
      }),
    )
    if (body.kind !== 'stream') throw new Error('expected a stream')
    const source = body.open()
    await source.next()
    await source.return?.()
    expect(cancelled).toBe(1)
  })
})
