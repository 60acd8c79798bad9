/** An abort at every phase of a request: it rejects with the reason, once, the server is told, nothing is left. */
import { getEventListeners } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import type { Client } from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { ServerReply, ServerRequest, TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, collectGarbage, drained, rejection } from './support/bench.ts'

const bench = new Bench()

const CANCEL = 8
const reason = new Error('the user changed their mind')

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

/** The request failed with the reason, and no trace of it is left on the signal or in the client. */
async function expectAborted(promise: Promise<unknown>, client: Client, controller: AbortController) {
  expect(await rejection(promise)).toBe(reason)
  expect(listeners(controller.signal)).toBe(0)
  await waitFor(() => client.stats().active === 0)
  expect(client.stats()).toMatchObject({ active: 0, queued: 0 })
}

/** Resolves with the code of the RST_STREAM that ends the server's next stream. */
function resetOf(server: TestServer): Promise<number> {
  return new Promise((resolve) => {
    server.server.once('stream', (stream: ServerHttp2Stream) => {
      stream.once('close', () => resolve(stream.rstCode))
    })
  })
}

describe.each(['fetch', 'request'] as const)('abort, seen by client.%s', (face) => {
  test('before the call: no I/O at all', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const signal = AbortSignal.abort(reason)
    expect(await rejection(client[face](server.origin, { signal }))).toBe(reason)
    expect(listeners(signal)).toBe(0)
    expect(server.counts.tcpConnections).toBe(0)
    expect(client.stats()).toMatchObject({ dials: 0, active: 0 })
  })

  test('in the same turn, before the dial', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const controller = new AbortController()
    const pending = client[face](server.origin, { signal: controller.signal })
    controller.abort(reason)
    await expectAborted(pending, client, controller)
    expect(server.counts.requests).toBe(0)
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('during the dial, on a server that is silent about TLS: the dial of its only waiter is given up', async () => {
    const peer = await bench.rawPeer({
      autoRespond: {},
      beforeTls: (tcp, index) => {
        tcp.resume()
        return index === 0 ? 'handled' : undefined
      },
    })
    const client = bench.client()
    const controller = new AbortController()
    const pending = client[face](peer.origin, { signal: controller.signal })
    await waitFor(() => peer.counts.tcpConnections === 1)
    controller.abort(reason)
    await expectAborted(pending, client, controller)
    await waitFor(() => peer.counts.openConnections === 0)
    expect((await client.fetch(peer.origin)).status).toBe(200)
  })

  test('during the dial, when others wait for it too: they are served by that same dial', async () => {
    const server = await bench.h2Server()
    const relay = await bench.relay(server, { delay: 20 })
    const origin = `https://localhost:${relay.port}`
    const client = bench.client()
    const controller = new AbortController()
    const first = client[face](origin, { signal: controller.signal })
    const others = [1, 2, 3].map(() => drained(client.fetch(origin)))
    await waitFor(() => relay.connections.total === 1)
    controller.abort(reason)
    expect(await rejection(first)).toBe(reason)
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(relay.connections.total).toBe(1)
  })

  test('in the queue', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 1 })
    const client = bench.client()
    await client.connect(server.origin)
    const running = drained(client.fetch(`${server.origin}/delay/100`))
    const controller = new AbortController()
    const pending = client[face](server.origin, { signal: controller.signal })
    await waitFor(() => client.stats().queued === 1)
    controller.abort(reason)
    expect(await rejection(pending)).toBe(reason)
    expect(client.stats().queued).toBe(0)
    expect(listeners(controller.signal)).toBe(0)
    await running
    expect(server.counts.requests).toBe(1)
  })

  test('after HEADERS: the server sees CANCEL, the connection lives on', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const reset = resetOf(server)
    const controller = new AbortController()
    const pending = client[face](`${server.origin}/hang`, { signal: controller.signal })
    await waitFor(() => server.counts.activeRequests === 1)
    controller.abort(reason)
    await expectAborted(pending, client, controller)
    expect(await reset).toBe(CANCEL)
    await drained(client.fetch(server.origin))
    expect(server.counts.tcpConnections).toBe(1)
  })

  test('in the middle of an upload: CANCEL, and the source of the body is let go', async () => {
    let received = 0
    const server = await bench.h2Server({
      handler: (request: ServerRequest) => {
        request.on('data', (chunk: Buffer) => {
          received += chunk.length
        })
      },
    })
    const client = bench.client()
    const reset = resetOf(server)
    let released = false
    async function* source() {
      try {
        for (;;) {
          yield new Uint8Array(16_384)
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        released = true
      }
    }
    const controller = new AbortController()
    const options = { method: 'POST', body: source(), signal: controller.signal, duplex: 'half' } as const
    const pending =
      face === 'fetch'
        ? client.fetch(server.origin, options)
        : client.request(server.origin, { method: 'POST', body: source(), signal: controller.signal })
    await waitFor(() => received > 100_000)
    controller.abort(reason)
    await expectAborted(pending, client, controller)
    expect(await reset).toBe(CANCEL)
    await waitFor(() => released)
  })

  test('in the middle of the body: reading rejects with the reason, the server sees CANCEL', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const reset = resetOf(server)
    const controller = new AbortController()
    const { signal } = controller
    const url = `${server.origin}/slow-body/20000`
    const text =
      face === 'fetch'
        ? (await client.fetch(url, { signal })).text()
        : (await client.request(url, { signal })).body.text()
    controller.abort(reason)
    await expectAborted(text, client, controller)
    expect(await reset).toBe(CANCEL)
  })

  test('after the end: what was not read yet is what it was to request, and lost to fetch', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const controller = new AbortController()
    const response = await client[face](`${server.origin}/bytes/100000`, { signal: controller.signal })
    await waitFor(() => client.stats().active === 0)
    expect(listeners(controller.signal)).toBe(0)
    controller.abort(reason)
    if (face === 'request')
      expect((await (response.body as unknown as Response).bytes()).length).toBe(100_000)
    // The platform's stream fails with the reason, however much of it has come.
    else expect(await rejection((response as unknown as Response).bytes())).toBe(reason)
  })

  test('in the same turn as the response: one outcome', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const controller = new AbortController()
        let settled = 0
        const pending = client[face](server.origin, { signal: controller.signal }).then(
          () => {
            settled += 1
            return 'response'
          },
          (error) => {
            settled += 1
            expect(error).toBe(reason)
            return 'abort'
          },
        )
        // As near to the answer as can be had.
        queueMicrotask(() => setImmediate(() => setImmediate(() => controller.abort(reason))))
        const outcome = await pending
        expect(settled).toBe(1)
        return outcome
      }),
    )
    expect(outcomes).toHaveLength(20)
    await waitFor(() => client.stats().active === 0)
    await drained(client.fetch(server.origin))
  })
})

