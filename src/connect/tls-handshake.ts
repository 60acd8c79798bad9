import * as tls from 'node:tls'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import { serverNameOf, type TlsPolicy } from './tls-identity.ts'
import type { SessionOffer } from './tls-resumption.ts'

/** What a handshake needs beside where it takes place. */
export function tlsOptions(
  policy: TlsPolicy,
  origin: Origin,
  offer: readonly AlpnProtocol[],
  resumption: SessionOffer | null,
): tls.ConnectionOptions {
  const { servername, checkServerIdentity } = policy.options
  return {
    secureContext: policy.secureContext(),
    rejectUnauthorized: policy.verifies,
    servername: serverNameOf(policy, origin),
    ALPNProtocols: [...offer],
    ...identityCheck(origin, servername, checkServerIdentity),
    ...(resumption?.session === undefined ? {} : { session: Buffer.from(resumption.session.ticket) }),
  }
}

type IdentityCheck = NonNullable<tls.ConnectionOptions['checkServerIdentity']>

/** Node lets a check replace its own; here the certificate must be for the host whatever else is asked of it. */
function identityCheck(
  origin: Origin,
  servername: string | undefined,
  further: IdentityCheck | undefined,
): { readonly checkServerIdentity?: IdentityCheck } {
  if (further === undefined && origin.endpoint === undefined) return {}
  return {
    checkServerIdentity: (given, certificate) => {
      // Without SNI Node names the host it dialled; at an endpoint that is not who it must be.
      const host = origin.endpoint === undefined ? given : (servername ?? origin.hostname)
      return tls.checkServerIdentity(host, certificate) ?? further?.(host, certificate)
    },
  }
}
