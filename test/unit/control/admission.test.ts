import { describe, expect, test } from 'vitest'
import { ADAPTIVE_DEFAULTS, type AdaptivePolicy } from '../../../src/control/adaptive-limit.ts'
import { Admission, type AdmissionLimits } from '../../../src/control/admission.ts'
import type { ClientRequest, ClientResponse } from '../../../src/core/dispatch.ts'
import { TimeoutError } from '../../../src/core/errors.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { Sweeper } from '../../../src/core/sweeper.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { clientRequest, openResponse, TIMINGS } from '../fakes/exchange.ts'

const NEVER = Number.POSITIVE_INFINITY
const A = 'https://a.test/'
const B = 'https://b.test/'
const C = 'https://c.test/'

interface Sent {
  readonly url: string
  /** The head comes; returns what ends the body. */
  answer(status?: number, firstByte?: number): () => void
  fail(error: unknown): void
}

interface Options extends Partial<AdmissionLimits> {
  readonly adaptive?: Partial<AdaptivePolicy>
  readonly queueTimeout?: number
}

class World {
  readonly clock = new FakeClock(1000)
  readonly lifetime = new Lifetime()
  readonly limits: { -readonly [Name in keyof AdmissionLimits]: number }
  readonly admission: Admission
  /** What reached the network, in order. */
  readonly sent: Sent[] = []
  readonly outcomes: string[] = []

  constructor({ adaptive, queueTimeout = NEVER, ...limits }: Options = {}) {
    this.limits = { inFlight: NEVER, inFlightPerOrigin: NEVER, queued: 1000, ...limits }
    this.admission = new Admission({
      clock: this.clock,
      lifetime: this.lifetime,
      sweeper: new Sweeper(this.clock, 5),
      limits: this.limits,
      adaptive: adaptive === undefined ? null : { ...ADAPTIVE_DEFAULTS, ...adaptive },
      queueTimeout,
    })
  }

  readonly #network = (request: ClientRequest): Promise<ClientResponse> =>
    new Promise((resolve, reject) => {
      if (request.signal?.aborted === true) return reject(request.signal.reason)
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason))
      this.sent.push({
        url: request.target.href,
        answer: (status = 200, firstByte = 10) => {
          const { response, queue } = openResponse(status, [], { timings: { ...TIMINGS, firstByte } })
          resolve(response)
          return () => queue.end(null)
        },
        fail: reject,
      })
    })

  async send(url: string, part: Partial<ClientRequest> = {}): Promise<void> {
    this.admission
      .interceptor(this.#network)(clientRequest(part, url))
      .then(
        () => this.outcomes.push('head'),
        (error) => this.outcomes.push(error?.code ?? String(error)),
      )
    await this.clock.flush()
  }

  async sendMany(url: string, count: number): Promise<void> {
    for (let request = 0; request < count; request += 1) await this.send(url)
  }

  /** The oldest request to `url` that reached the network and has not ended ends. */
  async end(url: string, status?: number, firstByte?: number): Promise<void> {
    const index = this.sent.findIndex((request) => request.url === url && !this.#ended.has(request))
    const request = this.sent[index] as Sent
    this.#ended.add(request)
    request.answer(status, firstByte)()
    await this.clock.flush()
  }

  readonly #ended = new Set<Sent>()

  get urls(): string {
    return this.sent.map(({ url }) => url[8]).join('')
  }
}

describe('limits', () => {
  test('without any, requests pass and are not counted', async () => {
    const world = new World()
    await world.sendMany(A, 3)
    expect(world.sent).toHaveLength(3)
    expect(world.admission.stats()).toEqual([])
  })

  test('in all: the rest waits, first come first served', async () => {
    const world = new World({ inFlight: 2 })
    for (const path of ['1', '2', '3', '4']) await world.send(A + path)
    expect(world.sent.map(({ url }) => url)).toEqual([`${A}1`, `${A}2`])
    expect(world.admission.stats()).toEqual([
      { origin: 'https://a.test', inFlight: 2, waiting: 2, limit: NEVER, adaptive: null },
    ])
    await world.end(`${A}2`)
    expect(world.sent.at(-1)?.url).toBe(`${A}3`)
  })

  test('a request is in flight until its body has ended, not its head', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 2)
    const end = world.sent[0]?.answer()
    await world.clock.flush()
    expect(world.outcomes).toEqual(['head'])
    expect(world.sent).toHaveLength(1)
    end?.()
    await world.clock.flush()
    expect(world.sent).toHaveLength(2)
  })

  test('a failed request gives its place back', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 2)
    world.sent[0]?.fail(new Error('x'))
    await world.clock.flush()
    expect(world.sent).toHaveLength(2)
  })

  test('per origin: one origin does not hold up another', async () => {
    const world = new World({ inFlightPerOrigin: 1 })
    await world.sendMany(A, 3)
    await world.send(B)
    expect(world.urls).toBe('ab')
    expect(world.admission.stats()).toMatchObject([
      { inFlight: 1, waiting: 2, limit: 1 },
      { inFlight: 1, waiting: 0 },
    ])
  })

  test('nothing is kept of origins that nothing is sent to', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 2)
    await world.end(A)
    await world.end(A)
    expect(world.admission.stats()).toEqual([])
  })

  test('the queue of an origin has an end', async () => {
    const world = new World({ inFlight: 1, queued: 1 })
    await world.sendMany(A, 3)
    expect(world.outcomes).toEqual(['ERR_TRUNKLINE_CONCURRENCY_LIMIT'])
    await world.send(B)
    expect(world.outcomes).toHaveLength(1)
  })
})

