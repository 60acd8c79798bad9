import { type HeaderList, withoutHeaders } from '../core/headers.ts'
import type { Origin } from '../core/origin.ts'
import { isTrustworthy } from '../core/trustworthy.ts'
import { ACCEPTED_CODINGS } from '../interceptors/decompress.ts'
import { indexOf } from './headers.ts'

/** What `fetch` says of itself: the platform's values, but for the name. */
const USER_AGENT = 'trunkline'
/** As Node has it: what stands between client and server and knows only old codings is found on `http:`. */
const PLAIN_CODINGS = 'gzip, deflate'

const ACCEPT = 1
const LANGUAGE = 2
const AGENT = 4
const ENCODING = 8
const TYPE = 16
const LENGTH = 32
const MODE = 64
const RANGE = 128
const CONDITIONAL = 256
const CACHE_CONTROL = 512
const PRAGMA = 1024

const KNOWN = new Map([
  ['accept', ACCEPT],
  ['accept-language', LANGUAGE],
  ['user-agent', AGENT],
  ['accept-encoding', ENCODING],
  ['content-type', TYPE],
  ['content-length', LENGTH],
  ['sec-fetch-mode', MODE],
  ['range', RANGE],
  ['if-modified-since', CONDITIONAL],
  ['if-none-match', CONDITIONAL],
  ['if-unmodified-since', CONDITIONAL],
  ['if-match', CONDITIONAL],
  ['if-range', CONDITIONAL],
  ['cache-control', CACHE_CONTROL],
  ['pragma', PRAGMA],
])

/** What of a request its headers depend on. */
export interface HeaderFacts {
  readonly hasBody: boolean
  readonly contentType: string | null
  /** Content-Length, if one is to be sent. */
  readonly contentLength: string | null
  /** The option `cache`. */
  readonly cache: string
}

const NO_FACTS: HeaderFacts = { hasBody: false, contentType: null, contentLength: null, cache: 'default' }

/** Adds to the caller's fields what the Fetch standard adds, and the platform with it. Returns the list. */
export function complete(
  given: string[],
  origin: Pick<Origin, 'scheme' | 'hostname'>,
  mode: string,
  facts: HeaderFacts = NO_FACTS,
): string[] {
  const trusted = isTrustworthy(origin)
  let list = given
  let seen = 0
  for (let index = 0; index < list.length; index += 2) seen |= KNOWN.get(list[index] as string) ?? 0
  // The mode is not the caller's to say where it is said, and a length without a body is none.
  if ((seen & MODE && trusted) || (seen & LENGTH && !facts.hasBody)) {
    list = withoutHeaders(
      list,
      (name) => (name === 'sec-fetch-mode' && trusted) || (name === 'content-length' && !facts.hasBody),
    )
    if (!facts.hasBody) seen &= ~LENGTH
  }
  if (facts.contentType !== null && !(seen & TYPE)) list.push('content-type', facts.contentType)
  if (!(seen & ACCEPT)) list.push('accept', '*/*')
  if (!(seen & LANGUAGE)) list.push('accept-language', '*')
  if (facts.contentLength !== null && !(seen & LENGTH)) list.push('content-length', facts.contentLength)
  if (trusted) list.push('sec-fetch-mode', mode)
  if (!(seen & AGENT)) list.push('user-agent', USER_AGENT)
  addCacheControl(list, seen, facts.cache)
  if (seen & RANGE) addIdentity(list)
  else if (!(seen & ENCODING))
    list.push('accept-encoding', origin.scheme === 'https' ? ACCEPTED_CODINGS : PLAIN_CODINGS)
  return list
}

/** There is no cache here, but there may be one on the way (HTTP-network-or-cache fetch, steps 16 to 18). */
function addCacheControl(list: string[], seen: number, cache: string): void {
  if (cache === 'no-cache') {
    if (!(seen & CACHE_CONTROL)) list.push('cache-control', 'max-age=0')
    return
  }
  const bypass = cache === 'no-store' || cache === 'reload' || (cache === 'default' && seen & CONDITIONAL)
  if (!bypass) return
  if (!(seen & PRAGMA)) list.push('pragma', 'no-cache')
  if (!(seen & CACHE_CONTROL)) list.push('cache-control', 'no-cache')
}

/** A part of a coded body could not be decoded. */
function addIdentity(list: string[]): void {
  const before = indexOf(list, 'accept-encoding')
  if (before === -1) list.push('accept-encoding', 'identity')
  else list[before] += ', identity'
}

/** All that a GET without headers of its own carries; shared, and so frozen. */
const BARE_HTTPS = bareFor('https', '')
const BARE_LOOPBACK = bareFor('http', 'localhost')
const BARE_HTTP = bareFor('http', '')

function bareFor(scheme: 'https' | 'http', hostname: string): HeaderList {
  return Object.freeze(complete([], { scheme, hostname }, 'cors'))
}

/** The headers of a GET that gives none. */
export function bareHeaders(origin: Pick<Origin, 'scheme' | 'hostname'>): HeaderList {
  if (origin.scheme === 'https') return BARE_HTTPS
  return isTrustworthy(origin) ? BARE_LOOPBACK : BARE_HTTP
}
