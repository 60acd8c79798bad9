import { createClient, MemoryTlsSessionStore, type TlsSessionStore } from '../../src/index.ts'
import type { ClientSettings, ClientUnderTest, InteropClient } from './interop-client.ts'
import { http1Sockets } from './matrix.ts'

/** Clients of one row resume each other's TLS sessions, and no others. */
const sessions = new WeakMap<ClientSettings, TlsSessionStore>()

/** HTTP/2 is what the default offer comes to; HTTP/1.1 has to be insisted on, for all these servers prefer HTTP/2. */
function create(settings: ClientSettings): InteropClient {
  const { ca, tls, protocol, engine } = settings
  const tlsSessions = sessions.get(settings) ?? new MemoryTlsSessionStore()
  sessions.set(settings, tlsSessions)
  return createClient({
    tls: { ca, minVersion: tls, maxVersion: tls },
    tlsSessions,
    http1: { maxSockets: http1Sockets },
    ...(engine && { engine }),
    ...(protocol === 'http/1.1' && { protocols: ['http/1.1'] }),
  })
}

export const trunkline: ClientUnderTest = { create, replays: true }
