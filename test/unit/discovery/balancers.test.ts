import { describe, expect, test } from 'vitest'
import {
  BALANCERS,
  type Candidate,
  createLeastInFlight,
  createPowerOfTwo,
  createRoundRobin,
  createWeighted,
} from '../../../src/discovery/balancers.ts'

function candidate(port: number, more: Partial<Candidate> = {}): Candidate {
  return { host: 'h', port, weight: 1, inFlight: 0, latency: null, ...more }
}

const ports = (
  balancer: { pick(list: readonly Candidate[]): Candidate },
  list: readonly Candidate[],
  count: number,
) => Array.from({ length: count }, () => balancer.pick(list).port)

/** Draws in turn. */
function draws(...values: number[]): () => number {
  return () => values.shift() ?? 0
}

test.each(Object.entries(BALANCERS))('%s takes the only one there is', (_name, create) => {
  const only = candidate(1, { weight: 0 })
  const balancer = create()
  for (let turn = 0; turn < 5; turn += 1) expect(balancer.pick([only])).toBe(only)
})

describe('round robin', () => {
  test('gives each its turn', () => {
    expect(ports(createRoundRobin(), [candidate(1), candidate(2), candidate(3)], 7)).toEqual([
      1, 2, 3, 1, 2, 3, 1,
    ])
  })

  test('goes on when the set changes', () => {
    const balancer = createRoundRobin()
    ports(balancer, [candidate(1), candidate(2), candidate(3)], 2)
    expect(ports(balancer, [candidate(1), candidate(2)], 2)).toEqual([1, 2])
  })
})

describe('weighted', () => {
  test('spreads the shares evenly over time', () => {
    const list = [candidate(1, { weight: 5 }), candidate(2), candidate(3)]
    expect(ports(createWeighted(), list, 7)).toEqual([1, 1, 2, 1, 3, 1, 1])
  })

  test('keeps to the shares in the long run, fractions included', () => {
    const list = [candidate(1, { weight: 0.5 }), candidate(2, { weight: 1.5 })]
    const chosen = ports(createWeighted(), list, 400)
    expect(chosen.filter((port) => port === 1).length).toBe(100)
  })

  test('forgets who left: his share is not owed to him when he is back', () => {
    const balancer = createWeighted()
    const both = [candidate(1), candidate(2)]
    ports(balancer, both, 1)
    ports(balancer, [candidate(1)], 100)
    expect(ports(balancer, both, 4).filter((port) => port === 2).length).toBe(2)
  })
})

describe('least in flight', () => {
  test('takes the least loaded, in relation to the weight', () => {
    const balancer = createLeastInFlight()
    const list = [
      candidate(1, { inFlight: 3 }),
      candidate(2, { inFlight: 5, weight: 10 }),
      candidate(3, { inFlight: 2 }),
    ]
    expect(ports(balancer, list, 3)).toEqual([2, 2, 2])
  })

  test('gives equals their turns', () => {
    expect(new Set(ports(createLeastInFlight(), [candidate(1), candidate(2), candidate(3)], 3)).size).toBe(3)
  })
})

describe('power of two', () => {
  test('compares two that are never the same', () => {
    const list = [candidate(1, { latency: 1 }), candidate(2, { latency: 2 }), candidate(3, { latency: 3 })]
    // First 2, then of the two others the second: 3.
    expect(createPowerOfTwo(draws(0.4, 0.9)).pick(list).port).toBe(2)
    expect(createPowerOfTwo(draws(0.9, 0)).pick(list).port).toBe(1)
    expect(createPowerOfTwo(draws(0.99, 0.99)).pick(list).port).toBe(2)
  })

  const better = (a: Partial<Candidate>, b: Partial<Candidate>) =>
    createPowerOfTwo(draws(0, 0)).pick([candidate(1, a), candidate(2, b)]).port

  test('by response time, times what is open there', () => {
    expect(better({ latency: 10 }, { latency: 30 })).toBe(1)
    expect(better({ latency: 10, inFlight: 5 }, { latency: 30 })).toBe(2)
    expect(better({ latency: 10, inFlight: 1 }, { latency: 30 })).toBe(1)
  })

  test('and by weight', () => {
    expect(better({ latency: 10 }, { latency: 30, weight: 4 })).toBe(2)
  })

  test('tries an unknown one once, and waits for what comes of it', () => {
    expect(better({ latency: 1 }, {})).toBe(2)
    expect(better({ latency: 1000, inFlight: 50 }, { inFlight: 1 })).toBe(1)
  })
})
