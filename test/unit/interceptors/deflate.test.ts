import * as zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createDeflateDecoder } from '../../../src/interceptors/deflate.ts'

const TEXT = 'a text that is worth compressing, '.repeat(10_000)

async function decode(encoded: Uint8Array, chunkSize = encoded.length): Promise<string> {
  const decoder = createDeflateDecoder()
  const output: Buffer[] = []
  decoder.on('data', (chunk: Buffer) => output.push(chunk))
  const done = new Promise<void>((resolve, reject) => {
    decoder.on('end', resolve)
    decoder.on('error', reject)
  })
  for (let at = 0; at < encoded.length; at += chunkSize) decoder.write(encoded.subarray(at, at + chunkSize))
  decoder.end()
  await done
  return Buffer.concat(output).toString()
}

describe('createDeflateDecoder', () => {
  test.each([
    ['the zlib format', zlib.deflateSync(TEXT)],
    ['bare deflate', zlib.deflateRawSync(TEXT)],
    ['bare deflate without compression', zlib.deflateRawSync(TEXT, { level: 0 })],
  ])('decodes %s, whole and byte by byte', async (_, encoded) => {
    expect(await decode(encoded)).toBe(TEXT)
    expect(await decode(encoded.subarray(0), 1000)).toBe(TEXT)
    expect(await decode(zlib.deflateSync('x'), 1)).toBe('x')
  })

  test('nothing is nothing', async () => {
    expect(await decode(new Uint8Array(0))).toBe('')
  })

  test.each([
    ['cut off', zlib.deflateSync(TEXT).subarray(0, 100)],
    ['cut off, bare', zlib.deflateRawSync(TEXT).subarray(0, 100)],
    ['no deflate at all', Buffer.from('hello, this is plain')],
  ])('fails when it is %s', async (_, encoded) => {
    await expect(decode(encoded)).rejects.toBeInstanceOf(Error)
  })

  test('holds the output back while nobody reads', async () => {
    const decoder = createDeflateDecoder()
    decoder.end(zlib.deflateSync(Buffer.alloc(5_000_000)))
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => decoder.once('readable', resolve))
    expect(decoder.readableLength).toBeLessThan(500_000)
    let length = 0
    for await (const chunk of decoder) length += (chunk as Buffer).length
    expect(length).toBe(5_000_000)
  })
})
