import { describe, expect, test } from 'vitest'
import type { ClientRequest, ClientResponse } from '../../../src/core/dispatch.ts'
import { oneShotBody } from '../../../src/core/request-body.ts'
import { createHedge, type HedgeOptions } from '../../../src/interceptors/hedge.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { clientRequest, clientResponse, type FakeResponse, openResponse } from '../fakes/exchange.ts'

class World {
  readonly clock = new FakeClock(1000)
  readonly requests: ClientRequest[] = []
  readonly #answers: { resolve(response: ClientResponse): void; reject(error: unknown): void }[] = []
  readonly send

  constructor(options: Partial<HedgeOptions> = {}) {
    this.send = createHedge(
      { delay: 100, ...options },
      this.clock,
    )((request) => {
      this.requests.push(request)
      return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }))
    })
  }

  async answer(attempt: number, response: ClientResponse = clientResponse(200)): Promise<void> {
    this.#answers[attempt]?.resolve(response)
    await this.clock.flush()
  }

  async fail(attempt: number, error: unknown): Promise<void> {
    this.#answers[attempt]?.reject(error)
    await this.clock.flush()
  }

  /** Whether the signals of the attempts were aborted. */
  get aborted(): (boolean | undefined)[] {
    return this.requests.map(({ signal }) => signal?.aborted)
  }

  /** A request that was sent twice. */
  async hedged(part: Partial<ClientRequest> = {}) {
    const promise = this.send(clientRequest(part))
    promise.catch(() => {})
    await this.clock.advance(100)
    expect(this.requests).toHaveLength(2)
    return promise
  }
}

test('an answer in time is the only one asked for, and no timer stays', async () => {
  const world = new World()
  const promise = world.send(clientRequest())
  await world.clock.advance(99)
  await world.answer(0)
  expect((await promise).status).toBe(200)
  expect(world.clock.pending).toBe(0)
  expect(world.requests).toHaveLength(1)
})

test.each([
  [0, [false, true]],
  [1, [true, false]],
])('the one that is answered first wins, the other is aborted: %i', async (winner, aborted) => {
  const world = new World()
  const promise = world.send(clientRequest())
  await world.clock.advance(100)
  const response = clientResponse(200)
  await world.answer(winner, response)
  expect(await promise).toBe(response)
  expect(world.aborted).toEqual(aborted)
})

test('an answer that comes too late is let go of', async () => {
  const world = new World()
  const promise = world.send(clientRequest())
  await world.clock.advance(100)
  await world.answer(0)
  await promise
  const late: FakeResponse = openResponse()
  await world.answer(1, late.response)
  expect(late.log.cancelled).toBe(1)
})

describe('one that is bad', () => {
  test('before the second was sent is the answer: a retry is not a hedge', async () => {
    const world = new World()
    const promise = world.send(clientRequest())
    await world.answer(0, clientResponse(503))
    expect((await promise).status).toBe(503)
    expect(world.clock.pending).toBe(0)
  })

  test.each([
    ['a 503', clientResponse(503)],
    ['an error', new Error('lost')],
  ])('waits for the other: %s', async (_what, bad) => {
    const world = new World()
    const promise = world.send(clientRequest())
    await world.clock.advance(100)
    if (bad instanceof Error) await world.fail(0, bad)
    else await world.answer(0, bad)
    await world.answer(1)
    expect((await promise).status).toBe(200)
  })

  test('with another that is bad too: a response before an error, the first before the second', async () => {
    const answered = new World()
    const response = answered.send(clientRequest())
    await answered.clock.advance(100)
    await answered.fail(0, new Error('lost'))
    await answered.answer(1, clientResponse(500))
    expect((await response).status).toBe(500)
    const failed = new World()
    const promise = failed.send(clientRequest())
    promise.catch(() => {})
    await failed.clock.advance(100)
    await failed.fail(1, new Error('second'))
    await failed.fail(0, new Error('first'))
    await expect(promise).rejects.toThrow('first')
  })
})

describe('an abort', () => {
  test('reaches both', async () => {
    const world = new World()
    const controller = new AbortController()
    void world.send(clientRequest({ signal: controller.signal })).catch(() => {})
    await world.clock.advance(100)
    controller.abort('enough')
    expect(world.aborted).toEqual([true, true])
  })

  test('before the second was sent keeps it from being sent', async () => {
    const world = new World()
    const controller = new AbortController()
    void world.send(clientRequest({ signal: controller.signal })).catch(() => {})
    controller.abort('enough')
    await world.clock.advance(200)
    expect(world.aborted).toEqual([true])
  })

  test('reaches the body of the one that won', async () => {
    const world = new World()
    const controller = new AbortController()
    const promise = world.send(clientRequest({ signal: controller.signal }))
    const { response, queue } = openResponse()
    await world.answer(0, response)
    await promise
    controller.abort('enough')
    expect(world.requests[0]?.signal?.reason).toBe('enough')
    queue.end(null)
  })
})

test('the budget ends it: ten at once, and then a share', async () => {
  const world = new World({ budget: 0.5 })
  for (let request = 0; request < 20; request += 1) void world.send(clientRequest())
  await world.clock.advance(100)
  expect(world.requests.length).toBe(30)
  for (let request = 0; request < 2; request += 1) void world.send(clientRequest())
  await world.clock.advance(100)
  expect(world.requests.length).toBe(33)
})

test.each<[string, Partial<ClientRequest>]>([
  ['what acts', { method: 'POST' }],
  ['a stream', { method: 'GET', body: oneShotBody([]) }],
])('%s is sent once', async (_what, part) => {
  const world = new World()
  void world.send(clientRequest(part))
  await world.clock.advance(1000)
  expect(world.requests).toHaveLength(1)
})

test.each([{ delay: Number.NaN }, { delay: -1 }, { budget: 0 }, { budget: 2 }])(
  '%j is refused',
  (options) => {
    expect(() => new World(options)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
    )
  },
)
