import type { Socket } from 'node:net'
import * as tls from 'node:tls'
import type { OriginTlsOptions } from './tls-identity.ts'

/** Not asked for later: on Node 22 and 24 a socket shows its certificate only until `getPeerX509Certificate` is called. */
const certificates = new WeakMap<Socket, tls.PeerCertificate>()

/** Keeps what a fresh connection shows, for `certificateCovers`. A resumed one shows nothing. */
export function keepCertificate(socket: Socket): void {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return
  const certificate = socket.getPeerCertificate()
  if (Object.keys(certificate ?? {}).length > 0) certificates.set(socket, certificate)
}

/** What `keepCertificate` found; undefined for a connection that was resumed, not trusted or not kept. */
export function keptCertificate(socket: Socket): tls.PeerCertificate | undefined {
  return certificates.get(socket)
}

/**
 * Whether the certificate that a connection was verified by would do for another host, by the same checks (RFC 9113
 * section 9.1.1).
 */
export function certificateCovers(socket: Socket, hostname: string, options: OriginTlsOptions): boolean {
  const certificate = certificates.get(socket)
  // With a name of the caller's choice it was never checked for the host of its own URL.
  if (certificate === undefined || options.servername !== undefined) return false
  if (tls.checkServerIdentity(hostname, certificate) !== undefined) return false
  return options.checkServerIdentity?.(hostname, certificate) === undefined
}
