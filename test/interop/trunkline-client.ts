import { createClient } from '../../src/index.ts'
import type { ClientSettings, ClientUnderTest, InteropClient } from './interop-client.ts'
import { http1Sockets } from './matrix.ts'

/** HTTP/2 is what the default offer comes to; HTTP/1.1 has to be insisted on, for all these servers prefer HTTP/2. */
function create({ ca, tls, protocol }: ClientSettings): InteropClient {
  return createClient({
    tls: { ca, minVersion: tls, maxVersion: tls },
    http1: { maxSockets: http1Sockets },
    ...(protocol === 'http/1.1' && { protocols: ['http/1.1'] }),
  })
}

export const trunkline: ClientUnderTest = { create, replays: true }
