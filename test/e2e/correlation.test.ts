/** An id that follows what runs under it into events, errors and to servers. */
import { type ClientError, correlationId, type Interceptor, withCorrelationId } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { EventLog } from '../support/event-log.ts'
import { Bench, rejection } from './support/bench.ts'

const bench = new Bench()
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

interface Echo {
  readonly headers: Record<string, string>
}

describe('correlation', () => {
  test('is off unless asked for: nothing is sent, and events know the id that runs', async () => {
    using log = new EventLog()
    const server = await bench.h2Server()
    const client = bench.client()
    const echo = await withCorrelationId('abc', async () => {
      await Promise.resolve()
      return (await client.fetch(`${server.origin}/echo`)).json() as Promise<Echo>
    })
    expect(echo.headers).not.toHaveProperty('x-request-id')
    await (await client.fetch(server.origin)).text()
    expect(log.all('request:end').map((event) => event.correlationId)).toEqual(['abc', null])
  })

  test('gives every call an id, sends it, and puts it into all events of the call', async () => {
    using log = new EventLog()
    const server = await bench.h2Server()
    const client = bench.client({ correlation: true })
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const echo = (await (await client.fetch(`${server.origin}/echo`)).json()) as Echo
        return echo.headers['x-request-id'] as string
      }),
    )
    expect(ids[0]).toMatch(UUID)
    expect(ids[1]).toMatch(UUID)
    expect(ids[0]).not.toBe(ids[1])
    const names = [
      'attempt:start',
      'queue:end',
      'stream:start',
      'stream:end',
      'attempt:end',
      'request:end',
    ] as const
    for (const name of names)
      expect(
        log
          .all(name)
          .map((event) => event.correlationId)
          .sort(),
        name,
      ).toEqual([...ids].sort())
  })

  test('inherits: the same id for all calls under it, through awaits and timers, redirects and retries', async () => {
    let asked = 0
    const seen: unknown[] = []
    const server = await bench.h2Server({
      handler: (request, response) => {
        asked += 1
        seen.push(request.headers['x-trace'])
        if (asked === 1) response.writeHead(302, { location: '/' }).end()
        else response.writeHead(asked === 2 ? 503 : 200).end()
      },
    })
    const client = bench.client({
      correlation: { header: 'X-Trace' },
      retry: { statuses: [503], baseDelay: 1 },
    })
    await withCorrelationId('order-7', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      await (await client.fetch(server.origin)).text()
      expect(correlationId()).toBe('order-7')
    })
    expect(correlationId()).toBeUndefined()
    expect(seen).toEqual(['order-7', 'order-7', 'order-7'])
  })

  test('nested calls of an interceptor inherit an id that was made for the call', async () => {
    const seen: unknown[] = []
    const server = await bench.h2Server({
      handler: (request, response) => {
        seen.push([request.url, request.headers['x-request-id']])
        response.end()
      },
    })
    let count = 0
    const options = { correlation: { id: () => `id-${++count}` } }
    const tokens = bench.client(options)
    const authorize: Interceptor = (next) => async (request) => {
      await (await tokens.fetch(`${server.origin}/token`)).text()
      return next(request)
    }
    const client = bench.client({ ...options, interceptors: [authorize] })
    await (await client.fetch(`${server.origin}/data`)).text()
    expect(seen).toEqual([
      ['/token', 'id-1'],
      ['/data', 'id-1'],
    ])
  })

  test('a field that the caller gives is the id', async () => {
    using log = new EventLog(['request:end'])
    const server = await bench.h2Server()
    const client = bench.client({ correlation: true })
    const headers = { 'x-request-id': 'mine' }
    const echo = (await (await client.fetch(`${server.origin}/echo`, { headers })).json()) as Echo
    expect(echo.headers['x-request-id']).toBe('mine')
    expect(log.all('request:end')[0]?.correlationId).toBe('mine')
  })

  test('stands in errors, of the head and of the body', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ correlation: { header: false }, retry: { limit: 0 } })
    await withCorrelationId('e1', async () => {
      const error = await rejection(client.fetch(`${server.origin}/destroy`))
      expect(error.cause.correlationId).toBe('e1')
      const { body } = await client.request(`${server.origin}/slow-body/5000`, { timeouts: { body: 20 } })
      const late: ClientError = await rejection(body.text())
      expect(late.correlationId).toBe('e1')
    })
  })

  test.each([[''], ['a b'], ['ü'], ['x'.repeat(257)], [7]])(
    'an id that cannot be sent is refused: %j',
    async (id) => {
      expect(() => withCorrelationId(id as string, () => {})).toThrow(/correlation id must be/)
      const client = bench.client({ correlation: { id: () => id as string } })
      const error: ClientError = await rejection(client.request('https://localhost:1/'))
      expect(error.code).toBe('ERR_TRUNKLINE_INVALID_OPTION')
    },
  )

  test.each([[1], [{ header: 7 }], [{ header: 'a b' }], [{ header: 'host' }], [{ id: 'x' }], [{ ids: 1 }]])(
    'a wrong option is refused: %j',
    (correlation) => {
      expect(() => bench.client({ correlation: correlation as never })).toThrow(/correlation/)
    },
  )
})
