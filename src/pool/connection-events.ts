import type { Connected } from '../connect/connector.ts'
import type { Clock } from '../core/clock.ts'
import { type DrainReason, events, failureOf } from '../core/events.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol, ConnectionStats, GoAway } from '../wire/contract.ts'

/** What is told of a connection. Rare events all of them; each looks for listeners itself. */

/** A connection as these events know it. */
export interface ToldConnection {
  readonly id: number
  readonly origin: Origin
  readonly protocol: AlpnProtocol
  readonly dialled: Connected
  readonly connectedAt: number
  readonly openExchanges: number
  readonly served: number
  stats(): ConnectionStats
}

export function tellOpen(connection: ToldConnection, clientId: number, dialId: number): void {
  if (!events['connection:open'].hasSubscribers) return
  const { protocol, remoteAddress, tls, timings } = connection.dialled
  events['connection:open'].publish({
    ...idsOf(connection, connection.connectedAt),
    ...{ clientId, dialId, protocol, remoteAddress, tls },
    dns: timings.dns,
    connect: timings.connect,
    tunnel: timings.proxy ?? null,
    handshake: tls === null ? null : timings.tls,
  })
}

export function tellDraining(connection: ToldConnection, clock: Clock, reason: DrainReason): void {
  if (!events['connection:draining'].hasSubscribers) return
  events['connection:draining'].publish({
    ...idsOf(connection, clock.now()),
    reason,
    openStreams: connection.openExchanges,
  })
}

export function tellClosed(connection: ToldConnection, clock: Clock, error: unknown): void {
  if (!events['connection:closed'].hasSubscribers) return
  const now = clock.now()
  const { bytesReceived, bytesSent } = connection.stats()
  events['connection:closed'].publish({
    ...idsOf(connection, now),
    protocol: connection.protocol,
    age: now - connection.connectedAt,
    requests: connection.served,
    bytesReceived,
    bytesSent,
    error: error === null ? null : failureOf(error),
  })
}

export function tellGoAway(connection: ToldConnection, clock: Clock, goAway: GoAway): void {
  if (events.goaway.hasSubscribers) events.goaway.publish({ ...idsOf(connection, clock.now()), ...goAway })
}

/** Tells of a PING and its answer. */
export function toldPing(
  connection: ToldConnection,
  clock: Clock,
  ping: () => Promise<number>,
): Promise<number> {
  if (!events['ping:start'].hasSubscribers && !events['ping:end'].hasSubscribers) return ping()
  if (events['ping:start'].hasSubscribers) events['ping:start'].publish(idsOf(connection, clock.now()))
  const answer = ping()
  answer.then(
    (roundTrip) => tellPingEnd(connection, clock, roundTrip, null),
    (error) => tellPingEnd(connection, clock, null, error),
  )
  return answer
}

function tellPingEnd(
  connection: ToldConnection,
  clock: Clock,
  roundTrip: number | null,
  error: unknown,
): void {
  if (!events['ping:end'].hasSubscribers) return
  events['ping:end'].publish({
    ...idsOf(connection, clock.now()),
    roundTrip,
    error: error === null ? null : failureOf(error),
  })
}

function idsOf({ id, origin }: ToldConnection, at: number) {
  return { at, connectionId: id, origin: origin.key }
}
