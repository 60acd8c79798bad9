import { BlockList, isIP, isIPv4 } from 'node:net'

/** Which addresses a client may connect to. Lists are of CIDR blocks (`10.0.0.0/8`) and single addresses. */
export interface AddressGuardOptions {
  /** Allowed although they are special: the private network a client is meant for, say. */
  readonly allow?: readonly string[]
  /** Refused besides the special ones; more important than `allow`. */
  readonly deny?: readonly string[]
}

/** IPv4 blocks that are not of the public Internet (IANA special-purpose registry, RFC 6890). */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // this network; the kernel takes 0.0.0.0 for loopback
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT; clouds put metadata services there too
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local, with the metadata services of most clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]

/** The same for IPv6. Blocks that carry an IPv4 address are judged by that address where routers translate them. */
const SPECIAL_IPV6 = [
  '::/96', // unspecified, loopback, and the old IPv4-compatible addresses
  '::ffff:0:0:0/96', // IPv4-translated (RFC 2765)
  '64:ff9b:1::/48', // local NAT64 (RFC 8215): where the IPv4 address stands is anyone's choice
  '100::/64', // discard
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32',
  '2002::/16', // 6to4: leads to any IPv4 address
  '3fff::/20',
  '5f00::/16',
  'fc00::/7', // unique local; fd00:ec2::254 is a metadata service
  'fe80::/10', // link-local
  'fec0::/10', // site-local
  'ff00::/8', // multicast
]

/** NAT64 (RFC 6052): the last four bytes are the IPv4 address that is meant. */
const NAT64 = blockList(['64:ff9b::/96'])

const SPECIAL = blockList([...SPECIAL_IPV4, ...SPECIAL_IPV6])

/**
 * Keeps a client off addresses that are nobody's business: a guard against server-side request forgery. It judges
 * addresses, not names, so it does not matter how one was spelled, who resolved it, or what a redirect said.
 */
export class AddressGuard {
  readonly #allow: BlockList
  readonly #deny: BlockList

  constructor({ allow = [], deny = [] }: AddressGuardOptions = {}) {
    this.#allow = blockList(allow)
    this.#deny = blockList(deny)
  }

  /** What is no address at all is refused as well. */
  blocks(address: string): boolean {
    const bare = address.replace(/%.*$/, '')
    const forms = formsOf(bare)
    if (forms.length === 0 || forms.some((form) => contains(this.#deny, form))) return true
    return forms.some((form) => contains(SPECIAL, form)) && !forms.some((form) => contains(this.#allow, form))
  }
}

/** The guard that the option `addressGuard` asks for; null: none. */
export function createAddressGuard(option: boolean | AddressGuardOptions): AddressGuard | null {
  if (option === false) return null
  return new AddressGuard(option === true ? {} : option)
}

/** What the option must be, or null when it is that. */
export function checkAddressGuard(value: unknown): string | null {
  const what = 'true, false, or an object with lists of CIDR blocks as allow and deny'
  if (typeof value === 'boolean') return null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return what
  const known = Object.keys(value).every((name) => name === 'allow' || name === 'deny')
  const lists = Object.values(value).filter((list) => list !== undefined)
  const fits = lists.every((list) => Array.isArray(list) && list.every(isBlock))
  return known && fits ? null : what
}

/** The address, and the IPv4 address within it that the network would make of it. */
function formsOf(address: string): readonly string[] {
  if (isIP(address) === 0) return []
  if (isIPv4(address)) return [address]
  const carried = contains(NAT64, address) ? lastFourBytes(address) : null
  return carried === null ? [address] : [address, carried]
}

/** Node's list compares an IPv4-mapped address (::ffff:0:0/96) with its IPv4 blocks by itself. */
function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function lastFourBytes(address: string): string | null {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (dotted !== undefined) return dotted
  // The URL parser writes any IPv6 address in its one short form.
  const text = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1)
  if (text === undefined) return null
  const [head = '', tail] = text.split('::')
  const right = (tail ?? head).split(':').filter((part) => part !== '')
  const [high, low] = [right.at(-2) ?? '0', right.at(-1) ?? '0'].map((part) => Number.parseInt(part, 16))
  const bytes = [(high ?? 0) >> 8, (high ?? 0) & 255, (low ?? 0) >> 8, (low ?? 0) & 255]
  return bytes.join('.')
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    const type = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(address, type)
    else list.addSubnet(address, Number(prefix), type)
  }
  return list
}

function isBlock(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
  const version = isIP(address)
  return version !== 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128))
}
