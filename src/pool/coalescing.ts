import { LRUCache } from 'lru-cache'
import type { AddressBook } from '../connect/address-book.ts'
import { certificateCovers } from '../connect/certificate-cover.ts'
import type { Address } from '../connect/dns-resolvers.ts'
import type { TlsPolicy } from '../connect/tls-identity.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError } from '../core/errors.ts'
import { noOptions } from '../core/no-options.ts'
import type { Origin } from '../core/origin.ts'
import { canSend } from '../core/request-body.ts'
import type { OriginPool } from './origin-pool.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** How long an origin that answered 421 on the connection of another one has its own, ms. */
const EXCLUSION = 10 * 60 * 1000

/** How long a look-up may take until the origin is given a connection of its own, ms. */
const LOOKUP_PATIENCE = 250

/** Origins remembered. */
const MOST_ORIGINS = 1000

export interface CoalescingContext {
  readonly clock: Clock
  readonly addresses: AddressBook
  /** A connection carries no request of an origin whose policy is another one. */
  readonly policyOf: (origin: Origin) => TlsPolicy
  pools(): Iterable<OriginPool>
}

/** A connection of another origin's, and the pool it is in. */
interface Ride {
  readonly host: Origin
  readonly connection: PooledConnection
}

/**
 * Lets requests ride on the HTTP/2 connection of another origin, when that is to an address of their host and its
 * certificate covers the name (RFC 9113 section 9.1.1). A 421 ends that, and the request goes to a connection of its own.
 */
export function createCoalescing(context: CoalescingContext): Interceptor {
  const coalescing = new Coalescing(context)
  // Whether a tunnel may be had is asked of the origin's own connection.
  return (next) => (request) => (request.tunnel ? next(request) : coalescing.send(request, next))
}

class Coalescing {
  readonly #context: CoalescingContext
  readonly #rides = new LRUCache<string, Ride>({ max: MOST_ORIGINS })
  /** Until when each origin has connections of its own. */
  readonly #excluded = new LRUCache<string, number>({ max: MOST_ORIGINS })

  constructor(context: CoalescingContext) {
    this.#context = context
  }

  async send(request: ClientRequest, next: Dispatch): Promise<ClientResponse> {
    const { target } = request
    const ride = await this.#rideFor(target.origin, request.signal)
    if (ride === null) return next(request)
    const rides = (id: number) => id === ride.connection.id && isUsable(ride.connection, target.origin)
    const origin = { ...target.origin, key: ride.host.key, rides }
    try {
      const response = await next({ ...request, target: { ...target, origin } })
      if (response.status !== 421) return response
      this.#rides.delete(target.origin.key)
      this.#excluded.set(target.origin.key, this.#context.clock.now() + EXCLUSION, noOptions())
      if (!canSend(request.body)) return response
      response.body.cancel()
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      error.origin = target.origin.key
      const left = error.code === 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' && error.processed === 'no'
      if (!left || !canSend(request.body)) throw error
      this.#rides.delete(target.origin.key)
    }
    return next(request)
  }

  async #rideFor(origin: Origin, signal: AbortSignal | null): Promise<Ride | null> {
    if (origin.scheme !== 'https' || !isStraight(origin)) return null
    const known = this.#rides.get(origin.key, noOptions())
    // The client's certificates and pins may have changed since.
    const still = known !== undefined && isUsable(known.connection, origin) && this.#agree(known.host, origin)
    if (still) return known
    this.#rides.delete(origin.key)
    if ((this.#excluded.get(origin.key, noOptions()) ?? 0) > this.#context.clock.now()) return null
    const candidates = this.#candidates(origin)
    if (candidates.length === 0) return null
    const addresses = await this.#addressesOf(origin.hostname, signal)
    const ride = candidates.find(
      ({ connection }) =>
        isUsable(connection, origin) &&
        addresses.some(({ address }) => address === connection.dialled.remoteAddress),
    )
    if (ride !== undefined) this.#rides.set(origin.key, ride, noOptions())
    return ride ?? null
  }

  /** None when the origin has connections of its own, or is about to. */
  #candidates(origin: Origin): Ride[] {
    const found: Ride[] = []
    for (const { origin: host, connections, dialling } of this.#context.pools()) {
      if (host.key === origin.key) {
        if (connections.size + dialling > 0) return []
      } else if (host.scheme === 'https' && host.port === origin.port && isStraight(host)) {
        for (const connection of connections) {
          if (isUsable(connection, origin) && this.#covers(connection, host, origin))
            found.push({ host, connection })
        }
      }
    }
    return found
  }

  /** With equal policies, pins included, whoever was good enough for the one is good enough for the other. */
  #agree(host: Origin, origin: Origin): boolean {
    const { policyOf } = this.#context
    return policyOf(host).digest === policyOf(origin).digest
  }

  #covers({ dialled }: PooledConnection, host: Origin, origin: Origin): boolean {
    if (!this.#agree(host, origin)) return false
    return certificateCovers(dialled.socket, origin.hostname, this.#context.policyOf(origin).given)
  }

  /** None when they cannot be had soon: a connection of its own then takes whatever time it takes. */
  #addressesOf(hostname: string, signal: AbortSignal | null): Promise<readonly Address[]> {
    return new Promise((resolve) => {
      const settle = (addresses: readonly Address[]) => {
        timer.cancel()
        signal?.removeEventListener('abort', none)
        resolve(addresses)
      }
      const none = () => settle([])
      const timer = this.#context.clock.setTimeout(none, LOOKUP_PATIENCE, true)
      signal?.addEventListener('abort', none)
      this.#context.addresses.find(hostname).then(settle, none)
    })
  }
}

/** Through a proxy nobody here knows the addresses, and is not to ask for them. */
function isStraight({ endpoint, proxy }: Origin): boolean {
  return endpoint === undefined && proxy === undefined
}

/** Whether new requests to `origin` may go there. An ORIGIN frame names all that may (RFC 8336 section 2.3). */
function isUsable(connection: PooledConnection, origin: Origin): boolean {
  if (connection.protocol !== 'h2' || connection.standing !== 'ready') return false
  const { origins = null } = connection.stats()
  return origins === null || origins.includes(origin.key)
}
