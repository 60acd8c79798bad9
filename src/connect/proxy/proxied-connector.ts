import { isIP } from 'node:net'
import { type Origin, placeOf } from '../../core/origin.ts'
import type { AddressGuard } from '../address-guard.ts'
import { addressBlocked } from '../connect-failure.ts'
import type { Connector } from '../connector.ts'
import { DialProgress } from '../dial-progress.ts'
import { isLoopback } from './no-proxy.ts'
import { ProxyServer } from './proxy-server.ts'
import type { Tunnels } from './tunnels.ts'

/** Connects origins that have a proxy through it, and all others straight. */
export function createProxiedConnector(
  straight: Connector,
  tunnels: Tunnels,
  guard: AddressGuard | null,
): Connector {
  return {
    connect(origin, offer, signal, progress = new DialProgress()) {
      const server = origin.proxy
      if (!(server instanceof ProxyServer)) return straight.connect(origin, offer, signal, progress)
      const { host } = placeOf(origin)
      if (isBlocked(host, guard)) return Promise.reject(addressBlocked(origin, [host]))
      if (isForwarded(origin)) return tunnels.forward(server, origin, signal, progress)
      return straight.connect(origin, offer, signal, progress, () =>
        tunnels.open(server, origin, signal, progress),
      )
    },
  }
}

/** Whether requests to the origin go to its proxy as they are, rather than through a tunnel. */
export function isForwarded({ scheme, proxy, upgrade }: Origin): boolean {
  // Few proxies pass an upgrade on; a tunnel carries it through all of them.
  return proxy?.forwards === true && scheme === 'http' && !upgrade
}

/**
 * What the guard can tell without a look-up, which is the proxy's business: addresses in URLs, and the name of
 * loopback. For names that lead elsewhere it is the proxy that has to have such rules, unless this client looks them up.
 */
function isBlocked(host: string, guard: AddressGuard | null): boolean {
  if (guard === null) return false
  if (isIP(host) !== 0) return guard.blocks(host)
  return isLoopback(host) && guard.blocks('127.0.0.1') && guard.blocks('::1')
}
