import type { ServerHttp2Stream } from 'node:http2'
import { describe, expect, test } from 'vitest'
import type { TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, collectUntil, drained } from './support/bench.ts'

const bench = new Bench()

const CANCEL = 8

function resets(server: TestServer): number[] {
  const codes: number[] = []
  server.server.on('stream', (stream: ServerHttp2Stream) => {
    stream.once('close', () => codes.push(stream.rstCode))
  })
  return codes
}

describe('a response that nobody reads', () => {
  test.each(['fetch', 'request'] as const)(
    'client.%s: dropped and garbage-collected, its stream is freed with CANCEL',
    async (face) => {
      const server = await bench.h2Server()
      const client = bench.client()
      const codes = resets(server)
      await (async () => {
        const response = await client[face](`${server.origin}/slow-body/20000`)
        expect(response.status).toBe(200)
      })()
      expect(client.stats().active).toBe(1)
      await collectUntil(
        () => server.counts.activeRequests === 0,
        'the stream of the dropped response to end',
      )
      expect(codes).toEqual([CANCEL])
      await waitFor(() => client.stats().active === 0)
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
      expect(server.counts.tcpConnections).toBe(1)
    },
  )

  test('dropped responses that together are larger than the connection window stall nobody', async () => {
    const server = await bench.h2Server({ http2: { maxSessionMemory: 100 } })
    const client = bench.client({
      http2: { maxConcurrentStreams: 20, connectionWindowSize: 4 * 1024 * 1024 },
    })
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await client.fetch(`${server.origin}/stream/20000000`)
      }),
    )
    const next = drained(client.fetch(server.origin))
    expect(client.stats().queued).toBe(1)
    await collectUntil(() => client.stats().active === 0, 'the dropped streams to end')
    expect((await next).status).toBe(200)
    expect(client.stats().dials).toBe(1)
  })

  test('eight that are held and never read take no more than the budget of their connection', async () => {
    const server = await bench.h2Server({ http2: { maxSessionMemory: 500 } })
    const client = bench.client()
    // Windows that grew for an earlier download must shrink again.
    await drained(client.fetch(`${server.origin}/stream/50000000`))
    const before = client.stats().origins[0]?.connections[0]?.bytesReceived ?? 0
    const held = await Promise.all(
      Array.from({ length: 8 }, () => client.request(`${server.origin}/stream/24000000`)),
    )
    const unread = () => (client.stats().origins[0]?.connections[0]?.bytesReceived ?? 0) - before
    let seen = -1
    await waitFor(
      () => {
        const settled = unread() === seen
        seen = unread()
        return settled
      },
      { interval: 200 },
    )
    // A hundredth for frames and TLS records around the bytes.
    expect(seen).toBeLessThan(64 * 2 ** 20 * 1.01)
    expect(seen).toBeGreaterThan(8 * 65_535)
    for (const { body } of held) body.cancel()
  })

  test('a decoded body that is dropped frees its stream as well', async () => {
    const server = await bench.h2Server({
      handler: (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        response.write(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]))
      },
    })
    const client = bench.client()
    await (async () => {
      await client.fetch(server.origin)
    })()
    await collectUntil(() => server.counts.activeRequests === 0, 'the stream of the dropped response to end')
  })

  test('a body that is read in part and then dropped frees its stream', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    await (async () => {
      const { body } = await client.fetch(`${server.origin}/slow-body/20000`)
      await body?.getReader().read()
    })()
    await collectUntil(() => server.counts.activeRequests === 0, 'the stream of the dropped response to end')
  })

  test.each(['text', 'bytes'] as const)(
    'whoever waits for %s() needs no response object: nothing is collected under them',
    async (method) => {
      const server = await bench.h2Server()
      const client = bench.client()
      const pending = (async () => (await client.fetch(`${server.origin}/slow-body/200`))[method]())()
      let settled = false
      pending.finally(() => {
        settled = true
      })
      await collectUntil(() => settled, 'the body')
      expect((await pending).length).toBe('first,last'.length)
    },
  )

  test('whoever reads a stream needs no response object either', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const reader = await (async () =>
      (await client.fetch(`${server.origin}/slow-body/200`)).body?.getReader())()
    const chunks: string[] = []
    const reading = (async () => {
      for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
        chunks.push(Buffer.from(step.value).toString())
      }
      return 'done'
    })()
    let settled = false
    reading.finally(() => {
      settled = true
    })
    await collectUntil(() => settled, 'the stream')
    expect(await reading).toBe('done')
    expect(chunks.join('')).toBe('first,last')
  })

  test('a response that is kept is not taken away by gc', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/slow-body/200`)
    await collectUntil(() => server.counts.activeRequests === 0, 'the server to finish')
    expect(await response.text()).toBe('first,last')
  })

  test('over HTTP/1.1 a dropped response closes its socket, and its place is free again', async () => {
    const server = await bench.h1Server()
    const client = bench.client({ http1: { maxSockets: 1 } })
    await (async () => {
      await client.fetch(`${server.origin}/slow-body/20000`)
    })()
    const next = drained(client.fetch(server.origin))
    let settled = false
    next.finally(() => {
      settled = true
    })
    await collectUntil(() => settled, 'the next request to be served')
    expect((await next).status).toBe(200)
    expect(server.counts.tcpConnections).toBe(2)
  })
})

describe('a body that is cancelled', () => {
  test.each([
    [
      'response.body.cancel()',
      async (url: string, { fetch }: ReturnType<Bench['client']>) => (await fetch(url)).body?.cancel(),
    ],
    [
      'reader.cancel()',
      async (url: string, { fetch }: ReturnType<Bench['client']>) => {
        const reader = (await fetch(url)).body?.getReader()
        await reader?.read()
        await reader?.cancel('enough')
      },
    ],
    [
      'break out of for await',
      async (url: string, { fetch }: ReturnType<Bench['client']>) => {
        for await (const _ of (await fetch(url)).body ?? []) break
      },
    ],
    [
      'request().body.cancel()',
      async (url: string, { request }: ReturnType<Bench['client']>) => (await request(url)).body.cancel(),
    ],
    [
      'break out of request().body',
      async (url: string, { request }: ReturnType<Bench['client']>) => {
        for await (const _ of (await request(url)).body) break
      },
    ],
  ])('%s: the server sees CANCEL at once, the connection lives on', async (_, use) => {
    const server = await bench.h2Server()
    const client = bench.client()
    const codes = resets(server)
    await use(`${server.origin}/slow-body/20000`, client)
    await waitFor(() => codes.length === 1)
    expect(codes).toEqual([CANCEL])
    await waitFor(() => client.stats().active === 0)
    await drained(client.fetch(server.origin))
    expect(client.stats()).toMatchObject({ failed: 0, dials: 1 })
  })

  test('cancelling a body that ended, or twice, does no harm', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const codes = resets(server)
    const { body } = await client.request(`${server.origin}/bytes/10`)
    await body.bytes()
    body.cancel()
    const other = await client.request(`${server.origin}/slow-body/20000`)
    other.body.cancel()
    other.body.cancel()
    await waitFor(() => codes.length === 2)
    expect(codes).toEqual([0, CANCEL])
  })

  test('reading after cancel says that the body was used', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/bytes/10`)
    await response.body?.cancel()
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    const { body } = await client.request(`${server.origin}/bytes/10`)
    body.cancel()
    await expect(body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_USED' })
  })
})
