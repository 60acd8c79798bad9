import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import type { PoolContext } from './pool-context.ts'

/** What a dial to an origin offers, in order of preference; over `http:` what will be spoken. */
export function offerOf(
  { scheme, key, upgrade }: Origin,
  { offer, protocols, cleartext }: Pick<PoolContext, 'offer' | 'protocols' | 'cleartext'>,
): readonly AlpnProtocol[] {
  if (upgrade) return ['http/1.1']
  if (scheme === 'http') return [cleartext]
  if (protocols.requiresHttp1(key) && offer.includes('http/1.1')) return ['http/1.1']
  return offer
}

/** Whether the next connection will speak HTTP/1.1, as far as is known. */
export function expectsHttp1(
  origin: Origin,
  context: Pick<PoolContext, 'offer' | 'protocols' | 'cleartext'>,
): boolean {
  const offered = offerOf(origin, context)
  if (offered.length === 1) return offered[0] === 'http/1.1'
  return context.protocols.expected(origin.key) === 'http/1.1'
}

export function isHttp1({ protocol }: { readonly protocol: AlpnProtocol }): boolean {
  return protocol === 'http/1.1'
}

/** What an origin is planned to speak; undefined when nothing is known. */
export function expectedOf(
  origin: Origin,
  context: Pick<PoolContext, 'offer' | 'protocols' | 'cleartext'>,
): AlpnProtocol | undefined {
  if (origin.upgrade) return 'http/1.1'
  return origin.scheme === 'http' ? context.cleartext : context.protocols.expected(origin.key)
}