describe('fairness', () => {
  test('origins take turns, however many requests each has waiting', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 4)
    await world.sendMany(B, 2)
    await world.send(C)
    for (let turn = 0; turn < 6; turn += 1) await world.end(world.sent.at(-1)?.url as string)
    expect(world.urls).toBe('aabcaba')
  })

  test('an origin whose requests stay for long does not collect all places', async () => {
    const world = new World({ inFlight: 4 })
    // A never answers but its first requests; B answers at once, for as long as anybody asks.
    await world.sendMany(A, 3)
    await world.send(B)
    await world.sendMany(A, 50)
    await world.sendMany(B, 50)
    await world.end(A)
    for (let round = 0; round < 20; round += 1) await world.end(B)
    const slow = world.admission.stats().find(({ origin }) => origin.endsWith('a.test'))
    expect(slow?.inFlight).toBe(2)
    expect(world.urls.replaceAll('a', '').length).toBeGreaterThan(20)
  })

  test('urgency decides within an origin', async () => {
    const world = new World({ inFlight: 1 })
    await world.send(A)
    await world.send(`${A}usual`)
    await world.send(`${A}late`, { priority: { urgency: 7 } })
    await world.send(`${A}first`, { priority: { urgency: 0 } })
    await world.send(`${A}usual2`)
    const order: string[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      await world.end(world.sent.at(-1)?.url as string)
      order.push(world.sent.at(-1)?.url.slice(A.length) as string)
    }
    expect(order).toEqual(['first', 'usual', 'usual2', 'late'])
  })
})

describe('leaving', () => {
  test('an abort takes the request out of the queue, with its reason', async () => {
    const world = new World({ inFlight: 1 })
    const controller = new AbortController()
    await world.send(A)
    await world.send(A, { signal: controller.signal })
    await world.send(A)
    controller.abort('no')
    await world.clock.flush()
    expect(world.outcomes).toEqual(['no'])
    expect(world.admission.stats()).toMatchObject([{ waiting: 1 }])
    await world.end(A)
    expect(world.sent).toHaveLength(2)
  })

  test('one that was aborted before it came never waits', async () => {
    const world = new World({ inFlight: 1 })
    await world.send(A)
    await world.send(A, { signal: AbortSignal.abort('early') })
    expect(world.outcomes).toEqual(['early'])
    expect(world.admission.stats()).toMatchObject([{ waiting: 0 }])
  })

  test('an abort in the turn in which its place came gives the place on', async () => {
    const world = new World({ inFlight: 1 })
    const controller = new AbortController()
    await world.send(A)
    await world.send(`${A}unlucky`, { signal: controller.signal })
    await world.send(`${A}next`)
    world.sent[0]?.fail(new Error('x'))
    await Promise.resolve().then(() => Promise.resolve())
    controller.abort('no')
    await world.clock.flush()
    expect(world.outcomes).toContain('no')
    expect(world.sent.at(-1)?.url).toBe(`${A}next`)
    expect(world.admission.stats()).toMatchObject([{ inFlight: 1, waiting: 0 }])
  })

  test('a queue timeout is one, and costs no timer where there is none', async () => {
    const world = new World({ inFlight: 1, queueTimeout: 100 })
    await world.sendMany(A, 2)
    await world.clock.advance(99)
    expect(world.outcomes).toEqual([])
    await world.clock.advance(6)
    expect(world.outcomes).toEqual(['ERR_TRUNKLINE_QUEUE_TIMEOUT'])
    await world.clock.advance(6)
    expect(world.clock.pending).toBe(0)
    const patient = new World({ inFlight: 1 })
    await patient.sendMany(A, 2)
    expect(patient.clock.pending).toBe(0)
  })

  test('the end of the client ends those who wait', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 2)
    await world.sendMany(B, 2)
    world.lifetime.end('over')
    await world.clock.flush()
    expect(world.outcomes).toEqual(['over', 'over', 'over'])
  })
})

