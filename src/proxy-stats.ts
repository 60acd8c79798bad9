import type { HopPool } from './connect/proxy/hop-pool.ts'
import type { ProxyServer } from './connect/proxy/proxy-server.ts'
import type { ProxySession } from './connect/proxy/proxy-session.ts'
import type { PooledConnectionStats, ProxyStats } from './stats.ts'

export function proxyStats(pools: Iterable<readonly [ProxyServer, HopPool]>, now: number): ProxyStats[] {
  return [...pools].map(([{ name }, { waiting, dialling, sessions }]) => ({
    proxy: name,
    waiting,
    dialling,
    connections: [...sessions].map((session) => connectionStats(session, now)),
  }))
}

function connectionStats(session: ProxySession, now: number): PooledConnectionStats {
  const { state: _, ...wire } = session.stats()
  const { standing, served, connectedAt, idleSince, dialled, care } = session
  return {
    ...wire,
    standing,
    requests: served,
    age: now - connectedAt,
    idle: idleSince === null ? null : now - idleSince,
    tls: dialled.tls,
    remoteAddress: dialled.remoteAddress,
    roundTrip: care.roundTrip,
  }
}
