import { expect, test } from 'vitest'
import type { Interceptor } from '../../../src/core/dispatch.ts'
import { compose } from '../../../src/interceptors/compose.ts'
import { clientRequest, clientResponse } from '../fakes/exchange.ts'

test('the first interceptor is the outermost: first on the way out, last on the way back', async () => {
  const order: string[] = []
  const named =
    (name: string): Interceptor =>
    (next) =>
    async (request) => {
      order.push(`> ${name}`)
      const response = await next(request)
      order.push(`< ${name}`)
      return response
    }
  const dispatch = compose([named('a'), named('b')], async () => {
    order.push('terminal')
    return clientResponse()
  })
  expect(order).toEqual([])
  await dispatch(clientRequest())
  expect(order).toEqual(['> a', '> b', 'terminal', '< b', '< a'])
})

test('interceptors are built once, not per request', async () => {
  let built = 0
  const counting: Interceptor = (next) => {
    built += 1
    return next
  }
  const dispatch = compose([counting], async () => clientResponse())
  await dispatch(clientRequest())
  await dispatch(clientRequest())
  expect(built).toBe(1)
})

test('none leave the terminal as it is', () => {
  const terminal = async () => clientResponse()
  expect(compose([], terminal)).toBe(terminal)
})

test('an interceptor may answer by itself, change the request, and see failures', async () => {
  const seen: unknown[] = []
  const dispatch = compose(
    [
      (next) => (request) => next(request).catch((error) => clientResponse(599, ['x-error', error.message])),
      (next) => (request) => next({ ...request, method: 'PUT' }),
    ],
    async (request) => {
      seen.push(request.method)
      throw new Error('down')
    },
  )
  const response = await dispatch(clientRequest())
  expect(seen).toEqual(['PUT'])
  expect(response.headers).toEqual(['x-error', 'down'])
})
