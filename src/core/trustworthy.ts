import type { Origin } from './origin.ts'

const LOOPBACK = /^(?:127(?:\.\d+){3}|::1|(?:.+\.)?localhost\.?)$/

/** Whether nobody on the way can have changed what an origin says (Secure Contexts, section 3.1). */
export function isTrustworthy({ scheme, hostname }: Pick<Origin, 'scheme' | 'hostname'>): boolean {
  return scheme === 'https' || LOOPBACK.test(hostname)
}
