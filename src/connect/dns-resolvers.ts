import * as dns from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { AddressOrder, DnsAddress, DnsResolver, SettledDns } from './dns-options.ts'

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** What a name stands for. `ttl`: ms for which it may be kept; null: nobody said. */
export interface Answer {
  readonly addresses: readonly Address[]
  readonly ttl: number | null
}

/** Never resolves without an address; rejects with an error whose `code` is one of `dns.lookup`'s. */
export type NameResolver = (hostname: string) => Promise<Answer>

/** How long a late AAAA answer is waited for when A has come, ms (RFC 8305 section 3). */
const RESOLUTION_DELAY = 50

/** Who is to be asked, by the options. */
export function createNameResolver(options: SettledDns, clock: Clock): NameResolver {
  const ask = chosenResolver(options, clock)
  return async (hostname) => {
    const { addresses, ttl } = await ask(hostname)
    const fitting = addresses.filter(({ family }) => options.family === 0 || family === options.family)
    if (fitting.length === 0) throw noAddress(hostname)
    return { addresses: ordered(fitting, options.order), ttl }
  }
}

function chosenResolver(options: SettledDns, clock: Clock): NameResolver {
  const { lookup, resolver, family } = options
  if (lookup !== undefined) return (hostname) => byLookup(lookup, hostname, options)
  if (typeof resolver === 'function') return (hostname) => byFunction(resolver, hostname, family)
  if (resolver === 'lookup') return (hostname) => byLookup(dns.lookup as LookupFunction, hostname, options)
  return (hostname) => {
    // One for each question, since that is how a single question can be given up.
    const records = new dns.promises.Resolver()
    if (options.servers !== undefined) records.setServers(options.servers)
    return byRecords(records, hostname, family, clock)
  }
}

function byLookup(
  lookup: LookupFunction,
  hostname: string,
  { family, order }: Pick<SettledDns, 'family' | 'order'>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Without an order of ours, that of `dns.setDefaultResultOrder` counts.
    const wish = order === 'verbatim' ? {} : { order }
    lookup(hostname, { family, all: true, hints: 0, ...wish }, (error, found, version) => {
      if (error !== null && error !== undefined) return reject(error)
      const list = Array.isArray(found) ? found : [{ address: found, family: version ?? isIP(found) }]
      // Node takes the first address of a list without looking whether there is one.
      const given = list.filter(({ address }) => typeof address === 'string' && address !== '')
      resolve({ addresses: given as Address[], ttl: null })
    })
  })
}

async function byFunction(resolver: DnsResolver, hostname: string, family: 0 | 4 | 6): Promise<Answer> {
  const found: DnsAddress[] = (await resolver(hostname, { family })).map((one) =>
    typeof one === 'string' ? { address: one } : one,
  )
  const ttls = found.flatMap(({ ttl }) => (ttl === undefined ? [] : [ttl]))
  return {
    addresses: found.map(({ address }) => ({ address, family: isIP(address) === 6 ? 6 : 4 })),
    ttl: ttls.length === 0 ? null : Math.min(...ttls),
  }
}

/** A and AAAA at once. One of them is enough; what is missing after it came is not waited for. */
async function byRecords(
  resolver: dns.promises.Resolver,
  hostname: string,
  family: 0 | 4 | 6,
  clock: Clock,
): Promise<Answer> {
  // RFC 6761 section 6.3: never a question for a name server.
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return LOOPBACK
  if (family === 4) return answerOf(await resolver.resolve4(hostname, { ttl: true }))
  if (family === 6) return answerOf(await resolver.resolve6(hostname, { ttl: true }))
  const six = resolver.resolve6(hostname, { ttl: true })
  const sixOrNone = six.catch(() => [])
  try {
    const fours = await resolver.resolve4(hostname, { ttl: true })
    const timer = clock.setTimeout(() => resolver.cancel(), RESOLUTION_DELAY, true)
    const sixes = await sixOrNone
    timer.cancel()
    return answerOf([...sixes, ...fours])
  } catch (error) {
    // IPv4 has none: then it is for IPv6 to say, and its error is of interest only if A was merely empty.
    const sixes = await six.catch((other: unknown) => {
      throw isNoSuchName(error) ? other : error
    })
    return answerOf(sixes)
  }
}

function answerOf(records: readonly dns.RecordWithTtl[]): Answer {
  const addresses = records.map(({ address }) => ({ address, family: isIP(address) === 6 ? 6 : 4 }) as const)
  return { addresses, ttl: Math.min(...records.map(({ ttl }) => ttl * 1000)) }
}

const LOOPBACK: Answer = {
  addresses: [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ],
  ttl: null,
}

function ordered(addresses: readonly Address[], order: AddressOrder): readonly Address[] {
  if (order === 'verbatim') return addresses
  const first = order === 'ipv4first' ? 4 : 6
  return [
    ...addresses.filter(({ family }) => family === first),
    ...addresses.filter(({ family }) => family !== first),
  ]
}

/** Whether the error says that there is no such name, rather than that nobody could tell. */
export function isNoSuchName(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'ENOTFOUND' || code === 'ENODATA'
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`the look-up gave no address for ${hostname}`), { code: 'ENOTFOUND' })
}
