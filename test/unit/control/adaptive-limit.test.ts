import { describe, expect, test } from 'vitest'
import { ADAPTIVE_DEFAULTS, AdaptiveLimit, type AdaptivePolicy } from '../../../src/control/adaptive-limit.ts'
import { Random } from '../fakes/random.ts'

/**
 * A server with `workers` and a queue, and a client that always has another request to send and keeps to the limit.
 * Time is counted, not waited for.
 */
class Simulation {
  workers = 20
  service = 20
  demand = Number.POSITIVE_INFINITY
  /** Requests above this many at once are turned away with a 503. */
  turnsAwayAbove = Number.POSITIVE_INFINITY
  now = 0
  readonly limiter: AdaptiveLimit
  readonly #random = new Random(7)
  #inFlight = 0
  #waiting: number[] = []
  #running: { sentAt: number; endsAt: number }[] = []
  done = 0
  dropped = 0

  constructor(policy: Partial<AdaptivePolicy> = {}) {
    this.limiter = new AdaptiveLimit({ ...ADAPTIVE_DEFAULTS, ...policy })
  }

  /** Runs for `ms`; returns the limits it saw, one for each ms. */
  run(ms: number): number[] {
    const limits: number[] = []
    for (const end = this.now + ms; this.now < end; this.now += 1) {
      this.#finish()
      this.#send()
      this.#work()
      limits.push(this.limiter.limit)
    }
    return limits
  }

  #send(): void {
    while (this.#inFlight < Math.min(this.limiter.limit, this.demand)) {
      if (this.#inFlight >= this.turnsAwayAbove) {
        this.dropped += 1
        this.limiter.onDrop(this.now, this.now)
        break
      }
      this.#inFlight += 1
      this.#waiting.push(this.now)
    }
  }

  #work(): void {
    while (this.#running.length < this.workers && this.#waiting.length > 0) {
      const time = this.service * (0.8 + this.#random.next() * 0.4)
      this.#running.push({ sentAt: this.#waiting.shift() as number, endsAt: this.now + time })
    }
  }

  #finish(): void {
    const ended = this.#running.filter(({ endsAt }) => endsAt <= this.now)
    this.#running = this.#running.filter(({ endsAt }) => endsAt > this.now)
    for (const { sentAt } of ended) {
      this.limiter.onSample(this.now - sentAt, this.#inFlight, sentAt, this.now)
      this.#inFlight -= 1
      this.done += 1
    }
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('under more demand than the origin takes', () => {
  test.each([1, 2, 5, 20, 100, 400])('it settles near the knee: %i workers', (workers) => {
    const world = new Simulation()
    world.workers = workers
    world.run(15_000)
    const limits = world.run(15_000)
    expect(mean(limits)).toBeGreaterThan(workers * 0.85)
    expect(mean(limits)).toBeLessThan(workers * 1.7 + 1.5)
  })

  test.each([1, 20, 100])('next to nothing of the capacity is lost: %i workers', (workers) => {
    const world = new Simulation()
    world.workers = workers
    world.run(15_000)
    const before = world.done
    world.run(15_000)
    const capacity = (workers * 15_000) / (world.service + 1)
    expect(world.done - before).toBeGreaterThan(capacity * 0.93)
  })

  test('it follows the capacity down and up again', () => {
    const world = new Simulation()
    world.workers = 100
    world.run(10_000)
    world.workers = 10
    world.run(5_000)
    expect(mean(world.run(5_000))).toBeLessThan(18)
    world.workers = 100
    world.run(10_000)
    expect(mean(world.run(5_000))).toBeGreaterThan(90)
  })

  test('an origin that became slower as such is not mistaken for a loaded one for long', () => {
    // Not found by the measurement that is due anyway.
    const world = new Simulation({ probeInterval: 1e9 })
    world.workers = 50
    world.run(10_000)
    world.service = 60
    world.run(20_000)
    expect(mean(world.run(5_000))).toBeGreaterThan(45)
  })

  test('it keeps to its bounds', () => {
    const world = new Simulation({ min: 30, max: 40, initial: 35 })
    world.workers = 5
    expect(Math.min(...world.run(10_000))).toBeGreaterThanOrEqual(30)
    world.workers = 500
    expect(Math.max(...world.run(10_000))).toBe(40)
  })
})

describe('drops', () => {
  test('reduce it, and it stays below what is turned away most of the time', () => {
    const world = new Simulation()
    world.workers = 1000
    world.turnsAwayAbove = 50
    world.run(10_000)
    const { done, dropped } = world
    const limits = world.run(10_000)
    expect(Math.max(...limits)).toBeLessThan(62)
    expect(world.dropped - dropped).toBeLessThan((world.done - done) / 50)
  })

  test('of one burst count once', () => {
    const limiter = new AdaptiveLimit({ ...ADAPTIVE_DEFAULTS, initial: 100 })
    for (let sentAt = 0; sentAt < 10; sentAt += 1) limiter.onDrop(sentAt, 20)
    expect(limiter.limit).toBe(70)
    limiter.onDrop(21, 40)
    expect(limiter.limit).toBe(49)
  })
})

describe('under less demand', () => {
  test('the limit does not grow beyond what is used', () => {
    const world = new Simulation()
    world.workers = 1000
    world.demand = 10
    world.run(60_000)
    expect(world.limiter.limit).toBeLessThan(30)
  })

  test('a slower origin does not shut the door on a burst that comes later', () => {
    const world = new Simulation()
    world.demand = 1
    world.run(10_000)
    world.service = 100
    world.run(20_000)
    expect(world.limiter.limit).toBeGreaterThanOrEqual(ADAPTIVE_DEFAULTS.initial / 2)
  })
})

test('the unloaded latency is measured at a quarter of the limit, and by requests sent after that began', () => {
  const limiter = new AdaptiveLimit({ ...ADAPTIVE_DEFAULTS, initial: 100, probeInterval: 16_000 })
  const feed = (latency: number, sentAt: number, now: number, count = 10) => {
    for (let sample = 0; sample < count; sample += 1) limiter.onSample(latency, 100, sentAt, now)
  }
  const window = (latency: number, at: number) => {
    limiter.onSample(latency, 100, at, at)
    feed(latency, at, at + 100)
  }
  window(10, 0)
  expect(limiter.stats()).toEqual({ limit: 110, baseline: 10, latency: 10 })
  // The first measurement comes after a sixteenth of the interval.
  window(11, 500)
  expect(limiter.limit).toBe(120)
  window(11, 1200)
  expect(limiter.limit).toBe(32)
  // Sent before: they stood in the queue.
  feed(11, 1250, 1400, 50)
  expect(limiter.limit).toBe(32)
  window(14, 1400)
  expect(limiter.stats()).toEqual({ limit: 131, baseline: 14, latency: 14 })
})

test('a latency of nothing at all does no harm', () => {
  const limiter = new AdaptiveLimit(ADAPTIVE_DEFAULTS)
  for (let now = 0; now < 1000; now += 1) limiter.onSample(0, 8, now, now)
  expect(limiter.limit).toBeGreaterThan(8)
})
