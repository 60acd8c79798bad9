import { byWorth } from './dial-plan.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** The connection that has been idle longest and can go; `http1`: of HTTP/1.1 alone. */
export function idlestOf(connections: Iterable<PooledConnection>, http1 = false): PooledConnection | null {
  let idlest: PooledConnection | null = null
  for (const connection of connections) {
    if (connection.standing !== 'ready' || connection.idleSince === null || connection.resting) continue
    if (http1 && connection.protocol !== 'http/1.1') continue
    if (idlest === null || connection.idleSince < (idlest.idleSince as number)) idlest = connection
  }
  return idlest
}

/** The first that takes a request now. */
export function withRoom(connections: Iterable<PooledConnection>): PooledConnection | null {
  for (const connection of connections) if (connection.slots() > 0) return connection
  return null
}

/** Whether one of them may take requests, now or soon. */
export function anyLiving(connections: Iterable<PooledConnection>): boolean {
  for (const { standing, late } of connections) {
    if (standing !== 'draining' && standing !== 'closed' && !late) return true
  }
  return false
}

/** A new connection makes others superfluous: aged or doubted ones, those above the limit, and the other protocol's. */
export function superfluous(
  connections: Iterable<PooledConnection>,
  fresh: PooledConnection,
  maxSessions: number,
  handover: boolean,
): PooledConnection[] {
  const others = [...connections].filter((other) => other !== fresh && other.standing !== 'draining')
  const strangers = others.filter((other) => other.protocol !== fresh.protocol)
  if (fresh.protocol !== 'h2') return strangers
  const peers = others.filter((other) => other.protocol === 'h2').sort(byWorth)
  const surplus = peers.length + 1 - maxSessions
  return [...strangers, ...peers.slice(0, Math.max(surplus, handover ? 1 : 0))]
}
