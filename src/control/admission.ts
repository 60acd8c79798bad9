import { LRUCache } from 'lru-cache'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { LimitError, TimeoutError, waitedForUs } from '../core/errors.ts'
import type { Lifetime } from '../core/lifetime.ts'
import type { Entry } from '../core/linked-queue.ts'
import { noOptions } from '../core/no-options.ts'
import { DEFAULT_URGENCY } from '../core/priority.ts'
import { AdaptiveLimit, type AdaptivePolicy } from './adaptive-limit.ts'
import { Lane, type LaneStats } from './lane.ts'
import { Turn, type TurnContext } from './turn.ts'

/** Origins whose adaptive limit is remembered while nothing is sent to them. */
const ORIGINS_LIMIT = 1000

/** Infinity: no limit. */
export interface AdmissionLimits {
  /** Requests in flight in all. */
  readonly inFlight: number
  readonly inFlightPerOrigin: number
  /** Requests that may wait for one origin. */
  readonly queued: number
}

export interface AdmissionContext extends TurnContext {
  readonly lifetime: Lifetime
  /** Read anew each time; call `changed` after they did. */
  readonly limits: AdmissionLimits
  readonly adaptive: AdaptivePolicy | null
}

/**
 * Lets requests through as the in-flight limits allow, each until its response has ended; the others wait. A place
 * that becomes free goes to the origin that has the fewest requests in flight, so that a slow one, whose requests stay
 * for long, does not collect them all; among equals they take turns. Within an origin urgency decides, then arrival.
 */
export class Admission {
  readonly #context: AdmissionContext
  readonly #lanes = new Map<string, Lane<Turn>>()
  /** Lanes with a request that waits and room of their own, the one served longest ago first. */
  readonly #ready = new Set<Lane<Turn>>()
  readonly #adaptive = new LRUCache<string, AdaptiveLimit>({ max: ORIGINS_LIMIT })
  #active = false
  #inFlight = 0

  constructor(context: AdmissionContext) {
    this.#context = context
    this.changed()
    context.lifetime.watch((reason) => this.rejectAll(reason))
  }

  /** Without a limit a request passes at once, and is not counted. */
  readonly interceptor: Interceptor = (next) => (request) =>
    this.#active ? this.#call(next, request) : next(request)

