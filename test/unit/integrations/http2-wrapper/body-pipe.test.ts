import { describe, expect, test } from 'vitest'
import { BodyPipe } from '../../../../src/integrations/http2-wrapper/body-pipe.ts'

const KIB64 = 64 * 1024

describe('BodyPipe', () => {
  test('a body that has ended is bytes, and can be sent again; none is null', () => {
    const pipe = new BodyPipe()
    pipe.push(Buffer.from('a'))
    pipe.push(Buffer.from('b'))
    pipe.end()
    expect(pipe.body()).toEqual({ kind: 'bytes', bytes: Buffer.from('ab') })
    const empty = new BodyPipe()
    empty.end()
    expect(empty.body()).toBeNull()
  })

  test('one that goes on is a stream', async () => {
    const pipe = new BodyPipe()
    const body = pipe.body()
    expect(body).toMatchObject({ kind: 'stream', replayable: false })
    const chunks = body?.kind === 'stream' ? body.open() : null
    const first = chunks?.next()
    pipe.push(Buffer.from('late'))
    expect((await first)?.value).toEqual(Buffer.from('late'))
    pipe.end()
    expect(await chunks?.next()).toMatchObject({ done: true })
  })

  test('the writer waits when 64 KiB are unread, and goes on when half of it is', async () => {
    const pipe = new BodyPipe()
    const released: number[] = []
    for (let index = 0; index < 3; index += 1) {
      pipe.push(new Uint8Array(KIB64 / 2))
      pipe.whenRoom(() => released.push(index))
    }
    expect(released).toEqual([0])
    const chunks = pipe[Symbol.asyncIterator]()
    await chunks.next()
    expect(released).toEqual([0])
    await chunks.next()
    await chunks.next()
    expect(released).toEqual([0, 1, 2])
  })

  test('a reader that has gone lets the writer write into the void', async () => {
    const pipe = new BodyPipe()
    let released = 0
    pipe.push(new Uint8Array(KIB64))
    pipe.whenRoom(() => {
      released += 1
    })
    await pipe[Symbol.asyncIterator]().return?.()
    expect(released).toBe(1)
    pipe.push(new Uint8Array(KIB64))
    expect(pipe.empty).toBe(true)
  })

  test('a writer that has gone fails the reader, and is not held', async () => {
    const pipe = new BodyPipe()
    const next = pipe[Symbol.asyncIterator]().next()
    const reason = new Error('gone')
    pipe.fail(reason)
    await expect(next).rejects.toBe(reason)
  })
})
