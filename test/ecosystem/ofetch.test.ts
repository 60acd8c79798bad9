/** ofetch looks at `body` before it reads, writes `_data` on the response, and chooses a reader by content type. */

import { Readable } from 'node:stream'
import { createFetch, FetchError, type $Fetch as OFetch } from 'ofetch'
import { describe, expect, test } from 'vitest'
import { defaultRoutes, readBody, type ServerReply, type ServerRequest } from '../support/servers.ts'
import { json, pathOf, queryOf } from './support/http.ts'
import { laneTest } from './support/pending.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()

describe.each(lanes)('ofetch over $name', (lane) => {
  async function open(): Promise<{ ofetch: OFetch; asked: string[] }> {
    const asked: string[] = []
    const { fetch, origin } = await stand.open(lane, (request, response) => {
      asked.push(`${request.method} ${pathOf(request)}`)
      return handle(request, response, asked.length)
    })
    return { ofetch: createFetch({ fetch, defaults: { baseURL: origin } }), asked }
  }

  test('JSON there and back, with a query and defaults', async () => {
    const { ofetch } = await open()
    const api = ofetch.create({ headers: { 'x-api': 'key' } })
    const answer = await api('/echo', { method: 'POST', body: { n: 1 }, query: { q: 'a b' } })
    expect(answer).toEqual({ body: { n: 1 }, q: 'a b', key: 'key', type: 'application/json' })
  })

  test('what comes is read by its type', async () => {
    const { ofetch } = await open()
    expect(await ofetch('/status/200')).toBe('status 200')
    const blob = await ofetch<Blob, 'blob'>('/bytes/1000', { responseType: 'blob' })
    expect(blob).toBeInstanceOf(Blob)
    expect([blob.size, blob.type]).toEqual([1000, 'application/octet-stream'])
    expect(
      (await ofetch<ArrayBuffer, 'arrayBuffer'>('/bytes/10', { responseType: 'arrayBuffer' })).byteLength,
    ).toBe(10)
    const events = await ofetch<unknown, 'stream'>('/sse', { responseType: 'stream' })
    expect((await new Response(events).text()).match(/^data/gm)).toHaveLength(3)
    expect(await ofetch('/status/204', { method: 'DELETE' })).toBeUndefined()
  })

  test('the raw response, with its data beside it', async () => {
    const { ofetch } = await open()
    const response = await ofetch.raw('/headers')
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.bodyUsed]).toEqual([200, true])
    expect(response._data).toMatchObject({ accept: '*/*' })
  })

  laneTest(lane, 'errors with their data, and hooks that see them', async () => {
    const { ofetch } = await open()
    const seen: unknown[] = []
    const error = await rejection(
      ofetch('/missing', { retry: 0, onResponseError: ({ response }) => void seen.push(response._data) }),
    )
    expect(error).toBeInstanceOf(FetchError)
    expect(error).toMatchObject({ status: 404, data: { error: 'no such thing' } })
    expect(seen).toEqual([{ error: 'no such thing' }])
  })

  laneTest(lane, 'its own retries', async () => {
    const { ofetch, asked } = await open()
    expect(await ofetch('/conflict-once', { method: 'POST', body: { n: 1 }, retry: 1 })).toEqual({ ok: true })
    expect(asked).toEqual(['POST /conflict-once', 'POST /conflict-once'])
  })

  test('streams as bodies: of the web and of Node', async () => {
    const { ofetch } = await open()
    const web = new Blob([new Uint8Array(100_000)]).stream()
    expect(await ofetch('/upload', { method: 'POST', body: web })).toMatchObject({ length: 100_000 })
    const node = Readable.from([Buffer.alloc(60_000), Buffer.alloc(40_000)])
    const body = node as unknown as ReadableStream
    expect(await ofetch('/upload', { method: 'POST', body })).toMatchObject({ length: 100_000 })
  })

  laneTest(lane, 'its time limit, an abort, and nobody there', async () => {
    const { ofetch } = await open()
    const late = await rejection(ofetch('/hang', { timeout: 50, retry: 0 }))
    expect(late).toMatchObject({ name: 'FetchError', cause: { name: 'TimeoutError', code: 23 } })

    const controller = new AbortController()
    const pending = ofetch('/hang', { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect(await rejection(pending)).toMatchObject({ name: 'FetchError', cause: { name: 'AbortError' } })

    const nobody = await rejection(ofetch('https://localhost:2/', { baseURL: '', retry: 0 }))
    expect(nobody.message).toBe('[GET] "https://localhost:2/": <no response> fetch failed')
  })
})

async function handle(request: ServerRequest, response: ServerReply, turn: number): Promise<void> {
  switch (pathOf(request)) {
    case '/echo': {
      const body = JSON.parse((await readBody(request)).toString())
      const { 'x-api': key, 'content-type': type } = request.headers
      return json(response, 200, { body, q: queryOf(request).get('q'), key, type })
    }
    case '/conflict-once':
      await readBody(request)
      return turn === 1 ? json(response, 409, {}) : json(response, 200, { ok: true })
    case '/missing':
      return json(response, 404, { error: 'no such thing' })
    default:
      await defaultRoutes(request, response)
  }
}
