import { isIP, type LookupFunction } from 'node:net'

/** Options of `createClient` under `dns`; times are in ms. */
export interface DnsOptions {
  /** Replaces `dns.lookup`, with its signature. It is asked for every connection: nothing of it is cached. */
  readonly lookup?: LookupFunction
  /**
   * Who turns names into addresses. `'lookup'` (default) asks the operating system, `/etc/hosts` included. `'resolve'`
   * asks name servers for A and AAAA records, and learns their TTL. Or a function of your own.
   */
  readonly resolver?: 'lookup' | 'resolve' | DnsResolver
  /** Name servers for `'resolve'`, as `dns.setServers` takes them: `10.0.0.2`, `10.0.0.2:5353`. Default: the system's. */
  readonly servers?: readonly string[]
  /** Addresses of names that are never looked up. */
  readonly hosts?: Readonly<Record<string, string | readonly string[]>>
  /** How long an answer is used without asking again; a shorter TTL of its records counts. Default 30,000; 0: no cache. */
  readonly ttl?: number
  /** How much longer it is still used while a new one is fetched behind it. Default 60,000. */
  readonly staleFor?: number
  /** How long it is remembered that a name does not exist. Default 1,000. */
  readonly negativeTtl?: number
  /** Names remembered, those used least recently first out. Default 1,000. */
  readonly maxEntries?: number
  /** 4 or 6 to insist on one IP version; 0 (default) tries both (RFC 8305). */
  readonly family?: 0 | 4 | 6
  /** Which version comes first. Default `'verbatim'`: the order of the answer; of separate A and AAAA answers, IPv6. */
  readonly order?: AddressOrder
  /** Wait before the next address of a host is tried. Default 500. */
  readonly attemptTimeout?: number
}

/** Which addresses of a host come first: as the resolver gave them, or one IP version before the other. */
export type AddressOrder = 'verbatim' | 'ipv4first' | 'ipv6first'

/**
 * A resolver of your own: the addresses of a name, best first. Rejects when it cannot tell; an error with the code
 * `ENOTFOUND` or `ENODATA`, or no address at all, says that the name does not exist.
 */
export type DnsResolver = (
  hostname: string,
  options: { readonly family: 0 | 4 | 6 },
) => Promise<readonly (string | DnsAddress)[]>

/** An address of a host. */
export interface DnsAddress {
  readonly address: string
  /** ms for which it may be kept; default: `dns.ttl`. */
  readonly ttl?: number
}

/** The options with their defaults. */
export type SettledDns = Required<Omit<DnsOptions, 'lookup' | 'servers'>> & {
  readonly lookup: LookupFunction | undefined
  readonly servers: readonly string[] | undefined
}

export const DNS_DEFAULTS: SettledDns = {
  lookup: undefined,
  resolver: 'lookup',
  servers: undefined,
  hosts: {},
  ttl: 30_000,
  staleFor: 60_000,
  negativeTtl: 1000,
  maxEntries: 1000,
  family: 0,
  order: 'verbatim',
  attemptTimeout: 500,
}

/** Each of these says what a value must be, or null when it is that. */
export function checkResolver(value: unknown): string | null {
  return typeof value === 'function' || value === 'lookup' || value === 'resolve'
    ? null
    : "'lookup', 'resolve' or a function"
}

export function checkServers(value: unknown): string | null {
  const fits = Array.isArray(value) && value.length > 0 && value.every(isServer)
  return fits ? null : 'a list of IP addresses, each with or without a port'
}

export function checkHosts(value: unknown): string | null {
  const fits =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => {
      const addresses: unknown[] = Array.isArray(one) ? one : [one]
      return addresses.length > 0 && addresses.every((each) => typeof each === 'string' && isIP(each) !== 0)
    })
  return fits ? null : 'an object with an IP address, or a list of them, for each host name'
}

function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false
  if (isIP(value) !== 0) return true
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(value) ?? []
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false
  return bracketed === undefined ? isIP(plain ?? '') === 4 : isIP(bracketed) === 6
}
