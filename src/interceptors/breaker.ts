import { LRUCache } from 'lru-cache'
import {
  type BreakerPolicy,
  type CallOutcome,
  type CallPermit,
  type CallVerdict,
  Circuit,
  type CircuitStats,
} from '../control/circuit.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError, LimitError, waitedForUs } from '../core/errors.ts'
import { noOptions } from '../core/no-options.ts'

/** Circuits that are remembered; the one unused for longest goes first. */
const ORIGINS_LIMIT = 1000

const FAILED_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** Errors that are the caller's or ours: they say nothing about the origin. */
const OUR_OWN: ReadonlySet<string> = new Set([
  'InvalidRequestError',
  'BodyError',
  'LimitError',
  'ClosedError',
])

/** What counts unless `breaker.classify` says otherwise. */
export function classifyCall(outcome: CallOutcome): CallVerdict {
  if ('status' in outcome) return FAILED_STATUSES.has(outcome.status) ? 'failure' : 'success'
  const { error } = outcome
  if (!(error instanceof ClientError) || OUR_OWN.has(error.name)) return 'ignored'
  // Nobody has asked the origin yet.
  return waitedForUs(error) ? 'ignored' : 'failure'
}

export interface Breaker {
  /** Refuses at once what would be refused anyway, before it waits for its turn. */
  readonly peek: Interceptor
  /** Asks the circuit right before the network, and tells it how the call went. */
  readonly guard: Interceptor
  stats(): readonly CircuitStats[]
}

/** A circuit for each origin. While it is open, requests fail at once with `ERR_TRUNKLINE_CIRCUIT_OPEN`. */
export function createBreaker(policy: BreakerPolicy, clock: Clock): Breaker {
  const circuits = new LRUCache<string, Circuit>({ max: ORIGINS_LIMIT })
  const classify = policy.classify ?? classifyCall

  function circuitOf(origin: string): Circuit {
    const known = circuits.get(origin, noOptions())
    if (known !== undefined) return known
    const circuit = new Circuit(origin, policy)
    circuits.set(origin, circuit, noOptions())
    return circuit
  }

  function settle(circuit: Circuit, permit: CallPermit, outcome: CallOutcome, duration: number): void {
    let verdict: CallVerdict = 'ignored'
    try {
      verdict = classify(outcome)
    } finally {
      // Whatever the user's function does, the permit comes back.
      circuit.record(permit, verdict, duration, clock.now())
    }
  }

  async function call(next: Dispatch, request: ClientRequest): Promise<ClientResponse> {
    const { key } = request.target.origin
    const circuit = circuitOf(key)
    const permit = circuit.enter(clock.now())
    if (permit === null) throw circuitOpen(circuit.stats(clock.now()))
    let response: ClientResponse
    try {
      response = await next(request)
    } catch (error) {
      settle(circuit, permit, { error }, 0)
      throw error
    }
    try {
      const { status, headers, timings } = response
      settle(circuit, permit, { status, headers }, timings.firstByte)
    } catch (error) {
      // The user's function threw: its error goes to the caller, who then sees no response.
      response.body.cancel()
      throw error
    }
    return response
  }

  return {
    peek: (next) => async (request) => {
      const circuit = circuits.peek(request.target.origin.key)
      if (circuit?.refuses(clock.now()) === true) throw circuitOpen(circuit.stats(clock.now()))
      return next(request)
    },
    guard: (next) => (request) => call(next, request),
    stats: () => [...circuits.values()].map((circuit) => circuit.stats(clock.now())),
  }
}

function circuitOpen({ origin, state, calls, failed, slow, retryAfter }: CircuitStats): LimitError {
  const seen = `${failed} of its last ${calls} calls failed and ${slow} were slow`
  const why = state === 'half-open' ? 'is being probed' : `is open: ${seen}`
  return new LimitError(
    'ERR_TRUNKLINE_CIRCUIT_OPEN',
    `The circuit of ${origin} ${why}. Try again in ${Math.ceil(retryAfter)} ms.`,
    { origin, retryAfter },
  )
}
