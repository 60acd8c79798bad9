import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { ConnectError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'

/** RFC 9113 section 9.2.2: over TLS 1.2, HTTP/2 wants an ephemeral key exchange and an AEAD. */
const ADEQUATE = /^(?:ECDHE|DHE)-.*(?:GCM|CHACHA20|CCM)/

export function isInadequate(socket: Socket): boolean {
  if (!(socket instanceof TLSSocket) || socket.getProtocol() === 'TLSv1.3') return false
  return !ADEQUATE.test(socket.getCipher().name)
}

/** The origin chose such a suite all the same. */
export function inadequateSecurity(origin: Origin, socket: Socket): ConnectError {
  const cipher = socket instanceof TLSSocket ? socket.getCipher().name : ''
  return new ConnectError(
    'ERR_TRUNKLINE_TLS_FAILED',
    `${origin.key} chose ${cipher} for HTTP/2, which RFC 9113 forbids (INADEQUATE_SECURITY). Remove such suites from tls.ciphers, or allow only HTTP/1.1.`,
    { origin: origin.key, phase: 'tls', http2Code: 12 },
  )
}
