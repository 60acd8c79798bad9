import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codedText } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

const coders = {
  gzip: gzipSync,
  deflate: deflateSync,
  // The default quality takes seconds for some megabytes.
  br: (data: string | Uint8Array) =>
    brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: zstdCompressSync,
} as const
type Coding = keyof typeof coders
/** Node 22 takes a zstd body that was cut off for a whole one: there zstd is neither asked for nor undone. */
const zstd = Number.parseInt(process.versions.node, 10) >= 24
const codings = (Object.keys(coders) as Coding[]).filter((coding) => zstd || coding !== 'zstd')

/** Answers with these bytes and this content-encoding; without a content-length unless told. */
function coded(bytes: Uint8Array, coding: string, length = false) {
  return bench.h2Server({
    handler: (_, response) => {
      response.writeHead(200, {
        'content-encoding': coding,
        ...(length ? { 'content-length': String(bytes.length) } : {}),
      })
      response.end(bytes)
    },
  })
}

describe.each(codings)('%s', (coding) => {
  test('is undone by fetch, over h2 and HTTP/1.1', async () => {
    for (const protocol of ['h2', 'http/1.1'] as const) {
      const server = await bench.server(protocol)
      const client = bench.client()
      const response = await client.fetch(`${server.origin}/${coding}`)
      expect(await response.text()).toBe(codedText)
    }
  })

  test('is left alone by request, unless decompress is set', async () => {
    const server = await coded(coders[coding]('hello'), coding)
    const client = bench.client()
    const raw = await client.request(server.origin)
    expect(Buffer.from(await raw.body.bytes())).toEqual(coders[coding]('hello'))
    const decoded = await client.request(server.origin, { decompress: true })
    expect(await decoded.body.text()).toBe('hello')
  })

  test('4 MB through a slow reader, in pieces: whole, and without a warning', async () => {
    const body = randomBytes(4_000_000)
    const server = await coded(coders[coding](body), coding)
    const client = bench.client()
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => warnings.push(name)
    process.on('warning', onWarning)
    const chunks: Uint8Array[] = []
    for await (const chunk of (await client.fetch(server.origin)).body ?? []) {
      chunks.push(chunk)
      await new Promise((resolve) => setImmediate(resolve))
    }
    process.off('warning', onWarning)
    expect(Buffer.concat(chunks).equals(body)).toBe(true)
    expect(warnings.filter((name) => name !== 'TrunklineWarning')).toEqual([])
  })

  test.each([1, 10, 0.5])('cut off (%d): an error, never a short success', async (cut) => {
    const whole = coders[coding](randomBytes(100_000))
    const kept = cut < 1 ? whole.subarray(0, whole.length * cut) : whole.subarray(0, -cut)
    const server = await coded(kept, coding, true)
    const client = bench.client()
    const response = await client.request(server.origin, { decompress: true })
    expect(await rejection(response.body.bytes())).toMatchObject({
      name: 'ProtocolError',
      code: 'ERR_TRUNKLINE_DECODE_FAILED',
      processed: 'yes',
    })
    const fetched = await client.fetch(server.origin)
    const error = await rejection(fetched.text())
    expect(error).toBeInstanceOf(TypeError)
    expect(error.cause.code).toBe('ERR_TRUNKLINE_DECODE_FAILED')
    await waitFor(() => client.stats().active === 0)
  })

  test('damaged: an error', async () => {
    const server = await coded(Buffer.from('this is not compressed at all'), coding)
    const client = bench.client()
    const response = await client.request(server.origin, { decompress: true })
    expect((await rejection(response.body.text())).code).toBe('ERR_TRUNKLINE_DECODE_FAILED')
    expect((await rejection((await client.fetch(server.origin)).text())).cause.code).toBe(
      'ERR_TRUNKLINE_DECODE_FAILED',
    )
    await waitFor(() => client.stats().active === 0)
  })

  test('a connection lost in the middle is reported as that', async () => {
    const bytes = coders[coding](randomBytes(100_000))
    const server = await bench.h2Server({
      handler: (_, response) => {
        response.writeHead(200, { 'content-encoding': coding })
        response.write(bytes.subarray(0, 50_000))
      },
    })
    const client = bench.client()
    const reading = rejection((await client.fetch(server.origin)).text())
    server.resetConnections()
    expect((await reading).cause.code).toBe('ERR_TRUNKLINE_CONNECTION_LOST')
  })

  test('an empty body, HEAD and 304 decode to nothing', async () => {
    const server = await bench.h2Server({
      handler: (request, response) => {
        response.writeHead(request.url === '/304' ? 304 : 200, { 'content-encoding': coding })
        response.end()
      },
    })
    const client = bench.client()
    expect(await (await client.fetch(server.origin, { method: 'HEAD' })).text()).toBe('')
    expect(await (await client.fetch(`${server.origin}/304`)).text()).toBe('')
    expect(await (await client.fetch(server.origin)).text().catch((error) => error.message)).toMatch(
      /^$|terminated/,
    )
    await waitFor(() => client.stats().active === 0)
  })
})

