import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { ClientResponse } from '../../../src/core/dispatch.ts'
import { ACCEPTED_CODINGS, createDecompress } from '../../../src/interceptors/decompress.ts'
import { clientRequest, clientResponse, openResponse, scripted } from '../fakes/exchange.ts'

const TEXT = 'some text that compresses well, '.repeat(2000)
const ENCODE: Record<string, (data: zlib.InputType) => Buffer> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
}
// Node 22 has no sound zstd; there it is neither asked for nor undone.
const codings = Object.keys(ENCODE).filter((coding) => coding !== 'zstd' || ACCEPTED_CODINGS.includes('zstd'))
const encode = (coding: string, data: zlib.InputType) => (ENCODE[coding] as (typeof ENCODE)[string])(data)

async function through(
  response: ClientResponse,
  part = {},
  limit = Number.POSITIVE_INFINITY,
): Promise<ClientResponse> {
  return createDecompress({ responseBody: limit })(scripted(response).dispatch)(clientRequest(part))
}

const decoded = (coding: string, body: Uint8Array) =>
  through(clientResponse(200, ['content-encoding', coding], body))

describe('codings', () => {
  test.each(codings)('%s is undone', async (coding) => {
    expect(await (await decoded(coding, encode(coding, TEXT))).body.text()).toBe(TEXT)
  })

  test('all that are asked for are known', async () => {
    for (const coding of ACCEPTED_CODINGS.split(', ')) expect(codings).toContain(coding)
  })

  test('raw deflate, as some servers send it, is undone as the platform does', async () => {
    expect(await (await decoded('deflate', zlib.deflateRawSync(TEXT))).body.text()).toBe(TEXT)
  })

  test('names are case-insensitive, and spaces and identity do not count', async () => {
    expect(await (await decoded(' GZIP , identity,', encode('gzip', TEXT))).body.text()).toBe(TEXT)
  })

  test('stacked ones are undone, last applied first, also over several fields', async () => {
    const body = encode('br', encode('deflate', encode('gzip', TEXT)))
    expect(await (await decoded('gzip, deflate, br', body)).body.text()).toBe(TEXT)
    const fields = ['content-encoding', 'gzip', 'x', '1', 'content-encoding', 'deflate, br']
    expect(await (await through(clientResponse(200, fields, body))).body.text()).toBe(TEXT)
  })

  test('five may be stacked, six may not: the body is cancelled', async () => {
    let body: Uint8Array = Buffer.from(TEXT)
    for (let count = 0; count < 5; count += 1) body = encode('gzip', body)
    const stack = (count: number) => Array.from({ length: count }, () => 'gzip').join(', ')
    expect(await (await decoded(stack(5), body)).body.text()).toBe(TEXT)
    const six = openResponse(200, ['content-encoding', stack(6)])
    await expect(through(six.response)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_DECODE_FAILED',
      processed: 'yes',
      message: expect.stringContaining('6 content codings'),
    })
    expect(six.log.cancelled).toBe(1)
  })

  test.each(['compress', 'gzip, compress', 'unknown', '__proto__', 'constructor'])(
    'with %s, which nobody knows, the bytes pass as they are',
    async (coding) => {
      const response = clientResponse(200, ['content-encoding', coding], TEXT)
      expect(await through(response)).toBe(response)
    },
  )
})

describe('left alone', () => {
  const gzipped = (status = 200) => clientResponse(status, ['content-encoding', 'gzip'], encode('gzip', TEXT))

  test.each<[string, ClientResponse, object]>([
    ['a response without a coding', clientResponse(200, [], TEXT), {}],
    ['an empty coding', clientResponse(200, ['content-encoding', ''], TEXT), {}],
    ['identity', clientResponse(200, ['content-encoding', 'identity'], TEXT), {}],
    ['a request that does not want it', gzipped(), { decompress: false }],
    ['HEAD', gzipped(), { method: 'HEAD' }],
    ['204', gzipped(204), {}],
    ['304', gzipped(304), {}],
  ])('%s', async (_, response, part) => {
    expect(await through(response, part)).toBe(response)
  })

  test('all of the response but its body, the fields included', async () => {
    const response = clientResponse(
      206,
      ['content-encoding', 'gzip', 'content-length', '9'],
      encode('gzip', 'x'),
    )
    const result = await through(response)
    expect(result).toMatchObject({
      status: 206,
      headers: response.headers,
      url: response.url,
      connectionId: 1,
    })
    expect(result.timings).toBe(response.timings)
  })
})

