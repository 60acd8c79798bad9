import * as dns from 'node:dns'
import { DNS_DEFAULTS } from '../connect/dns-options.ts'
import { createNameResolver, isNoSuchName } from '../connect/dns-resolvers.ts'
import { systemClock } from '../core/clock.ts'
import type { Endpoint, Resolver } from './resolver.ts'

/** Options of `dnsSrvResolver`. */
export interface DnsSrvResolverOptions {
  /** Name servers, as `dns.setServers` takes them. Default: the system's. */
  readonly servers?: readonly string[]
  /** The name of the SRV records of a service. Default `_https._tcp.` and its name (RFC 2782). */
  readonly record?: (name: string) => string
}

/** Endpoints from SRV records, with their priorities and weights (RFC 2782). */
export function dnsSrvResolver(options: DnsSrvResolverOptions = {}): Resolver {
  const { servers, record = (name: string) => `_https._tcp.${name}` } = options
  const resolver = new dns.promises.Resolver()
  if (servers !== undefined) resolver.setServers(servers)
  return {
    async resolve(name) {
      const records = await noneIfMissing(resolver.resolveSrv(record(name)))
      // A target of "." says that the service is not offered here.
      const offered = records.filter(({ name: target }) => target !== '' && target !== '.')
      return offered.map(({ name: host, port, weight, priority }) => ({ host, port, weight, priority }))
    },
  }
}

/** Options of `dnsAddressResolver`. */
export interface DnsAddressResolverOptions {
  /** The port of every endpoint. Default 443. */
  readonly port?: number
  readonly servers?: readonly string[]
  /** 4 or 6 for one IP version alone; 0 (default) takes both. */
  readonly family?: 0 | 4 | 6
  /** The name that has the addresses. Default: that of the service. */
  readonly record?: (name: string) => string
}

/** Each A and AAAA record of the name is an endpoint. */
export function dnsAddressResolver(options: DnsAddressResolverOptions = {}): Resolver {
  const { port = 443, servers, family = 0, record = (name: string) => name } = options
  const find = createNameResolver({ ...DNS_DEFAULTS, resolver: 'resolve', servers, family }, systemClock)
  return {
    async resolve(name) {
      const { addresses } = await noneIfMissing(find(record(name)), { addresses: [], ttl: null })
      return addresses.map(({ address }): Endpoint => ({ host: address, port }))
    },
  }
}

async function noneIfMissing<T>(asked: Promise<T>, none: T = [] as T): Promise<T> {
  try {
    return await asked
  } catch (error) {
    // No such name is an answer: nobody offers the service.
    if (isNoSuchName(error)) return none
    throw error
  }
}
