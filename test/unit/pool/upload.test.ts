import { describe, expect, test } from 'vitest'
import type { ClientError } from '../../../src/core/errors.ts'
import { bytesBody, oneShotBody, type RequestBody, replayableBody } from '../../../src/core/request-body.ts'
import { Upload, type UploadOptions } from '../../../src/pool/upload.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { textBody } from '../fakes/exchange.ts'
import { Guest, HEAD } from '../fakes/pools.ts'
import { FakeExchange } from '../fakes/wire.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function setUp(body: RequestBody, part: Partial<UploadOptions> = {}) {
  const exchange = new FakeExchange(1, HEAD, 'data', new Guest(), () => {})
  const failures: ClientError[] = []
  const upload = new Upload(exchange, {
    body,
    declared: null,
    trailers: null,
    origin: 'https://example.test',
    clock: new FakeClock(1000),
    sentAt: 900,
    onFailed: (error) => failures.push(error),
    ...part,
  })
  return { exchange, failures, upload }
}

/** A source that yields what it is given, one by one, and knows whether it was let go. */
class Source {
  readonly given: string[] = []
  returned = 0
  pulls = 0
  #next = Promise.withResolvers<IteratorResult<string>>();

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: () => {
        this.pulls += 1
        return this.#next.promise
      },
      return: async () => {
        this.returned += 1
        return { done: true, value: undefined }
      },
    }
  }

  async give(value: string): Promise<void> {
    this.#settle({ done: false, value })
    await turn()
  }

  async end(): Promise<void> {
    this.#settle({ done: true, value: undefined })
    await turn()
  }

  async fail(error: unknown): Promise<void> {
    this.#next.reject(error)
    await turn()
  }

  #settle(step: IteratorResult<string>): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve(step)
  }
}

