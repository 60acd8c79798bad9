/** ky hands over a `Request` of its own making, clones responses, and knows network failures by their message. */
import ky, { HTTPError, isNetworkError, type KyInstance, NetworkError, TimeoutError } from 'ky'
import { describe, expect, test } from 'vitest'
import { defaultRoutes, readBody, type ServerReply, type ServerRequest } from '../support/servers.ts'
import { formOf, json, pathOf, queryOf } from './support/http.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()

describe.each(lanes)('ky over $name', (lane) => {
  async function open(): Promise<{ api: KyInstance; asked: string[]; origin: string }> {
    const asked: string[] = []
    const { fetch, origin } = await stand.open(lane, (request, response) => {
      asked.push(`${request.method} ${pathOf(request)}`)
      return handle(request, response, asked.length)
    })
    const retry = { limit: 2, backoffLimit: 1 }
    return { api: ky.create({ fetch, baseUrl: origin, retry, timeout: 5000 }), asked, origin }
  }

  test('JSON there and back, with search parameters, headers and hooks', async () => {
    const { api } = await open()
    const seen: string[] = []
    const extended = api.extend({
      headers: { 'x-api': 'key' },
      hooks: {
        beforeRequest: [({ request }) => request.headers.set('x-hook', 'yes')],
        afterResponse: [async ({ response }) => void seen.push(await response.clone().text())],
      },
    })
    const answer = await extended.post('echo', { json: { n: 1 }, searchParams: { q: 'a b' } }).json()
    expect(answer).toEqual({ body: { n: 1 }, q: 'a b', key: 'key', hook: 'yes', type: 'application/json' })
    expect(seen.map((text) => JSON.parse(text))).toEqual([answer])
  })

  test('a form with a file, whose boundary the server can read', async () => {
    const { api } = await open()
    const body = new FormData()
    body.set('title', 'Report')
    body.set('file', new File(['a,b\n1,2\n'], 'report.csv', { type: 'text/csv' }))
    expect(await api.post('form', { body }).json()).toEqual({
      title: 'Report',
      file: ['report.csv', 'text/csv', 8],
    })
  })

  test('retries what failed, and says when it gives up', async () => {
    const { api, asked } = await open()
    expect(await api.put('unavailable-once', { json: {} }).text()).toBe('back')
    expect(asked).toEqual(['PUT /unavailable-once', 'PUT /unavailable-once'])
  })

  test('an HTTP error with the body that came with it', async () => {
    const { api, origin } = await open()
    const error = await rejection(api.get('missing'))
    expect(error).toBeInstanceOf(HTTPError)
    expect(error.response.status).toBe(404)
    expect(error.response).toBeInstanceOf(Response)
    expect(error.data).toEqual({ error: 'no such thing' })
    expect(error.request.url).toBe(`${origin}/missing`)
  })

  test('a connection that is cut is a NetworkError, which ky retries', async () => {
    const { api, asked } = await open()
    const error = await rejection(api.post('destroy', { json: {}, retry: { limit: 1, methods: ['post'] } }))
    expect(error).toBeInstanceOf(NetworkError)
    expect(isNetworkError(error)).toBe(true)
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(asked).toEqual(['POST /destroy', 'POST /destroy'])
  })

  test('its time limit, before the head and in the body', async () => {
    const { api } = await open()
    expect(await rejection(api.get('hang', { timeout: 50, retry: 0 }))).toBeInstanceOf(TimeoutError)
    const body = api.get('slow-body/5000', { totalTimeout: 300, retry: 0 }).text()
    expect(await rejection(body)).toBeInstanceOf(TimeoutError)
  })

  test("the caller's abort, with the caller's reason", async () => {
    const { api } = await open()
    const controller = new AbortController()
    const pending = api.get('hang', { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    expect(await rejection(pending)).toMatchObject({ message: 'enough' })
  })

  test('progress of a download and of an upload', async () => {
    const { api } = await open()
    const down: number[] = []
    const onDownloadProgress = ({ transferredBytes }: { transferredBytes: number }) =>
      void down.push(transferredBytes)
    const bytes = await api.get('bytes/300000', { onDownloadProgress }).bytes()
    expect(bytes.length).toBe(300_000)
    expect(down.at(-1)).toBe(300_000)

    const up: number[] = []
    const onUploadProgress = ({ transferredBytes }: { transferredBytes: number }) =>
      void up.push(transferredBytes)
    const body = new Uint8Array(200_000).fill(7)
    const stored = await api.post('upload', { body, onUploadProgress }).json<{ length: number }>()
    expect(stored.length).toBe(200_000)
    expect(up.at(-1)).toBe(200_000)
  })

  test('a HEAD and a 204, which have no body', async () => {
    const { api } = await open()
    const head = await api.head('bytes/17')
    expect([head.headers.get('content-length'), head.body]).toEqual(['17', null])
    expect(await api.delete('status/204').text()).toBe('')
  })

  test('a body that the caller reads as a stream', async () => {
    const { api } = await open()
    const response = await api.get('stream/200000')
    let length = 0
    for await (const chunk of response.body ?? []) length += chunk.length
    expect([length, response.bodyUsed]).toEqual([200_000, true])
  })
})

async function handle(request: ServerRequest, response: ServerReply, turn: number): Promise<void> {
  switch (pathOf(request)) {
    case '/echo': {
      const body = JSON.parse((await readBody(request)).toString())
      const { 'x-api': key, 'x-hook': hook, 'content-type': type } = request.headers
      return json(response, 200, { body, q: queryOf(request).get('q'), key, hook, type })
    }
    case '/form': {
      const form = await formOf(request, await readBody(request))
      const { name, type, size } = form.get('file') as File
      return json(response, 200, { title: form.get('title'), file: [name, type, size] })
    }
    case '/unavailable-once':
      await readBody(request)
      if (turn === 1) return json(response, 503, { error: 'later' }, { 'retry-after': '0' })
      response.end('back')
      return
    case '/missing':
      return json(response, 404, { error: 'no such thing' })
    default:
      await defaultRoutes(request, response)
  }
}
