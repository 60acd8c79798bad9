import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deterministicBytes } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

const protocols = ['h2', 'http/1.1'] as const
const CHUNK = 64 * 1024
const MiB = 1024 * 1024

/** Gives chunks as long as somebody asks, and counts them. */
class Source {
  given = 0
  released = false
  readonly #limit: number

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (this.given < this.#limit) {
        const size = Math.min(CHUNK, this.#limit - this.given)
        const chunk = deterministicBytes(size, this.given)
        this.given += size
        yield chunk
      }
    } finally {
      this.released = true
    }
  }
}

/** Resolves when `read` gave the same number for 200 ms: whatever flows has come to a stand. */
async function standstill(read: () => number): Promise<number> {
  let before = -1
  await waitFor(
    () => {
      const now = read()
      const stands = now === before && now > 0
      before = now
      return stands
    },
    { interval: 200, timeout: 10_000 },
  )
  return before
}

describe.each(protocols)('upload over %s', (protocol) => {
  test('a server that does not read stops the source: what is in memory is bounded', async () => {
    let resume = () => {}
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        await new Promise<void>((resolve) => {
          resume = resolve
        })
        let length = 0
        for await (const chunk of request) length += (chunk as Buffer).length
        response.end(String(length))
      },
    })
    const client = bench.client()
    const source = new Source(32 * MiB)
    const pending = client.request(server.origin, { method: 'POST', body: source })
    await waitFor(() => server.counts.activeRequests === 1)
    const stoodAt = await standstill(() => source.given)
    // The kernel's socket buffers are most of it.
    expect(stoodAt).toBeLessThan(16 * MiB)
    resume()
    expect(await (await pending).body.text()).toBe(String(32 * MiB))
    expect(source.released).toBe(true)
  })

  const sha256 = createHash('sha256')
    .update(deterministicBytes(5 * MiB))
    .digest('hex')
  const whole = deterministicBytes(5 * MiB)
  const bodies: [string, () => object][] = [
    ['bytes', () => ({ body: whole })],
    ['a string of the same bytes', () => ({ body: whole.toString('latin1') })],
    ['a Blob', () => ({ body: new Blob([new Uint8Array(whole)]) })],
    ['an async iterable', () => ({ body: new Source(5 * MiB), duplex: 'half' })],
    ['a function', () => ({ body: () => new Source(5 * MiB) })],
    ['a web stream', () => ({ body: ReadableStream.from(new Source(5 * MiB)), duplex: 'half' })],
  ]
  test.each(bodies)('%s of 5 MiB arrives byte by byte', async (what, init) => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/upload`, { method: 'POST', ...init() })
    const answer = (await response.json()) as { length: number; sha256: string }
    if (what === 'a string of the same bytes') expect(answer.length).toBeGreaterThan(5 * MiB)
    else expect(answer).toMatchObject({ length: 5 * MiB, sha256 })
  })

  test('a source that fails in the middle: REQUEST_BODY_FAILED with its error as cause; the server sees no whole request', async () => {
    let outcome = ''
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        try {
          for await (const _ of request);
          outcome = 'whole'
        } catch {
          outcome = 'cut off'
        }
        response.end()
      },
    })
    const client = bench.client()
    const why = new Error('the disk is gone')
    async function* failing() {
      yield new Uint8Array(100_000)
      throw why
    }
    const error = await rejection(client.request(server.origin, { method: 'POST', body: failing() }))
    expect(error).toMatchObject({ name: 'BodyError', code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED' })
    expect(error.cause).toBe(why)
    await waitFor(() => outcome !== '')
    expect(outcome).toBe('cut off')
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('a server that answers early and reads no more: the answer is delivered, the source let go', async () => {
    const server = await bench.server(protocol, {
      handler: (_, response) => {
        response.statusCode = 413
        response.end('too large')
      },
    })
    const client = bench.client()
    const source = new Source()
    const response = await client.request(server.origin, { method: 'POST', body: source })
    expect(response.status).toBe(413)
    expect(await response.body.text()).toBe('too large')
    await waitFor(() => source.released)
    await waitFor(() => client.stats().active === 0)
    expect((await client.request(server.origin, { method: 'POST', body: 'x' })).status).toBe(413)
  })

  test('an upload and its echo flow at the same time', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await client.request(`${server.origin}/echo`, {
      method: 'POST',
      body: new Source(3 * MiB),
    })
    const hash = createHash('sha256')
    let length = 0
    for await (const chunk of response.body) {
      hash.update(chunk)
      length += chunk.length
    }
    expect(length).toBe(3 * MiB)
    expect(hash.digest('hex')).toBe(
      createHash('sha256')
        .update(deterministicBytes(3 * MiB))
        .digest('hex'),
    )
  })
})

describe.each(protocols)('download over %s', (protocol) => {
  test('a reader that does not read stops the server: what is in memory is bounded, then everything comes', async () => {
    let sent = 0
    const server = await bench.server(protocol, {
      handler: async (_, response) => {
        for (sent = 0; sent < 32 * MiB; sent += CHUNK) {
          if (!response.write(deterministicBytes(CHUNK, sent)))
            await new Promise((resolve) => response.once('drain', resolve))
        }
        response.end()
      },
    })
    const client = bench.client()
    const { body } = await client.request(server.origin)
    const stoodAt = await standstill(() => sent)
    expect(stoodAt).toBeLessThan(16 * MiB)
    const { bytesReceived } = client.stats().origins[0]?.connections[0] ?? { bytesReceived: 0 }
    expect(bytesReceived).toBeLessThan(8 * MiB)
    let length = 0
    for await (const chunk of body) length += chunk.length
    expect(length).toBe(32 * MiB)
  })

  test('one response that nobody reads does not hold up the others', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const unread = await client.request(`${server.origin}/stream/${20 * MiB}`)
    for (let count = 0; count < 20; count += 1) {
      expect((await (await client.request(`${server.origin}/bytes/${MiB}`)).body.bytes()).length).toBe(MiB)
    }
    let length = 0
    for await (const chunk of unread.body) length += chunk.length
    expect(length).toBe(20 * MiB)
  })

  test.each([0, 1, 65_535, 65_536, 5 * MiB])('%i bytes with and without content-length', async (length) => {
    const server = await bench.server(protocol)
    const client = bench.client()
    for (const route of ['bytes', 'stream']) {
      const bytes = await (await client.fetch(`${server.origin}/${route}/${length}`)).bytes()
      expect(bytes.length).toBe(length)
      expect(Buffer.compare(bytes, deterministicBytes(length))).toBe(0)
    }
  })

  test('server-sent events arrive one by one, while the response is open', async () => {
    let push = (_: string) => {}
    const server = await bench.server(protocol, {
      handler: (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.flushHeaders?.()
        push = (text) => (text === '' ? response.end() : response.write(text))
      },
    })
    const client = bench.client()
    const response = await client.fetch(server.origin)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let count = 0; count < 5; count += 1) {
      push(`data: ${count}\n\n`)
      expect((await reader?.read())?.value).toBe(`data: ${count}\n\n`)
    }
    push('')
    expect((await reader?.read())?.done).toBe(true)
  })
})