describe('limits that change', () => {
  test('a higher one lets those go who wait', async () => {
    const world = new World({ inFlight: 1 })
    await world.sendMany(A, 4)
    world.limits.inFlight = 3
    world.admission.changed()
    await world.clock.flush()
    expect(world.sent).toHaveLength(3)
    world.limits.inFlight = NEVER
    world.admission.changed()
    await world.clock.flush()
    expect(world.sent).toHaveLength(4)
    await world.sendMany(A, 2)
    expect(world.sent).toHaveLength(6)
  })

  test('a lower one waits until there are that few', async () => {
    const world = new World({ inFlightPerOrigin: 3 })
    await world.sendMany(A, 4)
    world.limits.inFlightPerOrigin = 1
    world.admission.changed()
    for (let ended = 0; ended < 2; ended += 1) await world.end(A)
    expect(world.sent).toHaveLength(3)
    await world.end(A)
    expect(world.sent).toHaveLength(4)
  })
})

describe('adaptive', () => {
  /** Answers whatever is sent, in rounds of `latency` ms; a fresh request takes the place of each. */
  async function load(world: World, rounds: number, latency: number, status = 200): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await world.clock.advance(latency)
      const { inFlight } = world.admission.stats()[0] as { inFlight: number }
      for (let answered = 0; answered < inFlight; answered += 1) {
        await world.end(A, status, latency)
        await world.send(A)
      }
    }
  }

  test('the limit of an origin grows while latency stays, and holds the rest back', async () => {
    const world = new World({ adaptive: { initial: 4 } })
    await world.sendMany(A, 100)
    expect(world.sent).toHaveLength(4)
    await load(world, 30, 20)
    const [stats] = world.admission.stats()
    expect(stats?.limit).toBeGreaterThan(8)
    expect(stats?.inFlight).toBe(stats?.limit)
    expect(stats?.adaptive).toEqual({ limit: stats?.limit, baseline: 20, latency: 20 })
  })

  test.each([429, 503])('%i reduces it', async (status) => {
    const world = new World({ adaptive: { initial: 10 } })
    await world.sendMany(A, 20)
    await world.end(A, status)
    expect(world.admission.stats()[0]?.limit).toBe(7)
  })

  test('a timeout reduces it, an abort does not', async () => {
    const world = new World({ adaptive: { initial: 10 } })
    const controller = new AbortController()
    await world.send(A, { signal: controller.signal })
    await world.sendMany(A, 20)
    controller.abort('changed my mind')
    await world.clock.flush()
    expect(world.admission.stats()[0]?.limit).toBe(10)
    world.sent[2]?.fail(new TimeoutError('ERR_TRUNKLINE_QUEUE_TIMEOUT', 'no connection'))
    await world.clock.flush()
    expect(world.admission.stats()[0]?.limit).toBe(10)
    world.sent[3]?.fail(new TimeoutError('ERR_TRUNKLINE_HEADERS_TIMEOUT', 'late'))
    await world.clock.flush()
    expect(world.admission.stats()[0]?.limit).toBe(7)
  })

  test('it is remembered while nothing is sent, and each origin has its own', async () => {
    const world = new World({ adaptive: { initial: 10 } })
    await world.send(A)
    await world.end(A, 503)
    expect(world.admission.stats()).toEqual([])
    await world.send(A)
    await world.send(B)
    expect(world.admission.stats().map(({ limit }) => limit)).toEqual([7, 10])
  })

  test('the lower of the two limits counts', async () => {
    const world = new World({ adaptive: { initial: 10 }, inFlightPerOrigin: 3 })
    await world.sendMany(A, 20)
    expect(world.sent).toHaveLength(3)
  })
})
