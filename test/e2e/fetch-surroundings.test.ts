/** What surrounds a call: the caller's async context, signals that live long, globals that somebody replaced. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { RouteHandler } from '../support/servers.ts'
import { Bench, collectUntil } from './support/bench.ts'

const bench = new Bench()

const handler: RouteHandler = async (request, response) => {
  if (request.url === '/early') response.writeEarlyHints({ link: '</a>; rel=preload' })
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  response.end(`got ${Buffer.concat(chunks)}`)
}

describe.each(['h2', 'http/1.1'] as const)('over %s', (protocol) => {
  test('callbacks run in the async context of their call, whoever opened the connection', async () => {
    const { origin } = await bench.server(protocol, { handler })
    const { fetch, request } = bench.client()
    const context = new AsyncLocalStorage<string>()
    await context.run('the first', async () => (await fetch(origin)).text())
    const seen: unknown[] = []
    const note = () => seen.push(context.getStore())
    const body = async function* () {
      note()
      yield 'a'
      await null
      note()
      yield 'b'
    }
    const pull = (controller: ReadableStreamDefaultController) => {
      note()
      controller.close()
    }
    const stream = () => new ReadableStream({ pull }, { highWaterMark: 0 })
    await context.run('the second', async () => {
      const post = { method: 'POST', duplex: 'half' } as const
      for (const one of [body(), body, stream()]) await (await fetch(origin, { ...post, body: one })).text()
      await (await fetch(`${origin}/early`, { onInformational: note })).text()
      await (await request(`${origin}/early`, { onInformational: note })).body.text()
    })
    expect(seen).toEqual(Array.from({ length: 7 }, () => 'the second'))
  })

  test('a signal keeps nothing of streams that were dropped', async () => {
    const { origin } = await bench.server(protocol, { handler })
    const { fetch } = bench.client()
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    for (let calls = 0; calls < 20; calls += 1) {
      const response = await fetch(origin, { signal })
      // Made, and never read.
      expect(response.body).not.toBeNull()
    }
    await collectUntil(() => listeners() <= 1, 'the listeners of dropped streams to go')
  })
})

describe('classes in the place of the global ones', () => {
  const native = { Request, Response, Headers }

  test.each(['Request', 'Response', 'Headers'] as const)('%s', async (name) => {
    const { origin } = await bench.h2Server({ handler })
    const { fetch } = bench.client()
    const made = new Request(origin, { method: 'POST', body: 'abc', headers: { a: '1' } })
    globalThis[name] = class {
      constructor() {
        throw new Error('Nobody should make one of these.')
      }
    } as never
    try {
      expect(await (await fetch(made)).text()).toBe('got abc')
      const response = await fetch(origin, { cache: 'no-store' })
      expect(response).toBeInstanceOf(native.Response)
      expect([...response.headers].length).toBeGreaterThan(0)
      expect(await response.clone().text()).toBe('got ')
      expect((await response.blob()).size).toBe(4)
    } finally {
      Object.assign(globalThis, native)
    }
  })
})
