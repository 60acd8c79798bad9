import { describe, expect, test } from 'vitest'
import type { ClientRequest, ClientResponse } from '../../../src/core/dispatch.ts'
import { ConnectionError } from '../../../src/core/errors.ts'
import { type DedupeOptions, dedupe } from '../../../src/interceptors/dedupe.ts'
import { clientRequest, type FakeResponse, openResponse, textBody } from '../fakes/exchange.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

class World {
  readonly requests: ClientRequest[] = []
  readonly #answers: { resolve(response: ClientResponse): void; reject(error: unknown): void }[] = []
  readonly send

  constructor(options?: DedupeOptions) {
    this.send = dedupe(options)((request) => {
      this.requests.push(request)
      return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }))
    })
  }

  answer(): FakeResponse {
    const fake = openResponse(200)
    this.#answers.shift()?.resolve(fake.response)
    return fake
  }

  fail(error: unknown): void {
    this.#answers.shift()?.reject(error)
  }
}

test('requests that are alike share one, and each caller gets the whole response', async () => {
  const world = new World()
  const all = [1, 2, 3].map(() => world.send(clientRequest()))
  expect(world.requests).toHaveLength(1)
  const { queue } = world.answer()
  const responses = await Promise.all(all)
  const texts = responses.map(({ body }) => body.text())
  queue.push(Buffer.from('hello, '))
  queue.push(Buffer.from('world'))
  queue.end(['x-end', 'yes'])
  expect(await Promise.all(texts)).toEqual(['hello, world', 'hello, world', 'hello, world'])
  expect(await responses[1]?.body.trailers()).toEqual(['x-end', 'yes'])
  expect(responses[0]?.timings.firstByte).toBe(2)
})

test('readers do not share the memory: one may give its buffers away', async () => {
  const world = new World()
  const all = [world.send(clientRequest()), world.send(clientRequest())]
  const { queue } = world.answer()
  const [one, other] = (await Promise.all(all)) as [ClientResponse, ClientResponse]
  const chunk = new Uint8Array(new ArrayBuffer(4)).fill(7)
  const stream = one.body.stream()
  const bytes = other.body.bytes()
  queue.push(chunk)
  queue.end(null)
  for await (const piece of stream) structuredClone(piece, { transfer: [piece.buffer as ArrayBuffer] })
  expect([...(await bytes)]).toEqual([7, 7, 7, 7])
})

test('who comes after the head has a request of their own', async () => {
  const world = new World()
  const first = world.send(clientRequest())
  world.answer()
  await first
  void world.send(clientRequest())
  expect(world.requests).toHaveLength(2)
})

describe('not alike', () => {
  test.each<[string, Partial<ClientRequest>]>([
    ['another header', { headers: ['accept-language', 'de'] }],
    ['another method', { method: 'HEAD' }],
    ['a method that acts', { method: 'POST' }],
    ['a body', { method: 'GET', body: textBody('x') }],
    ['a listener', { onInformational: () => {} }],
  ])('%s', (_what, part) => {
    const world = new World()
    void world.send(clientRequest())
    void world.send(clientRequest(part))
    expect(world.requests).toHaveLength(2)
  })

  test('or as the key says', () => {
    const world = new World({ key: ({ target }) => (target.path === '/alone' ? null : target.path) })
    for (const language of ['de', 'en'])
      void world.send(clientRequest({ headers: ['accept-language', language] }))
    expect(world.requests).toHaveLength(1)
    for (let time = 0; time < 2; time += 1) void world.send(clientRequest({}, 'https://example.test/alone'))
    expect(world.requests).toHaveLength(3)
  })
})

describe('an abort', () => {
  test('is of the one who aborts', async () => {
    const world = new World()
    const controller = new AbortController()
    const leaver = world.send(clientRequest({ signal: controller.signal }))
    const stayer = world.send(clientRequest())
    controller.abort('bye')
    await expect(leaver).rejects.toBe('bye')
    expect(world.requests[0]?.signal?.aborted).toBe(false)
    const { queue } = world.answer()
    queue.end(null)
    expect(await (await stayer).body.text()).toBe('')
  })

  test('of the last one is one of the request, and nobody joins it', async () => {
    const world = new World()
    const controllers = [new AbortController(), new AbortController()] as const
    const all = controllers.map(({ signal }) => world.send(clientRequest({ signal })))
    for (const controller of controllers) controller.abort('bye')
    await Promise.allSettled(all)
    expect(world.requests[0]?.signal?.reason).toBe('bye')
    void world.send(clientRequest())
    expect(world.requests).toHaveLength(2)
    // The answer that comes all the same is let go of.
    const { log } = world.answer()
    await turn()
    expect(log.cancelled).toBe(1)
  })

  test('while the body comes ends that reader, and the request when it was the only one', async () => {
    const world = new World()
    const controller = new AbortController()
    const [one, other] = [
      world.send(clientRequest({ signal: controller.signal })),
      world.send(clientRequest()),
    ]
    const shared = world.answer()
    const text = (await one).body.text()
    controller.abort('bye')
    await expect(text).rejects.toBe('bye')
    shared.queue.push(Buffer.from('x'))
    shared.queue.end(null)
    expect(await (await other).body.text()).toBe('x')
    const single = new AbortController()
    const alone = world.send(clientRequest({ signal: single.signal }))
    world.answer()
    await alone
    single.abort('bye')
    expect(world.requests[1]?.signal?.reason).toBe('bye')
  })
})

test('a failure is told to each, as an error of their own', async () => {
  const world = new World()
  const all = [world.send(clientRequest()), world.send(clientRequest())]
  world.fail(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost'))
  const errors = await Promise.all(all.map((promise) => promise.catch((error) => error)))
  expect(errors.map(({ code }) => code)).toEqual([
    'ERR_TRUNKLINE_CONNECTION_LOST',
    'ERR_TRUNKLINE_CONNECTION_LOST',
  ])
  expect(errors[0]).not.toBe(errors[1])
})

describe('the readers of one body', () => {
  async function two() {
    const world = new World()
    const all = [world.send(clientRequest()), world.send(clientRequest())]
    const fake = world.answer()
    const [one, other] = (await Promise.all(all)) as [ClientResponse, ClientResponse]
    return { ...fake, one, other }
  }

  test('wait for the slowest', async () => {
    const { queue, log, one, other } = await two()
    const quick = one.body.bytes()
    for (let chunk = 0; chunk < 40; chunk += 1) {
      queue.push(new Uint8Array(64 * 1024))
      await turn()
    }
    expect(log.paused).toBe(true)
    queue.end(null)
    await turn()
    expect((await other.body.bytes()).length).toBe(40 * 64 * 1024)
    expect((await quick).length).toBe(40 * 64 * 1024)
  })

  test('do not wait for one who cancels; when all have, nothing is left', async () => {
    const { queue, log, one, other } = await two()
    one.body.cancel()
    queue.push(new Uint8Array(512 * 1024))
    await turn()
    expect(log.cancelled).toBe(0)
    other.body.cancel()
    await turn()
    expect(log.cancelled).toBe(1)
  })

  test('all see it fail', async () => {
    const { queue, one, other } = await two()
    const both = [one.body.text(), other.body.text()]
    queue.fail(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost'))
    for (const text of both)
      await expect(text).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
  })
})
