import { describe, expect, test } from 'vitest'
import { ConnectError } from '../../../src/core/errors.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import { createFetch } from '../../../src/fetch/fetch.ts'
import { clientResponse, scripted } from '../fakes/exchange.ts'

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
})