  /** The limits are other ones: whoever may go now goes. */
  changed(): void {
    const { inFlight, inFlightPerOrigin } = this.#context.limits
    this.#active =
      Math.min(inFlight, inFlightPerOrigin) !== Number.POSITIVE_INFINITY || this.#context.adaptive !== null
    for (const lane of this.#lanes.values()) this.#consider(lane)
    this.#pump()
  }

  /** Those who wait go without; how many. */
  rejectAll(reason: unknown): number {
    let rejected = 0
    for (const lane of [...this.#lanes.values()]) {
      for (let turn = lane.queue.shift(); turn !== undefined; turn = lane.queue.shift()) {
        turn.reject(reason)
        rejected += 1
      }
    }
    return rejected
  }

  stats(): readonly LaneStats[] {
    const { inFlightPerOrigin } = this.#context.limits
    return [...this.#lanes.values()].map((lane) => lane.stats(inFlightPerOrigin))
  }

  async #call(next: Dispatch, request: ClientRequest): Promise<ClientResponse> {
    const { clock } = this.#context
    const lane = this.#lane(request.target.origin.key)
    const calledAt = clock.now()
    if (lane.queue.size === 0 && this.#inFlight < this.#context.limits.inFlight && this.#hasRoom(lane))
      this.#take(lane)
    else await this.#turn(lane, request)
    const sentAt = clock.now()
    try {
      const response = await next({ ...request, since: request.since ?? calledAt })
      observe(lane, response, clock.now())
      response.body.whenSettled(() => this.#release(lane))
      return response
    } catch (error) {
      if (isTimeout(error)) lane.adaptive?.onDrop(sentAt, clock.now())
      this.#release(lane)
      throw error
    }
  }

  #lane(origin: string): Lane<Turn> {
    const known = this.#lanes.get(origin)
    if (known !== undefined) return known
    const lane = new Lane<Turn>(origin, this.#adaptiveLimit(origin))
    this.#lanes.set(origin, lane)
    return lane
  }

  #adaptiveLimit(origin: string): AdaptiveLimit | null {
    const policy = this.#context.adaptive
    if (policy === null) return null
    const known = this.#adaptive.get(origin, noOptions())
    if (known !== undefined) return known
    const limit = new AdaptiveLimit(policy)
    this.#adaptive.set(origin, limit, noOptions())
    return limit
  }

  #hasRoom(lane: Lane<Turn>): boolean {
    return lane.inFlight < lane.limit(this.#context.limits.inFlightPerOrigin)
  }

  #take(lane: Lane<Turn>): void {
    lane.inFlight += 1
    this.#inFlight += 1
  }

  #release(lane: Lane<Turn>): void {
    lane.inFlight -= 1
    this.#inFlight -= 1
    this.#consider(lane)
    this.#pump()
    this.#forgetIfIdle(lane)
  }

  /** Resolves when the request has its place. */
  #turn(lane: Lane<Turn>, request: ClientRequest): Promise<void> {
    const { queued } = this.#context.limits
    if (lane.queue.size >= queued) throw tooMany(lane.origin, queued)
    return new Promise((resolve, reject) => {
      const turn = new Turn(this.#context, lane.origin, request, resolve, (reason) => {
        lane.queue.remove(turn.entry as Entry<Turn>)
        this.#consider(lane)
        this.#forgetIfIdle(lane)
        reject(reason)
      })
      turn.entry = lane.queue.push(turn, request.priority?.urgency ?? DEFAULT_URGENCY)
      turn.begin()
      this.#consider(lane)
    })
  }

  /** Keeps the lane among the ready ones as long as it is one. */
  #consider(lane: Lane<Turn>): void {
    if (lane.queue.size > 0 && this.#hasRoom(lane)) this.#ready.add(lane)
    else this.#ready.delete(lane)
  }

  #pump(): void {
    while (this.#inFlight < this.#context.limits.inFlight) {
      const lane = this.#next()
      if (lane === null) return
      this.#take(lane)
      this.#ready.delete(lane)
      lane.queue.shift()?.admit()
      this.#consider(lane)
    }
  }

  #next(): Lane<Turn> | null {
    let next: Lane<Turn> | null = null
    for (const lane of this.#ready) {
      if (next === null || lane.inFlight < next.inFlight) next = lane
      if (next.inFlight === 0) break
    }
    return next
  }

  #forgetIfIdle(lane: Lane<Turn>): void {
    if (lane.idle && this.#lanes.get(lane.origin) === lane) this.#lanes.delete(lane.origin)
  }
}

/** What a response tells the adaptive limit. An error may come quicker than an answer, so its latency is no measure. */
function observe({ adaptive, inFlight }: Lane<Turn>, { status, timings }: ClientResponse, now: number): void {
  if (adaptive === null) return
  const latency = timings.firstByte
  if (status === 429 || status === 503) adaptive.onDrop(now - latency, now)
  else if (status < 500) adaptive.onSample(latency, inFlight, now - latency, now)
}

function isTimeout(error: unknown): boolean {
  return error instanceof TimeoutError && !waitedForUs(error)
}

function tooMany(origin: string, queued: number): LimitError {
  return new LimitError(
    'ERR_TRUNKLINE_CONCURRENCY_LIMIT',
    `As many requests as allowed are in flight, and ${queued} are already waiting for their turn at ${origin}. Send fewer at ` +
      'once, or raise limits.inFlight, limits.inFlightPerOrigin or limits.queued.',
    { origin },
  )
}
