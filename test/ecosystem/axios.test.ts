/** axios with its fetch adapter: a `Request` goes in, what comes out is wrapped anew to count its bytes. */
import axios, { AxiosError, type AxiosInstance } from 'axios'
import { describe, expect, test } from 'vitest'
import { defaultRoutes, readBody, type ServerReply, type ServerRequest } from '../support/servers.ts'
import { formOf, json, pathOf, queryOf } from './support/http.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()

describe.each(lanes)('axios over $name', (lane) => {
  async function open(): Promise<AxiosInstance> {
    const { fetch, origin } = await stand.open(lane, handle)
    return axios.create({ adapter: 'fetch', env: { fetch }, baseURL: origin, timeout: 5000 })
  }

  test('JSON there and back, with parameters, headers and interceptors', async () => {
    const api = await open()
    api.interceptors.request.use((config) => {
      config.headers.set('x-hook', 'yes')
      return config
    })
    const { data, status, headers } = await api.post('/echo', { n: 1 }, { params: { q: 'a b' } })
    expect(data).toEqual({ body: { n: 1 }, q: 'a b', hook: 'yes', type: 'application/json' })
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
  })

  test('a form with a file', async () => {
    const api = await open()
    const form = new FormData()
    form.set('title', 'Report')
    form.set('file', new File(['a,b\n'], 'report.csv', { type: 'text/csv' }))
    const { data } = await api.postForm('/form', form)
    expect(data).toEqual({ title: 'Report', file: ['report.csv', 'text/csv', 4] })
  })

  test('what comes, as the kind that was asked for', async () => {
    const api = await open()
    const buffer = await api.get('/bytes/1000', { responseType: 'arraybuffer' })
    expect(buffer.data).toBeInstanceOf(ArrayBuffer)
    expect(buffer.data.byteLength).toBe(1000)
    const blob = await api.get('/bytes/1000', { responseType: 'blob' })
    expect([blob.data.size, blob.data.type]).toEqual([1000, 'application/octet-stream'])
    const stream = await api.get('/stream/100000', { responseType: 'stream' })
    expect(stream.data).toBeInstanceOf(ReadableStream)
    expect((await new Response(stream.data).bytes()).length).toBe(100_000)
  })

  test('progress, both ways', async () => {
    const api = await open()
    const progress = { up: 0, down: 0 }
    const { data } = await api.post('/upload', new Uint8Array(200_000), {
      onUploadProgress: ({ loaded }) => {
        progress.up = loaded
      },
    })
    expect(data.length).toBe(200_000)
    await api.get('/bytes/300000', {
      responseType: 'arraybuffer',
      onDownloadProgress: ({ loaded }) => {
        progress.down = loaded
      },
    })
    expect(progress).toEqual({ up: 200_000, down: 300_000 })
  })

  test('limits of size: declared, streamed, and of an upload', async () => {
    const api = await open()
    const declared = await rejection(api.get('/bytes/5000', { maxContentLength: 1000 }))
    expect(declared).toMatchObject({ code: 'ERR_BAD_RESPONSE' })
    const streamed = await rejection(api.get('/stream/5000', { maxContentLength: 1000 }))
    expect(streamed).toMatchObject({ code: 'ERR_BAD_RESPONSE' })
    const tooMuch = api.post('/swallow', new Blob([new Uint8Array(5000)]).stream(), { maxBodyLength: 1000 })
    expect(await rejection(tooMuch)).toMatchObject({ code: 'ERR_BAD_REQUEST' })
  })

  test('errors with the response', async () => {
    const api = await open()
    const error = await rejection(api.get('/missing'))
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toMatchObject({
      code: 'ERR_BAD_REQUEST',
      response: { status: 404, data: { error: 'no such thing' } },
    })
  })

  test('its time limit, an abort, and nobody there', async () => {
    const api = await open()
    expect(await rejection(api.get('/hang', { timeout: 50 }))).toMatchObject({ code: 'ETIMEDOUT' })

    const controller = new AbortController()
    const pending = api.get('/hang', { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    const canceled = await rejection(pending)
    expect([canceled.code, axios.isCancel(canceled)]).toEqual(['ERR_CANCELED', true])

    const nobody = await rejection(api.get('https://localhost:2/'))
    expect(nobody).toMatchObject({ code: 'ERR_NETWORK', message: 'Network Error' })
  })

  test('redirects, followed or not', async () => {
    const api = await open()
    expect((await api.get('/redirect/2')).data).toMatchObject({ hello: 'world' })
    const stopped = await rejection(api.get('/redirect/1', { maxRedirects: 0 }))
    expect(stopped.response).toMatchObject({ status: 302 })
    expect(stopped.response.headers.location).toBe('/')
  })
})

async function handle(request: ServerRequest, response: ServerReply): Promise<void> {
  switch (pathOf(request)) {
    case '/echo': {
      const body = JSON.parse((await readBody(request)).toString())
      const { 'x-hook': hook, 'content-type': type } = request.headers
      return json(response, 200, { body, q: queryOf(request).get('q'), hook, type })
    }
    case '/form': {
      const form = await formOf(request, await readBody(request))
      const { name, type, size } = form.get('file') as File
      return json(response, 200, { title: form.get('title'), file: [name, type, size] })
    }
    case '/swallow':
      return void request.resume()
    case '/missing':
      return json(response, 404, { error: 'no such thing' })
    default:
      await defaultRoutes(request, response)
  }
}
