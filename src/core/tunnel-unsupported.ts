import { StreamError } from './errors.ts'

/** The peer did not enable extended CONNECT (RFC 8441 section 3); nothing was sent. */
export function tunnelUnsupported(facts: {
  readonly origin: string
  readonly connectionId: number
}): StreamError {
  return new StreamError(
    'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED',
    `${facts.origin} speaks HTTP/2 without extended CONNECT (RFC 8441), so it cannot open tunnels over HTTP/2. Add 'http/1.1' to \`protocols\`, where an upgrade does the same.`,
    { origin: facts.origin, connectionId: facts.connectionId },
  )
}
