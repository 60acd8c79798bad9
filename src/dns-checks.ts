import { checkHosts, checkResolver, checkServers } from './connect/dns-options.ts'
import { type Checks, duration, func, oneOf, whole } from './option-checks.ts'

/** What each option under `dns` must be. */
export const DNS_CHECKS: Checks = {
  lookup: func,
  resolver: checkResolver,
  servers: checkServers,
  hosts: checkHosts,
  ttl: duration(0),
  staleFor: duration(0),
  negativeTtl: duration(0),
  maxEntries: whole(1, 2 ** 24),
  family: oneOf(0, 4, 6),
  order: oneOf('verbatim', 'ipv4first', 'ipv6first'),
  attemptTimeout: duration(1),
}
