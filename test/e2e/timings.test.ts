/** Where the time went, of every response and every error: the parts explain the whole. */
import type { ClientError, PhaseTimings, Timings } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { type RouteHandler, readBody } from '../support/servers.ts'
import { sleep } from '../support/wait-for.ts'
import { Bench, rejection } from './support/bench.ts'

const bench = new Bench()

function expectSum({ before, queued, firstByte, received, total, dns, connect, tls, sent }: Timings): void {
  expect(before + queued + firstByte + (received ?? Number.NaN)).toBeCloseTo(total ?? Number.NaN, 6)
  expect((dns ?? 0) + (connect ?? 0) + (tls ?? 0)).toBeLessThanOrEqual(queued + 1e-6)
  expect(sent).toBeGreaterThanOrEqual(0)
}

describe.each(['h2', 'http/1.1'] as const)('a response over %s', (protocol) => {
  test('explains its whole time, with a dial of its own and without', async () => {
    let end = () => {}
    const handler: RouteHandler = (_request, response) => {
      response.write('begun')
      end = () => response.end()
    }
    const server = await bench.server(protocol, { handler })
    const client = bench.client()
    const startedAt = performance.now()
    for (const first of [true, false]) {
      const response = await client.fetch(server.origin)
      expect(response.timings).toMatchObject({ received: null, total: null })
      // Not by the clock of the server: the head may be late.
      await sleep(30)
      end()
      await response.text()
      const { timings } = response
      expectSum(timings)
      expect(timings).toMatchObject({ before: 0, attempts: 1, resumed: false, sent: 0 })
      expect(timings.startedAt).toBeGreaterThanOrEqual(startedAt)
      expect(timings.received).toBeGreaterThan(25)
      for (const part of [timings.dns, timings.connect, timings.tls]) expect(part === null).toBe(!first)
    }
  })

  test('an upload has its own time', async () => {
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        await readBody(request)
        response.end('all there')
      },
    })
    const client = bench.client()
    const body = async function* () {
      yield Buffer.from('a')
      await sleep(30)
      yield Buffer.from('b')
    }
    const { timings } = await finished(client.request(server.origin, { method: 'POST', body: body() }))
    expectSum(timings)
    expect(timings.sent).toBeGreaterThanOrEqual(25)
    expect(timings.firstByte).toBeGreaterThanOrEqual((timings.sent ?? 0) - 1)
  })

  test('retries and redirects are in the total', async () => {
    let asked = 0
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        asked += 1
        await sleep(20)
        if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
        else response.writeHead(asked === 2 ? 503 : 200).end('text')
      },
    })
    const client = bench.client({ retry: { statuses: [503], baseDelay: 1 } })
    const { timings } = await finished(client.request(`${server.origin}/moved`, { redirect: 'follow' }))
    expectSum(timings)
    expect(asked).toBe(3)
    expect(timings.before).toBeGreaterThanOrEqual(38)
  })

  test('a wait for a turn is in the total', async () => {
    const server = await bench.server(protocol)
    const client = bench.client({ limits: { inFlight: 1 } })
    const [, second] = await Promise.all([
      finished(client.request(`${server.origin}/delay/30`)),
      finished(client.request(server.origin)),
    ])
    expectSum(second.timings)
    expect(second.timings.before).toBeGreaterThanOrEqual(28)
  })
})

describe('an error', () => {
  function explained(timings: PhaseTimings): number {
    const { before = 0, queue = 0, dns = 0, connect = 0, tls = 0, headers = 0 } = timings
    return before + queue + dns + connect + tls + headers
  }

  test('of the server: where it was, and all its time', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ retry: { limit: 0 } })
    await finished(client.request(server.origin))
    const error: ClientError = await rejection(
      client.request(`${server.origin}/hang`, { timeouts: { headers: 30 } }),
    )
    expect(error).toMatchObject({
      phase: 'headers',
      attempts: 1,
      streamId: 3,
      connectionId: expect.any(Number),
    })
    expect(error.timings.total).toBeGreaterThanOrEqual(30)
    // The rest went into the phase that failed.
    expect((error.timings.total ?? 0) - explained(error.timings)).toBeGreaterThanOrEqual(29)
  })

  test('in the body: the head had its time', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const { body } = await client.request(`${server.origin}/slow-body/5000`, { timeouts: { body: 30 } })
    const error: ClientError = await rejection(body.text())
    const { timings } = error
    expect(timings).toMatchObject({ dns: expect.any(Number), headers: expect.any(Number) })
    const total = timings.total ?? 0
    expect(total - explained(timings)).toBeGreaterThanOrEqual(29)
    expect(explained(timings)).toBeLessThanOrEqual(total)
  })

  test('of the dial, and after a retry', async () => {
    const gone = await bench.h1Server()
    await gone.teardown()
    const client = bench.client()
    const once: ClientError = await rejection(client.request(gone.origin, { retry: false }))
    expect(once.timings.total).toBeGreaterThan(0)
    expect(once.timings.before).toBeUndefined()
    const retry = { limit: 1, errors: ['ERR_TRUNKLINE_CONNECT_FAILED'] as const }
    const twice: ClientError = await rejection(client.request(gone.origin, { retry }))
    expect(twice.timings.before).toBeGreaterThan(0)
    expect(twice.timings.total).toBeGreaterThanOrEqual(twice.timings.before ?? Number.NaN)
  })
})

async function finished<T extends { readonly body: { text(): Promise<string> } }>(
  call: Promise<T>,
): Promise<T> {
  const response = await call
  await response.body.text()
  return response
}
