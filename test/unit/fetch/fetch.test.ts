import { describe, expect, test } from 'vitest'
import { ConnectError, ConnectionError } from '../../../src/core/errors.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import { createFetch } from '../../../src/fetch/fetch.ts'
import { clientResponse, openResponse, scripted } from '../fakes/exchange.ts'

describe('createFetch', () => {
  test('sends what was asked for and resolves to a response', async () => {
    const { dispatch, requests } = scripted(clientResponse(201, [], 'hello'))
    const response = await createFetch(dispatch, RETRY_DEFAULTS)('https://example.test/x', { method: 'put' })
    expect(requests[0]).toMatchObject({ method: 'PUT', retry: RETRY_DEFAULTS })
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('hello')
  })

  test('a response to HEAD has no body', async () => {
    const fetch = createFetch(scripted(clientResponse(200)).dispatch, RETRY_DEFAULTS)
    expect((await fetch('https://example.test/', { method: 'HEAD' })).body).toBeNull()
  })

  test('rejects, and never throws, for a request that is wrong', async () => {
    const { dispatch, requests } = scripted()
    const fetch = createFetch(dispatch, RETRY_DEFAULTS)
    for (const promise of [
      fetch('nonsense'),
      fetch('https://example.test/', { method: 'CONNECT' }),
      fetch('https://example.test/', { body: 'x' }),
      fetch(undefined as unknown as string),
    ]) {
      await expect(promise).rejects.toMatchObject({
        name: 'TypeError',
        cause: { name: 'InvalidRequestError', processed: 'no' },
      })
    }
    expect(requests).toEqual([])
  })

  test('rejects with TypeError "fetch failed" for a failure, its cause the ClientError', async () => {
    const cause = new ConnectError('ERR_TRUNKLINE_DNS_FAILED', 'no such host')
    const fetch = createFetch(scripted(cause).dispatch, RETRY_DEFAULTS)
    await expect(fetch('https://example.test/')).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause,
    })
  })

  test('rejects with the reason of an abort, untouched', async () => {
    const reason = new Error('enough')
    const fetch = createFetch(scripted(reason).dispatch, RETRY_DEFAULTS)
    await expect(fetch('https://example.test/')).rejects.toBe(reason)
  })

  test('a signal that was aborted before comes ahead of a port that is avoided, not of a request that is wrong', async () => {
    const fetch = createFetch(scripted().dispatch, RETRY_DEFAULTS)
    const signal = AbortSignal.abort('enough')
    const request = new Request('http://a.test:22/', { signal })
    await expect(fetch('http://a.test:22/', { signal })).rejects.toBe('enough')
    await expect(fetch(request)).rejects.toBe('enough')
    await expect(fetch(request, { signal: null })).rejects.toBeInstanceOf(TypeError)
    await expect(fetch('nonsense', { signal })).rejects.toBeInstanceOf(TypeError)
  })

  test('is called as the platform’s: one parameter, and an init that may be null', async () => {
    const fetch = createFetch(scripted(clientResponse(200, [], 'x')).dispatch, RETRY_DEFAULTS)
    expect(fetch.length).toBe(1)
    expect(fetch.name).toBe('fetch')
    expect((await fetch('https://example.test/', null as unknown as undefined)).status).toBe(200)
  })

  test('a URL that needs no network is the platform’s', async () => {
    const { dispatch, requests } = scripted()
    const fetch = createFetch(dispatch, RETRY_DEFAULTS)
    const response = await fetch('data:text/css,a%20b')
    expect(response.headers.get('content-type')).toBe('text/css')
    expect(await response.text()).toBe('a b')
    const url = URL.createObjectURL(new Blob(['blob']))
    expect(await (await fetch(url)).text()).toBe('blob')
    URL.revokeObjectURL(url)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    await expect(fetch('ftp://example.test/')).rejects.toThrow('fetch failed')
    expect(requests).toEqual([])
  })

  test('a stream as body is cancelled with the reason of a signal that was aborted before', async () => {
    const reason = new Error('enough')
    const cancelled: unknown[] = []
    const body = new ReadableStream<Uint8Array>({
      cancel: (given) => {
        cancelled.push(given)
      },
    })
    const fetch = createFetch(scripted(reason).dispatch, RETRY_DEFAULTS)
    const init = { method: 'POST', body, duplex: 'half', signal: AbortSignal.abort(reason) } as const
    await expect(fetch('https://example.test/', init)).rejects.toBe(reason)
    expect(cancelled).toEqual([reason])
  })
})

describe('integrity', () => {
  const ABC = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='

  test('a body that has the digest is handed out, trailers and all', async () => {
    const { response, queue } = openResponse(200, ['a', '1'])
    queue.push(Buffer.from('abc'))
    queue.end(['t', '1'])
    const fetched = await createFetch(scripted(response).dispatch, RETRY_DEFAULTS)('https://example.test/', {
      integrity: ABC,
    })
    expect(fetched.headers.get('a')).toBe('1')
    expect(await fetched.text()).toBe('abc')
    expect((await fetched.trailers).get('t')).toBe('1')
  })

  test.each([
    ['one that has not', 'abd', 'GET', 200],
    ['none', '', 'HEAD', 200],
    ['none by status', '', 'GET', 204],
  ])('%s fails the fetch', async (_, text, method, status) => {
    const fetch = createFetch(scripted(clientResponse(status, [], text)).dispatch, RETRY_DEFAULTS)
    await expect(fetch('https://example.test/', { method, integrity: ABC })).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ERR_TRUNKLINE_INTEGRITY_MISMATCH', processed: 'yes' },
    })
  })

  test('one that is cut off fails the fetch with that', async () => {
    const { response, queue } = openResponse()
    queue.fail(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost'))
    const fetch = createFetch(scripted(response).dispatch, RETRY_DEFAULTS)
    await expect(fetch('https://example.test/', { integrity: ABC })).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ERR_TRUNKLINE_CONNECTION_LOST' },
    })
  })
})
