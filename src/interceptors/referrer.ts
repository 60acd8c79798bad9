/** Referrer Policy, sections 3 and 8: what one place on the web is told of the place a request comes from. */
import { staysHere } from '../core/trustworthy.ts'

const POLICIES = new Set([
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
])

const DEFAULT_POLICY = 'strict-origin-when-cross-origin'

/** Longer ones are cut down to their origin. */
const LONGEST = 4096

/**
 * The Referer of a request to `target`, without user information and fragment; null when nothing may be said.
 * An empty policy is the default one.
 */
export function refererFor(url: URL, policy: string, target: string): URL | null {
  if (url.protocol === 'about:' || url.protocol === 'data:' || url.protocol === 'blob:') return null
  const to = new URL(target)
  const sameOrigin = url.protocol === to.protocol && url.host === to.host
  const downgrade = isTrustworthy(url) && !isTrustworthy(to)
  switch (policy === '' ? DEFAULT_POLICY : policy) {
    case 'no-referrer':
      return null
    case 'unsafe-url':
      return whole(url)
    case 'origin':
      return originOnly(url)
    case 'strict-origin':
      return downgrade ? null : originOnly(url)
    case 'same-origin':
      return sameOrigin ? whole(url) : null
    case 'origin-when-cross-origin':
      return sameOrigin ? whole(url) : originOnly(url)
    case 'no-referrer-when-downgrade':
      return downgrade ? null : whole(url)
    default:
      if (sameOrigin) return whole(url)
      return downgrade ? null : originOnly(url)
  }
}

/** The policy after a response: the last one its Referrer-Policy names that is known, or else the one before. */
export function policyAfter(header: string | null, policy: string): string {
  if (header === null) return policy
  const known = header.split(',').map((token) => token.trim().toLowerCase())
  return known.findLast((token) => POLICIES.has(token)) ?? policy
}

function whole(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare.href.length > LONGEST ? originOnly(url) : bare
}

function originOnly(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.pathname = ''
  bare.search = ''
  bare.hash = ''
  return bare
}

/** Secure Contexts, section 3.1: encrypted, or not leaving the machine. */
function isTrustworthy(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'wss:' || staysHere(url.hostname)
}