describe('broken bodies', () => {
  test.each(codings)('%s that is none fails', async (coding) => {
    const { body } = await decoded(coding, Buffer.from('this is not compressed at all'))
    await expect(body.bytes()).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_DECODE_FAILED',
      processed: 'yes',
      phase: 'body',
      origin: 'https://example.test',
      cause: expect.any(Error),
    })
  })

  test.each(codings)('%s that is cut off never looks complete', async (coding) => {
    const whole = encode(coding, TEXT)
    for (const length of [whole.length - 1, Math.floor(whole.length / 2), 5]) {
      const { body } = await decoded(coding, whole.subarray(0, length))
      await expect(body.bytes()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_DECODE_FAILED' })
    }
  })

  test.each(codings)('%s of nothing at all is an empty body', async (coding) => {
    expect((await (await decoded(coding, new Uint8Array(0))).body.bytes()).length).toBe(0)
  })

  test.each(codings)('%s with much behind its end comes to an end', async (coding) => {
    const garbage = Buffer.alloc(500_000, 7)
    const { response, queue } = openResponse(200, ['content-encoding', coding])
    const { body } = await through(response)
    const outcome = body.bytes().then(
      (bytes) => Buffer.from(bytes).toString() === TEXT,
      (error) => error.code === 'ERR_TRUNKLINE_DECODE_FAILED',
    )
    queue.push(encode(coding, TEXT))
    for (let count = 0; count < 5; count += 1) queue.push(garbage)
    queue.end(null)
    expect(await outcome).toBe(true)
  })

  test('a body that breaks off for its own reason fails for that reason', async () => {
    const lost = new Error('connection lost')
    const { response, queue } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response)
    const bytes = body.bytes()
    queue.push(encode('gzip', TEXT).subarray(0, 50))
    queue.fail(lost)
    await expect(bytes).rejects.toBe(lost)
  })

  test('a failed decoder cancels what is still coming', async () => {
    const { response, queue, log } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response)
    const bytes = body.bytes()
    queue.push(Buffer.from('not gzip'))
    await expect(bytes).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_DECODE_FAILED' })
    expect(log.cancelled).toBe(1)
  })
})

describe('a limit', () => {
  const gzipped = (text: string) => clientResponse(200, ['content-encoding', 'gzip'], encode('gzip', text))

  test('lets through what is as long as it', async () => {
    const { body } = await through(gzipped('12345'), {}, 5)
    expect(await body.text()).toBe('12345')
  })

  test('of the decoded body: more fails, and the rest is not wanted', async () => {
    const { response, queue, log } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response, {}, 100_000)
    const bytes = body.bytes()
    queue.push(zlib.gzipSync(Buffer.alloc(10_000_000)))
    await expect(bytes).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_BODY_TOO_LARGE',
      processed: 'yes',
      phase: 'body',
    })
    expect(log.cancelled).toBe(1)
  })
})

describe('flow', () => {
  test('text comes as soon as the server flushed it, not only at the end', async () => {
    const { response, queue } = openResponse(200, ['content-encoding', 'gzip'])
    const iterator = (await through(response)).body[Symbol.asyncIterator]()
    const gzip = zlib.createGzip()
    gzip.on('data', (chunk) => queue.push(chunk))
    gzip.write('first')
    gzip.flush()
    expect(Buffer.from((await iterator.next()).value as Uint8Array).toString()).toBe('first')
    await iterator.return()
  })

  test('a small body that becomes a huge one is held back while nobody reads', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(100_000_000))
    const { response, queue } = openResponse(200, ['content-encoding', 'gzip'])
    const iterator = (await through(response)).body[Symbol.asyncIterator]()
    const before = process.memoryUsage().arrayBuffers
    queue.push(bomb)
    await iterator.next()
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
    await iterator.return()
  })

  test('a reader who stops makes the server stop, and go on with him', async () => {
    const noise = zlib.gzipSync(randomBytes(2_000_000))
    const { response, queue, log } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response)
    let at = 0
    const pushWhileWanted = () => {
      for (; at < noise.length && !log.paused; at += 65_536) queue.push(noise.subarray(at, at + 65_536))
      if (at >= noise.length) queue.end(null)
    }
    // Long enough for all of it to be decoded, if anybody wanted it.
    for (let round = 0; round < 4; round += 1) {
      pushWhileWanted()
      await (await decoded('gzip', noise)).body.discard()
    }
    expect(log.paused).toBe(true)
    expect(at).toBeLessThan(1_500_000)
    log.onResume = () => queueMicrotask(pushWhileWanted)
    expect((await body.bytes()).length).toBe(2_000_000)
  })

  test('cancelling it cancels what comes over the wire', async () => {
    const { response, log } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response)
    body.cancel()
    await new Promise(setImmediate)
    expect(log.cancelled).toBe(1)
  })

  test('trailers come through', async () => {
    const { response, queue } = openResponse(200, ['content-encoding', 'gzip'])
    const { body } = await through(response)
    queue.push(encode('gzip', TEXT))
    queue.end(['checksum', '1'])
    await body.discard()
    expect(await body.trailers()).toEqual(['checksum', '1'])
  })
})