describe('bytes', () => {
  test('go out whole, in the very call', () => {
    const { exchange, upload } = setUp(textBody('hello'))
    upload.start()
    expect(exchange).toMatchObject({ body: 'hello', ended: true, trailers: undefined })
  })

  test('an empty body ends', () => {
    const { exchange, upload } = setUp(textBody(''))
    upload.start()
    expect(exchange).toMatchObject({ body: '', ended: true })
  })

  test('that are many go out in pieces, as the peer takes them, whole in the end', async () => {
    const bytes = Uint8Array.from({ length: 3_600_000 }, (_, index) => index % 251)
    const { exchange, upload } = setUp(bytesBody(bytes), { declared: bytes.length })
    exchange.writable = false
    upload.start()
    const sent: number[] = []
    for (let count = 0; count < 10 && !exchange.ended; count += 1) {
      await turn()
      sent.push(upload.sent)
      upload.onDrain()
    }
    expect(sent.slice(0, 3)).toEqual([1_048_576, 2_097_152, 3_145_728])
    expect(Buffer.concat(exchange.written).equals(bytes)).toBe(true)
    expect(exchange.ended).toBe(true)
  })

  test('that are as many as declared pass', () => {
    const { exchange, failures, upload } = setUp(textBody('hello'), { declared: 5 })
    upload.start()
    expect(exchange.ended).toBe(true)
    expect(failures).toEqual([])
  })

  test.each([
    ['more', 6, 'only 5 bytes'],
    ['fewer', 4, '5 bytes'],
  ])('that are not as many as declared (%s) never go out', async (_, declared, words) => {
    for (const trailers of [null, () => []]) {
      const { exchange, failures, upload } = setUp(textBody('hello'), { declared, trailers })
      upload.start()
      await turn()
      expect(exchange.ended).toBe(false)
      expect(failures).toMatchObject([{ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED', phase: 'headers' }])
      expect(failures[0]?.message).toContain(words)
      expect(failures[0]?.message).toContain(`content-length says ${declared}`)
    }
  })
})

describe('streams', () => {
  test('go out chunk by chunk, and end', async () => {
    const source = new Source()
    const { exchange, upload } = setUp(oneShotBody(source))
    upload.start()
    await source.give('one, ')
    expect(exchange).toMatchObject({ body: 'one, ', ended: false })
    await source.give('two')
    await source.end()
    expect(exchange).toMatchObject({ body: 'one, two', ended: true })
    expect(source.returned).toBe(0)
  })

  test('are not pulled from while the peer takes no more', async () => {
    const source = new Source()
    const { exchange, upload } = setUp(oneShotBody(source))
    upload.start()
    exchange.writable = false
    await source.give('one')
    expect(source.pulls).toBe(1)
    exchange.writable = true
    upload.onDrain()
    await turn()
    expect(source.pulls).toBe(2)
    await source.give('two')
    await source.end()
    expect(exchange).toMatchObject({ body: 'onetwo', ended: true })
  })

  test('a drain that nobody waits for is harmless, and does not count for later', async () => {
    const source = new Source()
    const { exchange, upload } = setUp(oneShotBody(source))
    upload.start()
    upload.onDrain()
    exchange.writable = false
    await source.give('one')
    expect(source.pulls).toBe(1)
  })

  test('empty chunks are not written', async () => {
    const source = new Source()
    const { exchange, upload } = setUp(oneShotBody(source))
    upload.start()
    await source.give('')
    await source.give('x')
    expect(exchange.written.length).toBe(1)
  })

  test('a factory is called once for each upload', async () => {
    let made = 0
    const body = replayableBody(null, () => {
      made += 1
      return ['x']
    })
    for (let count = 0; count < 2; count += 1) {
      const { exchange, upload } = setUp(body)
      upload.start()
      await turn()
      expect(exchange).toMatchObject({ body: 'x', ended: true })
    }
    expect(made).toBe(2)
  })

  test('one that gives more than declared is stopped before the surplus goes out', async () => {
    const source = new Source()
    const { exchange, failures, upload } = setUp(oneShotBody(source), { declared: 5 })
    upload.start()
    await source.give('1234')
    await source.give('56')
    expect(exchange).toMatchObject({ body: '1234', ended: false })
    expect(failures.length).toBe(1)
    expect(failures[0]?.message).toContain('6 bytes, but content-length says 5')
    expect(source.returned).toBe(1)
  })

  test('one that gives less fails at its end', async () => {
    const source = new Source()
    const { exchange, failures, upload } = setUp(oneShotBody(source), { declared: 5 })
    upload.start()
    await source.give('1234')
    await source.end()
    expect(exchange.ended).toBe(false)
    expect(failures[0]?.message).toContain('only 4 bytes')
  })

  test('one that fails ends the exchange by failure, its own error the cause', async () => {
    const source = new Source()
    const { exchange, failures, upload } = setUp(oneShotBody(source))
    upload.start()
    const cause = new Error('disk on fire')
    await source.give('x')
    await source.fail(cause)
    expect(failures).toMatchObject([{ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED', processed: 'maybe', cause }])
    expect(failures[0]?.message).toContain('disk on fire')
    expect(exchange.ended).toBe(false)
  })

  test.each([
    ['gives what is no bytes', () => [5], 'type number'],
    [
      'throws what is no Error',
      async function* () {
        yield 'a'
        throw 'just text'
      },
      'just text',
    ],
    [
      'cannot even be opened',
      () => {
        throw new Error('no such file')
      },
      'no such file',
    ],
  ])('a source that %s', async (_, open, words) => {
    const { failures, upload } = setUp(replayableBody(null, open as () => Iterable<unknown>))
    upload.start()
    await turn()
    expect(failures).toMatchObject([{ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED' }])
    expect(failures[0]?.message).toContain(words)
  })
})

describe('trailers', () => {
  test('are asked for when the body is out, and end it', async () => {
    const source = new Source()
    let asked = 0
    const trailers = async () => {
      asked += 1
      return ['checksum', 'abc']
    }
    const { exchange, upload } = setUp(oneShotBody(source), { trailers })
    upload.start()
    await source.give('x')
    expect(asked).toBe(0)
    await source.end()
    expect(exchange).toMatchObject({ ended: true, trailers: ['checksum', 'abc'] })
  })

  test('come behind bytes as well', async () => {
    const { exchange, upload } = setUp(textBody('x'), { trailers: () => ['a', '1'] })
    upload.start()
    await turn()
    expect(exchange).toMatchObject({ body: 'x', ended: true, trailers: ['a', '1'] })
  })

  test('that cannot be made fail the request', async () => {
    const trailers = () => Promise.reject(new Error('no checksum'))
    const { exchange, failures, upload } = setUp(textBody('x'), { trailers })
    upload.start()
    await turn()
    expect(exchange.ended).toBe(false)
    expect(failures[0]?.message).toContain('no checksum')
  })
})

describe('stop', () => {
  test('lets the source go, once, and nothing is written any more', async () => {
    const source = new Source()
    const { exchange, failures, upload } = setUp(oneShotBody(source))
    upload.start()
    await source.give('x')
    upload.stop()
    upload.stop()
    expect(source.returned).toBe(1)
    await source.give('y')
    await source.end()
    expect(exchange).toMatchObject({ body: 'x', ended: false })
    expect(failures).toEqual([])
  })

  test('wakes an upload that waits for the peer', async () => {
    const source = new Source()
    const { exchange, upload } = setUp(oneShotBody(source))
    upload.start()
    exchange.writable = false
    await source.give('x')
    upload.stop()
    await turn()
    expect(source.returned).toBe(1)
    expect(source.pulls).toBe(1)
    expect(exchange.ended).toBe(false)
  })

  test('makes a failure of the source nobody’s concern', async () => {
    const source = new Source()
    const { failures, upload } = setUp(oneShotBody(source))
    upload.start()
    upload.stop()
    await source.fail(new Error('late'))
    expect(failures).toEqual([])
  })

  test('a source whose return fails disturbs nobody', async () => {
    const bad = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return: () => Promise.reject(new Error('bad return')),
      }),
    }
    const { upload } = setUp(oneShotBody(bad))
    upload.start()
    upload.stop()
    await turn()
  })

  test('while trailers are being made sends no end', async () => {
    const trailers = Promise.withResolvers<string[]>()
    const { exchange, upload } = setUp(textBody('x'), { trailers: () => trailers.promise })
    upload.start()
    await turn()
    expect(exchange.body).toBe('x')
    upload.stop()
    trailers.resolve(['a', '1'])
    await turn()
    expect(exchange.ended).toBe(false)
  })
})
