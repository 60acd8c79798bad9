import { describe, expect, test } from 'vitest'
import type { GetOptions, GetResult } from '../../../src/discovery/background-get.ts'
import {
  type ConsulResolverOptions,
  createConsulResolver,
  nextIndex,
} from '../../../src/discovery/consul-resolver.ts'
import type { Endpoint } from '../../../src/discovery/resolver.ts'
import { FakeClock } from '../../support/fake-clock.ts'

interface Question {
  readonly url: URL
  readonly options: GetOptions
  readonly at: number
  answer(ports: readonly number[], index?: number | null): void
  fail(status?: number): void
}

function scene(options: ConsulResolverOptions = {}) {
  const clock = new FakeClock(1000)
  const questions: Question[] = []
  const get = (url: URL, options: GetOptions) =>
    new Promise<GetResult>((resolve, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason))
      questions.push({
        url,
        options,
        at: clock.now(),
        answer: (ports, index = 10) =>
          resolve({
            status: 200,
            headers: index === null ? {} : { 'x-consul-index': String(index) },
            text: JSON.stringify(ports.map((Port) => ({ Node: { Address: '10.0.0.1' }, Service: { Port } }))),
          }),
        fail: (status) =>
          status === undefined
            ? reject(new Error('refused'))
            : resolve({ status, headers: {}, text: 'No cluster leader' }),
      })
    })
  const resolver = createConsulResolver(options, { get, clock, random: () => 1 })
  const controller = new AbortController()
  const seen: (readonly Endpoint[])[] = []
  const watch = async () => {
    for await (const set of resolver.watch?.('orders.service', controller.signal) ?? []) seen.push(set)
  }
  const last = () => questions.at(-1) as Question
  return { clock, questions, last, resolver, controller, seen, watch }
}

test.each<[string, number, number | null, number]>([
  ['a newer one is waited on', 10, 11, 11],
  ['the same one too', 10, 10, 10],
  ['one that went backwards is begun anew', 10, 9, 0],
  ['0 would not block', 0, 0, 1],
  ['none at all cannot be waited on', 10, null, 0],
])('an index: %s', (_title, before, received, next) => {
  expect(nextIndex(before, received)).toBe(next)
})

describe('a question', () => {
  test('keeps the process alive only when somebody waits for its answer', async () => {
    const { last, resolver, watch, controller, clock } = scene()
    const resolved = resolver.resolve('orders.service', controller.signal)
    await clock.flush()
    expect(last().options).toMatchObject({ background: false, timeout: 10_000 })
    last().answer([80])
    expect(await resolved).toEqual([{ host: '10.0.0.1', port: 80, weight: 1 }])
    void watch()
    await clock.flush()
    last().answer([80])
    await clock.advance(100)
    expect(last().options).toMatchObject({ background: true, timeout: 60_000 * (17 / 16) + 10_000 })
  })

  test('has the name of the service as its first label, or as it is told, and the path of the agent before it', async () => {
    const { last, resolver, controller, clock } = scene({
      url: 'https://consul.test/proxy/',
      service: (name) => `team/${name}`,
    })
    resolver.resolve('orders', controller.signal).catch(() => {})
    await clock.flush()
    expect(last().url.href).toBe('https://consul.test/proxy/v1/health/service/team%2Forders?passing=true')
    controller.abort()
    expect(last().options.headers).not.toHaveProperty('x-consul-token')
  })
})

describe('a watch', () => {
  test('tells only what changed', async () => {
    const { last, watch, clock, seen, questions } = scene()
    void watch()
    await clock.flush()
    for (const [ports, index] of [
      [[1], 10],
      [[1], 12],
      [[1, 2], 13],
      [[], 14],
    ] as const) {
      last().answer(ports, index)
      await clock.advance(100)
    }
    expect(seen.map((set) => set.map(({ port }) => port))).toEqual([[1], [1, 2], []])
    expect(questions.map(({ url }) => url.searchParams.get('index'))).toEqual([null, '10', '12', '13', '14'])
  })

  test('is not driven by an index that races, nor by an agent without one', async () => {
    const { last, watch, clock, questions } = scene()
    void watch()
    await clock.flush()
    for (let index = 10; index < 13; index += 1) {
      last().answer([1], index)
      await clock.advance(100)
    }
    last().answer([1], null)
    await clock.advance(4999)
    expect(questions.map(({ at }) => at)).toEqual([1000, 1100, 1200, 1300])
    await clock.advance(1)
    expect(questions.length).toBe(5)
    expect(clock.pendingRefs).toBe(0)
  })

  test('waits longer and longer while Consul fails, begins anew then, and tells nothing meanwhile', async () => {
    const { last, watch, clock, questions, seen } = scene()
    void watch()
    await clock.flush()
    last().answer([1], 10)
    await clock.advance(100)
    const waits: number[] = []
    for (const status of [undefined, 500, 429, 403, 500, 500, 500]) {
      last().fail(status)
      await clock.flush()
      waits.push(clock.dueIn[0] ?? 0)
      await clock.next()
      await clock.flush()
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(last().url.searchParams.has('index')).toBe(false)
    last().answer([1], 3)
    await clock.advance(5000)
    expect(seen.length).toBe(1)
    last().fail()
    await clock.flush()
    expect(clock.dueIn).toEqual([1000])
    expect(questions.length).toBe(10)
  })

  test.each(['while it asks', 'while it waits'])('ends with its signal, %s', async (when) => {
    const { watch, clock, controller, last } = scene()
    const ended = watch()
    await clock.flush()
    if (when === 'while it waits') last().fail()
    await clock.flush()
    controller.abort()
    await ended
    expect(clock.pending).toBe(0)
  })
})
