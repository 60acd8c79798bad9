import type { Origin } from './origin.ts'

/** As an origin and as a URL has it, which puts IPv6 in brackets. */
const LOOPBACK = /^(?:127(?:\.\d+){3}|::1|\[::1\]|(?:.+\.)?localhost)$/

/** Whether nobody on the way can have changed what an origin says (Secure Contexts, section 3.1). */
export function isTrustworthy({ scheme, hostname }: Pick<Origin, 'scheme' | 'hostname'>): boolean {
  return scheme === 'https' || staysHere(hostname)
}

/** Whether what goes to this host does not leave the machine. */
export function staysHere(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}
