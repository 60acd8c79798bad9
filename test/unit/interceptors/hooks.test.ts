import { describe, expect, test } from 'vitest'
import { ConnectionError } from '../../../src/core/errors.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { createHooks } from '../../../src/interceptors/hooks.ts'
import { createRetry } from '../../../src/interceptors/retry.ts'
import { RetryBudget } from '../../../src/interceptors/retry-budget.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { clientRequest, clientResponse, openResponse, scripted } from '../fakes/exchange.ts'

describe('beforeRequest', () => {
  test('may look, and may give another request', async () => {
    const { dispatch, requests } = scripted(clientResponse(), clientResponse())
    const looked: string[] = []
    await createHooks({ beforeRequest: ({ method }) => void looked.push(method) })(dispatch)(clientRequest())
    await createHooks({
      beforeRequest: async (request) => ({ ...request, headers: ['x-tenant', String(request.context)] }),
    })(dispatch)(clientRequest())
    expect(looked).toEqual(['GET'])
    expect(requests.map(({ headers }) => headers)).toEqual([[], ['x-tenant', 'undefined']])
  })

  test('that throws sends nothing', async () => {
    const { dispatch, requests } = scripted()
    const hooked = createHooks({ beforeRequest: () => Promise.reject(new Error('no')) })(dispatch)
    await expect(hooked(clientRequest())).rejects.toThrow('no')
    expect(requests).toEqual([])
  })
})

describe('afterResponse', () => {
  test('may look, and may give another response', async () => {
    const { dispatch } = scripted(clientResponse(200), clientResponse(200))
    const looked: number[] = []
    const look = createHooks({ afterResponse: ({ status }) => void looked.push(status) })(dispatch)
    expect((await look(clientRequest())).status).toBe(200)
    const change = createHooks({ afterResponse: () => clientResponse(299) })(dispatch)
    expect((await change(clientRequest())).status).toBe(299)
    expect(looked).toEqual([200])
  })

  test('that throws lets go of the body', async () => {
    const { response, log } = openResponse()
    const hooked = createHooks({
      afterResponse: () => {
        throw new Error('mine')
      },
    })(scripted(response).dispatch)
    await expect(hooked(clientRequest())).rejects.toThrow('mine')
    expect(log.cancelled).toBe(1)
  })
})

test('onError sees the error, which goes on', async () => {
  const failure = new Error('lost')
  const seen: unknown[] = []
  const hooked = createHooks({ onError: (error, { target }) => void seen.push(error, target.path) })(
    scripted(failure).dispatch,
  )
  await expect(hooked(clientRequest())).rejects.toBe(failure)
  expect(seen).toEqual([failure, '/'])
})

test("onRetry is told beside the request's own", async () => {
  const told: string[] = []
  const lost = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')
  const retry = createRetry(
    new FakeClock(),
    new Lifetime(),
    new RetryBudget(),
  )(scripted(lost, clientResponse()).dispatch)
  const request = clientRequest()
  await createHooks({
    onRetry: ({ retry: number }, { method }) => void told.push(`hook ${number} ${method}`),
  })(retry)({
    ...request,
    retry: { ...request.retry, onRetry: () => told.push('own') },
  })
  expect(told).toEqual(['own', 'hook 1 GET'])
})