describe('abort over HTTP/1.1', () => {
  test.each(['/hang', '/slow-body/20000'])(
    '%s: the socket is closed, since there is no other way, and the next request gets a new one',
    async (path) => {
      const server = await bench.h1Server()
      const client = bench.client()
      const controller = new AbortController()
      const pending = client
        .fetch(server.origin + path, { signal: controller.signal })
        .then((response) => response.text())
      await waitFor(() => server.counts.activeRequests === 1)
      controller.abort(reason)
      await expectAborted(pending, client, controller)
      await server.assertNoConnections()
      await drained(client.fetch(server.origin))
      expect(server.counts.tcpConnections).toBe(2)
    },
  )
})

describe('the reason', () => {
  const reasons: [string, unknown][] = [
    ['an Error', new Error('mine')],
    ['a string', 'text'],
    ['undefined, which the platform turns into AbortError', undefined],
    ['an object', { code: 1 }],
    ['null', null],
  ]
  test.each(reasons)('%s passes untouched, from fetch and from its body', async (_, given) => {
    const server = await bench.h2Server()
    const client = bench.client()
    const one = new AbortController()
    const pending = rejection(client.fetch(`${server.origin}/hang`, { signal: one.signal }))
    await waitFor(() => server.counts.activeRequests === 1)
    one.abort(given)
    expect(await pending).toBe(one.signal.reason)
    const two = new AbortController()
    const response = await client.fetch(`${server.origin}/slow-body/20000`, { signal: two.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    const next = rejection(reader?.read() ?? Promise.resolve())
    two.abort(given)
    expect(await next).toBe(two.signal.reason)
  })

  test('a Request carries its own signal', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const controller = new AbortController()
    const request = new Request(`${server.origin}/hang`, { signal: controller.signal })
    const pending = rejection(client.fetch(request))
    await waitFor(() => server.counts.activeRequests === 1)
    controller.abort(reason)
    expect(await pending).toBe(reason)
  })
})

describe('listeners on a signal that lives long', () => {
  test('1,000 requests with one signal leave none, and none ever doubles', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const controller = new AbortController()
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    for (let round = 0; round < 20; round += 1) {
      const all = Array.from({ length: 50 }, () =>
        drained(client.fetch(server.origin, { signal: controller.signal })),
      )
      expect(listeners(controller.signal)).toBeLessThanOrEqual(50)
      await Promise.all(all)
    }
    process.off('warning', onWarning)
    expect(listeners(controller.signal)).toBe(0)
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
  })

  test('failures, redirects and decoded bodies leave none either', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const { signal } = new AbortController()
    await rejection(client.fetch('https://localhost:1', { signal }))
    await drained(client.fetch(`${server.origin}/redirect/3`, { signal }))
    await drained(client.fetch(`${server.origin}/gzip`, { signal }))
    await (await client.fetch(`${server.origin}/stream/1000000`, { signal })).body?.cancel()
    await waitFor(() => client.stats().active === 0)
    expect(listeners(signal)).toBe(0)
  })
})

test('of a Request that nobody holds any more', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  for (const path of ['/hang', '/slow-body/20000']) {
    const controller = new AbortController()
    const make = () => new Request(`${server.origin}${path}`, { signal: controller.signal })
    const pending = rejection(client.fetch(make()).then((response) => response.text()))
    await waitFor(() => server.counts.activeRequests === 1)
    collectGarbage()
    controller.abort(reason)
    expect(await pending).toBe(reason)
    await waitFor(() => server.counts.activeRequests === 0)
  }
})

test('a server that answers after the abort disturbs nobody', async () => {
  const held: ServerReply[] = []
  const server = await bench.h2Server({
    handler: (request, response) => {
      if (request.url === '/held') held.push(response)
      else response.end('ok')
    },
  })
  const client = bench.client()
  const controller = new AbortController()
  const pending = rejection(client.fetch(`${server.origin}/held`, { signal: controller.signal }))
  await waitFor(() => held.length === 1)
  controller.abort(reason)
  held[0]?.end('too late')
  expect(await pending).toBe(reason)
  expect(await (await client.fetch(server.origin)).text()).toBe('ok')
})
