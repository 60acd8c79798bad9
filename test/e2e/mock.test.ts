/** The mock under node:test, and MSW: what it sees of us by itself, and how its handlers answer our client. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getResponse, HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { fetch as ourFetch } from 'trunkline'
import { respondWith } from 'trunkline/mock'
import { afterEach, describe, expect, test } from 'vitest'
import { Bench, rejection } from './support/bench.ts'

const bench = new Bench()
const run = promisify(execFile)

test('under node:test', async () => {
  const file = fileURLToPath(new URL('./fixtures/mock.node-test.ts', import.meta.url))
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], { env })
  expect(stdout).toContain('# pass 2')
  expect(stdout).toContain('# fail 0')
})

const handlers = [
  http.get('https://api.example.com/users/:id', ({ params }) => HttpResponse.json({ id: params.id })),
  http.post('*/echo', async ({ request }) => HttpResponse.text(await request.text(), { status: 201 })),
  http.get('*/down', () => HttpResponse.error()),
]

describe('the handlers of MSW, through respondWith', () => {
  const client = () =>
    bench.client({
      networkInterceptors: [respondWith((request) => getResponse(handlers, request))],
      retry: false,
    })

  test('answer fetch and request', async () => {
    const { fetch, request } = client()
    expect(await (await fetch('https://api.example.com/users/7')).json()).toEqual({ id: '7' })
    const { status, body } = await request('https://api.example.com/echo', { method: 'POST', body: 'hello' })
    expect([status, await body.text()]).toEqual([201, 'hello'])
  })

  test('a network error of theirs is one of ours', async () => {
    const error = await rejection(client().request('https://api.example.com/down'))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
  })

  test('what no handler is for goes to the network, its body with it', async () => {
    const server = await bench.h2Server()
    const { request } = client()
    const body = async function* () {
      yield 'still '
      yield 'here'
    }
    const result = await request(`${server.origin}/other`, { method: 'POST', body: body() })
    expect(result.status).toBe(404)
    await result.body.discard()
    expect(server.counts.requests).toBe(1)
  })
})

describe('setupServer of MSW', () => {
  const platform = globalThis.fetch
  const server = setupServer(http.get('https://api.example.com/hello', () => HttpResponse.text('mocked')))

  afterEach(() => {
    server.close()
    globalThis.fetch = platform
  })

  test('does not see our fetch: it is none of the globals that it replaces', async () => {
    server.listen({ onUnhandledRequest: 'error' })
    expect(await (await globalThis.fetch('https://api.example.com/hello')).text()).toBe('mocked')
    const real = await bench.h2Server()
    const response = await bench.client().fetch(real.origin)
    expect(response.status).toBe(200)
    await response.text()
    const h1 = await bench.h1Server()
    const overHttp1 = await bench.client().fetch(h1.origin)
    expect(overHttp1.status).toBe(200)
    await overHttp1.text()
  })

  test('sees the global fetch that trunkline/register made, if it listens after that', async () => {
    globalThis.fetch = ourFetch as typeof globalThis.fetch
    server.listen({ onUnhandledRequest: 'bypass' })
    expect(await (await globalThis.fetch('https://api.example.com/hello')).text()).toBe('mocked')
  })
})
