import { BlockList, isIP, isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Place } from '../../core/origin.ts'

/** Whether connections to a place bypass the proxy. */
export type Bypass = (place: Place) => boolean

/**
 * The rules of NO_PROXY, separated by commas or spaces, in any case: `*` is everything; `example.com`, `.example.com`
 * and `*.example.com` are that domain and all below it; an address is that address, in any of its spellings;
 * `10.0.0.0/8` and `fd00::/8` are the addresses in the block, where a URL names an address: no name is looked up for it. All but
 * blocks may have a port: `example.com:8443`, `[::1]:8080`. What is none of this matches nothing.
 */
export function parseNoProxy(text: string): Bypass {
  const rules = text.split(/[\s,]+/).flatMap((entry) => {
    const rule = entry === '' ? null : ruleOf(entry.toLowerCase())
    return rule === null ? [] : [rule]
  })
  return (place) => rules.some((matches) => matches(place))
}

/** `localhost` and loopback addresses: what a proxy calls by these names is not what is meant here. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname)
  if (isIP(host) !== 0) return LOOPBACK.check(host, familyOf(host))
  return host === 'localhost' || host.endsWith('.localhost')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

function ruleOf(entry: string): Bypass | null {
  if (entry === '*') return () => true
  const [, network, prefix] = /^([^/]+)\/(\d{1,3})$/.exec(entry.replace(/^\[(.+\/\d+)\]$/, '$1')) ?? []
  if (network !== undefined && prefix !== undefined)
    return blockRule(network.replace(/^\[|\]$/g, ''), Number(prefix))
  const { host, port } = splitPort(entry)
  const matches = isIP(host) === 0 ? domainRule(host) : addressRule(host)
  if (matches === null) return null
  return (place) => (port === null || place.port === port) && matches(place)
}

function splitPort(entry: string): { readonly host: string; readonly port: number | null } {
  const [, bracketed, digits] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { host: bracketed, port: digits === undefined ? null : Number(digits) }
  // More than one colon without brackets is an IPv6 address.
  const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? []
  return host === undefined ? { host: entry, port: null } : { host, port: Number(port) }
}

function domainRule(entry: string): Bypass | null {
  const given = bare(entry.replace(/^\*?\./, ''))
  // URLs have names in ASCII; what is no name at all comes out empty.
  const domain = given.includes('*') ? '' : domainToASCII(given)
  if (domain === '') return null
  return ({ host }) => {
    const name = bare(host)
    return name === domain || name.endsWith(`.${domain}`)
  }
}

function addressRule(address: string): Bypass {
  const list = new BlockList()
  list.addAddress(address, familyOf(address))
  return contains(list)
}

function blockRule(network: string, prefix: number): Bypass | null {
  const version = isIP(network)
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return null
  const list = new BlockList()
  list.addSubnet(network, prefix, familyOf(network))
  const matches = contains(list)
  // Of the addresses of IPv6 those of IPv4 are a part (RFC 4291 section 2.5.5.2), which a larger block does not mean.
  const isWide = version === 6 && prefix < 96
  return (place) => matches(place) && !(isWide && isIPv4(place.host))
}

function contains(list: BlockList): Bypass {
  return ({ host }) => {
    const address = bare(host)
    return isIP(address) !== 0 && list.check(address, familyOf(address))
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

/** As names are compared: lower case, without the dot of the root. */
function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}
