/** The ready interceptors against real servers. */
import { auth, dedupe, hedge } from 'trunkline/interceptors'
import { expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

test('auth: one refresh for many requests whose token was refused, uploads included', async () => {
  let good = 'token 1'
  const server = await bench.h2Server({
    handler: async (request, response) => {
      let size = 0
      for await (const chunk of request) size += (chunk as Buffer).length
      response.statusCode = request.headers.authorization === `Bearer ${good}` ? 200 : 401
      response.end(String(size))
    },
  })
  let refreshes = 0
  const client = bench.client({
    interceptors: [auth({ origins: [server.origin], token: async () => `token ${++refreshes}` })],
  })
  await drained(client.fetch(server.origin))
  good = 'token 2'
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      client.fetch(server.origin, { method: 'POST', body: 'x'.repeat(index * 1000) }),
    ),
  )
  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(await Promise.all(responses.map((response) => response.text()))).toEqual(
    Array.from({ length: 20 }, (_, index) => String(index * 1000)),
  )
  expect(refreshes).toBe(2)
})

test('auth: a redirect to another origin takes no token along', async () => {
  const other = await bench.h2Server()
  const server = await bench.h2Server({
    handler: (_request, response) => {
      response.writeHead(302, { location: `${other.origin}/headers` })
      response.end()
    },
  })
  for (const place of ['interceptors', 'networkInterceptors'] as const) {
    const client = bench.client({ [place]: [auth({ origins: [server.origin], token: () => 'secret' })] })
    const headers = (await (await client.fetch(server.origin)).json()) as Record<string, string>
    expect(headers.authorization).toBe(undefined)
  }
})

test('dedupe: one request for many callers, each with the whole body', async () => {
  let asked = 0
  const answers: (() => void)[] = []
  const server = await bench.h2Server({
    handler: (_request, response) => {
      asked += 1
      answers.push(() => response.end(Buffer.alloc(1024 * 1024, 'a')))
    },
  })
  const client = bench.client({ interceptors: [dedupe()] })
  const all = Array.from({ length: 5 }, () => client.fetch(server.origin))
  await waitFor(() => answers.length === 1)
  for (const answer of answers) answer()
  const sizes = await Promise.all(all.map(async (response) => (await (await response).bytes()).length))
  expect(sizes).toEqual(Array.from({ length: 5 }, () => 1024 * 1024))
  expect(asked).toBe(1)
})

test('hedge: the second attempt wins, and the stream of the first is reset', async () => {
  let asked = 0
  let reset = 0
  const server = await bench.h2Server({
    handler: (_request, response) => {
      asked += 1
      if (asked > 1) response.end('second')
      else response.on('close', () => (reset += 1))
    },
  })
  const client = bench.client({ interceptors: [hedge({ delay: 30 })] })
  expect(await (await client.fetch(server.origin)).text()).toBe('second')
  await waitFor(() => reset === 1)
  expect(asked).toBe(2)
})

test('hedge: an abort ends both', async () => {
  let open = 0
  const server = await bench.h2Server({
    handler: (_request, response) => {
      open += 1
      response.on('close', () => (open -= 1))
    },
  })
  const client = bench.client({ interceptors: [hedge({ delay: 10 })] })
  const controller = new AbortController()
  const failed = rejection(client.fetch(server.origin, { signal: controller.signal }))
  await waitFor(() => open === 2)
  controller.abort()
  expect((await failed).name).toBe('AbortError')
  await waitFor(() => open === 0)
})
