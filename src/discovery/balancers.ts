import { placeName } from './resolver.ts'

/** An endpoint as a balancer sees it. */
export interface Candidate {
  readonly host: string
  readonly port: number
  /** Above 0, unless all are 0. */
  readonly weight: number
  /** Requests of this client that are open there. */
  readonly inFlight: number
  /** Recent time to the response head, ms; null: none is known. */
  readonly latency: number | null
}

/** Chooses among the endpoints of one service. */
export interface Balancer {
  /** One of `candidates`, of which there is at least one. */
  pick(candidates: readonly Candidate[]): Candidate
}

/** How the endpoint of a request is chosen. */
export type BalancerName = 'round-robin' | 'weighted' | 'least-in-flight' | 'power-of-two'

export const BALANCERS: Record<BalancerName, () => Balancer> = {
  'round-robin': createRoundRobin,
  weighted: createWeighted,
  'least-in-flight': createLeastInFlight,
  'power-of-two': createPowerOfTwo,
}

/** Each in its turn. */
export function createRoundRobin(): Balancer {
  let turn = 0
  return {
    pick(candidates) {
      const chosen = candidates[turn % candidates.length] as Candidate
      turn = (turn + 1) % 0x7fffffff
      return chosen
    },
  }
}

/** Each as often as its weight says, and evenly so: of 5, 1 and 1 in seven turns, never five times in a row. */
export function createWeighted(): Balancer {
  let credits = new Map<string, number>()
  return {
    pick(candidates) {
      const next = new Map<string, number>()
      let total = 0
      let best = candidates[0] as Candidate
      let most = Number.NEGATIVE_INFINITY
      for (const one of candidates) {
        const weight = one.weight > 0 ? one.weight : 1
        const credit = (credits.get(placeName(one)) ?? 0) + weight
        next.set(placeName(one), credit)
        total += weight
        if (credit > most) {
          most = credit
          best = one
        }
      }
      next.set(placeName(best), most - total)
      credits = next
      return best
    },
  }
}

/** The one with the fewest open requests for its weight; among equals each in its turn. */
export function createLeastInFlight(): Balancer {
  let turn = 0
  return {
    pick(candidates) {
      turn = (turn + 1) % 0x7fffffff
      let best = candidates[turn % candidates.length] as Candidate
      for (let step = 1; step < candidates.length; step += 1) {
        const one = candidates[(turn + step) % candidates.length] as Candidate
        if (load(one) < load(best)) best = one
      }
      return best
    },
  }
}

function load({ inFlight, weight }: Candidate): number {
  return (inFlight + 1) / (weight > 0 ? weight : 1)
}

/**
 * The better of two that were drawn by lot, by response time and open requests. Looking at two is nearly as good as
 * looking at all, and keeps clients from running to the same endpoint together.
 */
export function createPowerOfTwo(random: () => number = Math.random): Balancer {
  return {
    pick(candidates) {
      const first = Math.floor(random() * candidates.length)
      if (candidates.length === 1) return candidates[first] as Candidate
      const drawn = Math.floor(random() * (candidates.length - 1))
      const second = drawn < first ? drawn : drawn + 1
      const [a, b] = [candidates[first] as Candidate, candidates[second] as Candidate]
      return cost(b) < cost(a) ? b : a
    },
  }
}

/** Below this nothing is told apart, ms. */
const FASTEST = 0.1

function cost(one: Candidate): number {
  // Unknown: worth one request to find out, and no second one before it is known.
  if (one.latency === null) return one.inFlight === 0 ? 0 : Number.MAX_VALUE
  return Math.max(one.latency, FASTEST) * load(one)
}