describe('content codings', () => {
  test('fetch asks for them, unless the caller says what is wanted', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const asked = async (headers: Record<string, string> = {}) =>
      (
        (await (await client.fetch(`${server.origin}/headers`, { headers })).json()) as Record<string, string>
      )['accept-encoding']
    expect((await asked())?.split(', ').sort()).toEqual([...codings].sort())
    expect(await asked({ 'accept-encoding': 'identity' })).toBe('identity')
  })

  test('stacked ones are undone from the last to the first', async () => {
    const server = await coded(brotliCompressSync(gzipSync('twice')), 'gzip, br')
    expect(await (await bench.client().fetch(server.origin)).text()).toBe('twice')
  })

  test('too many of them are an attack', async () => {
    const server = await coded(Buffer.from('x'), Array(50).fill('gzip').join(', '))
    const client = bench.client()
    const error = await rejection(client.fetch(server.origin))
    expect(error.cause.code).toBe('ERR_TRUNKLINE_DECODE_FAILED')
    expect((await drained(bench.client().fetch((await bench.h2Server()).origin))).status).toBe(200)
  })

  test('zstd is undone just where it is asked for', async () => {
    const server = await coded(zstdCompressSync('hello'), 'zstd')
    const bytes = Buffer.from(await (await bench.client().fetch(server.origin)).bytes())
    expect(bytes).toEqual(zstd ? Buffer.from('hello') : zstdCompressSync('hello'))
  })

  test('unknown ones are handed on as they are', async () => {
    const server = await coded(Buffer.from('secret code'), 'x-mine')
    expect(await (await bench.client().fetch(server.origin)).text()).toBe('secret code')
  })

  test('deflate without the zlib wrapper, as some servers have it', async () => {
    const server = await coded(deflateRawSync('raw'), 'deflate')
    expect(await (await bench.client().fetch(server.origin)).text()).toBe('raw')
  })

  test('events come through one by one: what the server flushed is decoded at once', async () => {
    let push = (_: string) => {}
    const server = await bench.h2Server({
      handler: (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
        gzip.pipe(response)
        push = (text) => (text === '' ? gzip.end() : gzip.write(text))
        push('0')
      },
    })
    const response = await bench.client().fetch(server.origin)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let count = 0; count < 3; count += 1) {
      expect((await reader?.read())?.value).toBe(String(count))
      push(String(count + 1))
    }
    push('')
    expect((await reader?.read())?.value).toBe('3')
    expect((await reader?.read())?.done).toBe(true)
  })

  test('a decoded body that is cancelled tells the server', async () => {
    const server = await bench.h2Server({
      handler: (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        response.write(gzipSync('begin').subarray(0, 12))
      },
    })
    const client = bench.client()
    await (await client.fetch(server.origin)).body?.cancel()
    await waitFor(() => server.counts.activeRequests === 0)
    expect(client.stats().active).toBe(0)
  })

  test('a reader that does not read stops the server, decoder and all', async () => {
    const part = randomBytes(65_536)
    let sent = 0
    const server = await bench.h2Server({
      handler: (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const fill = () => {
          do sent += part.length
          while (!response.destroyed && response.write(gzipSync(part)))
        }
        response.on('drain', fill)
        fill()
      },
    })
    const client = bench.client()
    const response = await client.fetch(server.origin)
    let before = 0
    await waitFor(
      () => {
        const stands = sent === before
        before = sent
        return stands
      },
      { interval: 200, timeout: 8000 },
    )
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    await response.body?.cancel()
  })
})
