import { describe, expect, test } from 'vitest'
import type { ClientRequest, Interceptor } from '../../../src/core/dispatch.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import { shortcut } from '../../../src/interceptors/shortcut.ts'
import { clientRequest, clientResponse, type Step, scripted } from '../fakes/exchange.ts'

/** A layer that notes what passes through it, and sends once more what was answered 503. */
function setUp(...steps: Step[]) {
  const script = scripted(...steps)
  const seen: (number | unknown)[] = []
  const finals: ClientRequest[] = []
  const layer: Interceptor = (next) => async (request) => {
    try {
      const response = await next(request)
      seen.push(response.status)
      return response.status === 503 ? next(request) : response
    } catch (error) {
      seen.push(error)
      throw error
    }
  }
  const dispatch = shortcut([layer], (request) => finals.push(request))(script.dispatch)
  return { dispatch, seen, finals, requests: script.requests }
}

describe('shortcut', () => {
  test('a final response passes the layers by', async () => {
    const { dispatch, seen, finals } = setUp(clientResponse(200))
    const request = clientRequest({})
    expect((await dispatch(request)).status).toBe(200)
    expect(seen).toEqual([])
    expect(finals).toEqual([request])
  })

  test.each([
    ['a redirect', clientResponse(302), clientRequest({})],
    ['not modified', clientResponse(304), clientRequest({})],
    [
      'a content coding',
      clientResponse(200, ['content-encoding', 'gzip']),
      clientRequest({ decompress: true }),
    ],
    [
      'a status to retry',
      clientResponse(429),
      clientRequest({ retry: { ...RETRY_DEFAULTS, statuses: [429] } }),
    ],
  ])('%s goes through the layers, sent once', async (_what, response, request) => {
    const { dispatch, seen, finals, requests } = setUp(response)
    expect(await dispatch(request)).toBe(response)
    expect(seen).toEqual([response.status])
    expect(finals).toEqual([])
    expect(requests).toEqual([request])
  })

  test('a content coding nobody wants undone is final', async () => {
    const { dispatch, seen } = setUp(clientResponse(200, ['content-encoding', 'gzip']))
    await dispatch(clientRequest({ decompress: false }))
    expect(seen).toEqual([])
  })

  test('a failure reaches the layers', async () => {
    const error = new Error('lost')
    const { dispatch, seen } = setUp(error)
    await expect(dispatch(clientRequest({}))).rejects.toBe(error)
    expect(seen).toEqual([error])
  })

  test('what a layer sends again is sent', async () => {
    const { dispatch, requests } = setUp(clientResponse(503), clientResponse(200))
    const request = clientRequest({ retry: { ...RETRY_DEFAULTS, statuses: [503] } })
    expect((await dispatch(request)).status).toBe(200)
    expect(requests.length).toBe(2)
  })
})
