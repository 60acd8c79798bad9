import * as net from 'node:net'
import * as tls from 'node:tls'
import { ConnectError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import type { TlsPolicy } from './tls-identity.ts'
import type { SessionOffer } from './tls-resumption.ts'

/** What a handshake needs beside where it takes place. */
export function tlsOptions(
  policy: TlsPolicy,
  origin: Origin,
  offer: readonly AlpnProtocol[],
  resumption: SessionOffer | null,
): tls.ConnectionOptions {
  const { servername, checkServerIdentity } = policy.options
  // RFC 6066 section 3: no address literals in SNI. Node then checks the certificate against `host`.
  const name = servername ?? (net.isIP(origin.hostname) === 0 ? origin.hostname : '')
  return {
    secureContext: policy.secureContext(),
    rejectUnauthorized: policy.verifies,
    servername: name,
    ALPNProtocols: [...offer],
    ...identityCheck(origin, servername, checkServerIdentity),
    ...(resumption?.session === undefined ? {} : { session: Buffer.from(resumption.session.ticket) }),
  }
}

/** RFC 9113 section 9.2.2: over TLS 1.2, HTTP/2 wants an ephemeral key exchange and an AEAD. */
const ADEQUATE = /^(?:ECDHE|DHE)-.*(?:GCM|CHACHA20|CCM)/

export function isInadequate(socket: net.Socket): boolean {
  if (!(socket instanceof tls.TLSSocket) || socket.getProtocol() === 'TLSv1.3') return false
  return !ADEQUATE.test(socket.getCipher().name)
}

export function inadequateSecurity(origin: Origin, socket: net.Socket): ConnectError {
  const cipher = socket instanceof tls.TLSSocket ? socket.getCipher().name : ''
  return new ConnectError(
    'ERR_TRUNKLINE_TLS_FAILED',
    `${origin.key} chose ${cipher} for HTTP/2, which RFC 9113 forbids (INADEQUATE_SECURITY). Leave such suites out of tls.ciphers, or allow HTTP/1.1 alone.`,
    { origin: origin.key, phase: 'tls', http2Code: 12 },
  )
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
