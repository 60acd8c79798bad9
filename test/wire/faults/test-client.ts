import { type Client, type ClientOptions, createClient, MemoryTlsSessionStore } from '../../../src/index.ts'
import { ensureCertificates } from '../../support/certificates.ts'

const { ca } = await ensureCertificates()

/** TLS sessions are kept apart, so that no test resumes what another one left behind. */
export function testClient(options: ClientOptions = {}): Client {
  return createClient({
    tlsSessions: new MemoryTlsSessionStore(),
    ...options,
    tls: { ca, ...options.tls },
  })
}
