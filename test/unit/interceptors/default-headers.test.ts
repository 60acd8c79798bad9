import { expect, test } from 'vitest'
import { defaultHeaders } from '../../../src/interceptors/default-headers.ts'
import { clientRequest, clientResponse, scripted } from '../fakes/exchange.ts'

test('fields are added that the request does not have', async () => {
  const { dispatch, requests } = scripted(clientResponse(), clientResponse())
  const send = defaultHeaders({ 'X-App': 'a', accept: 'text/html' })(dispatch)
  await send(clientRequest({ headers: ['accept', '*/*'] }))
  expect(requests[0]?.headers).toEqual(['accept', '*/*', 'x-app', 'a'])
})

test('a function is asked for each request, and a request that has all goes on as it is', async () => {
  const { dispatch, requests } = scripted(clientResponse(), clientResponse())
  let count = 0
  const send = defaultHeaders(async ({ method }) => ({ 'x-count': `${method} ${++count}` }))(dispatch)
  const full = clientRequest({ headers: ['x-count', '0'] })
  await send(clientRequest())
  await send(full)
  expect(requests[0]?.headers).toEqual(['x-count', 'GET 1'])
  expect(requests[1]).toBe(full)
})

test('a field that is none is refused where it is given', () => {
  expect(() => defaultHeaders({ 'x y': 'z' })).toThrow(
    expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_HEADER' }),
  )
})
