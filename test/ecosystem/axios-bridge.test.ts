/** axios with its own `http` adapter over the bridge: redirects, limits, progress and decoding are axios's. */
import { Readable } from 'node:stream'
import axios, { AxiosError, type AxiosInstance } from 'axios'
import { axiosAdapter } from 'trunkline/http2-wrapper'
import { describe, expect, test } from 'vitest'
import { deterministicBytes } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { BridgeStand, protocols } from './support/bridge-stand.ts'

const stand = new BridgeStand()

describe.each(protocols)('axios over %s', (protocol) => {
  async function open(): Promise<Awaited<ReturnType<BridgeStand['open']>> & { api: AxiosInstance }> {
    const track = await stand.open(protocol)
    return {
      ...track,
      api: axios.create({ adapter: axiosAdapter(axios, track.bridge), baseURL: track.origin }),
    }
  }

  test('JSON, parameters, headers, forms', async () => {
    const { api, server } = await open()
    const { data } = await api.get('/echo', { params: { q: 'a b' }, headers: { 'x-a': '1' } })
    expect(data).toMatchObject({ url: '/echo?q=a+b', headers: { 'x-a': '1' } })
    expect((await api.post('/echo', { n: 1 })).data).toEqual({ n: 1 })
    expect((await api.delete('/echo', { data: { n: 1 } })).data).toMatchObject({ method: 'DELETE' })
    const form = new FormData()
    form.set('a', '1')
    expect((await api.post('/echo', form)).data).toContain('name="a"')
    if (protocol === 'h2') expect(server.counts.tcpConnections).toBe(1)
  })

  test('redirects, with a body too', async () => {
    const { api } = await open()
    expect((await api.get('/redirect/2')).data).toMatchObject({ hello: 'world' })
    const { data } = await api.post('/redirect/1?status=307&to=/upload', 'kept')
    expect(data).toMatchObject({ length: 4 })
    await expect(api.get('/redirect/5', { maxRedirects: 2 })).rejects.toMatchObject({
      code: 'ERR_FR_TOO_MANY_REDIRECTS',
    })
    expect((await api.get('/redirect/1', { maxRedirects: 0, validateStatus: null })).status).toBe(302)
  })

  test('decoding, kinds of response, progress', async () => {
    const { api } = await open()
    expect((await api.get('/gzip')).data).toBe('Trunkline '.repeat(1000))
    let loaded = 0
    const onDownloadProgress = (event: { loaded: number }) => {
      loaded = event.loaded
    }
    const { data } = await api.get('/bytes/200000', { responseType: 'arraybuffer', onDownloadProgress })
    expect(Buffer.from(data)).toEqual(deterministicBytes(200_000))
    await waitFor(() => loaded === 200_000)
    const { data: stream } = await api.get('/stream/50000', { responseType: 'stream' })
    expect(Buffer.concat(await (stream as Readable).toArray())).toEqual(deterministicBytes(50_000))
    const upload = await api.post('/upload', Readable.from([deterministicBytes(3_000_000)]))
    expect(upload.data).toMatchObject({ length: 3_000_000 })
  })

  test('errors, timeouts, signals, limits', async () => {
    const { api, client } = await open()
    await expect(api.get('/status/404')).rejects.toMatchObject({ response: { status: 404 } })
    await expect(api.get('/hang', { timeout: 50 })).rejects.toMatchObject({ code: AxiosError.ECONNABORTED })
    const controller = new AbortController()
    const request = api.get('/hang', { signal: controller.signal })
    controller.abort()
    await expect(request).rejects.toMatchObject({ code: AxiosError.ERR_CANCELED })
    await expect(api.get('/bytes/100000', { maxContentLength: 1000 })).rejects.toMatchObject({
      code: AxiosError.ERR_BAD_RESPONSE,
    })
    await expect(api.get('https://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await waitFor(() => client.stats().active === 0)
  })
})
