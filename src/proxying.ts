import { checkProxyTls, type SettledOptions } from './client-options.ts'
import type { ClientTls } from './client-tls.ts'
import type { AddressBook } from './connect/address-book.ts'
import { createAddressGuard } from './connect/address-guard.ts'
import type { Connector, ConnectorOptions } from './connect/connector.ts'
import { HopPools } from './connect/proxy/hop-pools.ts'
import { createProxiedConnector } from './connect/proxy/proxied-connector.ts'
import { createProxyChooser } from './connect/proxy/proxy-chooser.ts'
import { Tunnels } from './connect/proxy/tunnels.ts'
import { policiesOf } from './connection-policies.ts'
import type { Clock } from './core/clock.ts'
import type { Interceptor } from './core/dispatch.ts'
import type { ClientError } from './core/errors.ts'
import type { Origin } from './core/origin.ts'
import { proxyCare } from './pool/proxy-care.ts'
import { ViaProxy } from './pool/via-proxy.ts'
import { proxyStats } from './proxy-stats.ts'
import type { ProxyStats } from './stats.ts'
import type { Engine } from './wire/contract.ts'

interface Surroundings {
  readonly clock: Clock
  readonly clientId: number
  readonly tls: ClientTls
  readonly addresses: AddressBook
  /** HTTP/2, for proxies that speak it. */
  readonly engine: Engine
  readonly nextConnectionId: () => number
}

/** How a client connects: straight, or through the proxies of its option `proxy`. */
export interface Proxying {
  readonly connector: Connector
  readonly interceptors: readonly Interceptor[]
  /** Where a connection to `origin` goes. */
  place(origin: Origin, signal: AbortSignal | null): Origin | Promise<Origin>
  stats(now: number): ProxyStats[]
  /** Resolves when no connection to a proxy is left. */
  close(): Promise<void>
  destroy(error: ClientError): void
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for a proxy that cannot be used */
export function createProxying(options: SettledOptions, surroundings: Surroundings): Proxying {
  const { clock, clientId, tls, addresses, engine, nextConnectionId } = surroundings
  const dialling = diallingOf(options, surroundings)
  const { timeouts, http2 } = options
  const straight = tls.connector(dialling)
  const cleartext = http2.priorKnowledge ? ('h2' as const) : ('http/1.1' as const)
  const reading = { checkTls: checkProxyTls, cleartext }
  const choose = createProxyChooser(options.proxy, reading, process.env)
  if (choose === null) return withoutProxies(straight)
  const { idleTimeout } = http2
  const { sessions } = tls
  const hops = new HopPools({
    clock,
    engine,
    idleTimeout,
    nextConnectionId,
    careFor: proxyCare({ clock, clientId, policy: policiesOf(options).h2 }),
    dialling: { ...dialling, sessions },
    keyLog: () => tls.keyLog,
  })
  const { guard } = dialling
  const tunnels = new Tunnels({ clock, hops, addresses, guard, timeouts })
  const via = new ViaProxy({ clock, choose, patience: timeouts.connect })
  return {
    connector: createProxiedConnector(straight, tunnels, guard),
    interceptors: [via.interceptor],
    place: (origin, signal) => via.place(origin, signal),
    stats: (now) => proxyStats(hops.pools, now),
    close: () => hops.close(),
    destroy: (error) => hops.destroy(error),
  }
}

/** How origins are connected to when nothing is in between. */
function diallingOf(
  { timeouts, dns, addressGuard, http2 }: SettledOptions,
  { clock, addresses }: Surroundings,
): Omit<ConnectorOptions, 'policy' | 'sessions'> {
  return {
    clock,
    timeout: timeouts.connect,
    dnsTimeout: timeouts.dns,
    tlsTimeout: timeouts.tls,
    addresses,
    guard: createAddressGuard(addressGuard),
    attemptTimeout: dns.attemptTimeout,
    keepCertificates: http2.coalesce,
  }
}

function withoutProxies(connector: Connector): Proxying {
  return {
    connector,
    interceptors: [],
    place: (origin) => origin,
    stats: () => [],
    close: async () => {},
    destroy: () => {},
  }
}
