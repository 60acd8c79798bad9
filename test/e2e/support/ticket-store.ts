/** A ticket store by what a child process can be told on its command line. */
import { createClient } from 'redis'
import { FileTlsSessionStore, RedisTlsSessionStore } from '../../../src/integrations/tickets/index.ts'

export type TicketPlace =
  | { readonly kind: 'file'; readonly directory: string; readonly key: string; readonly singleUse?: boolean }
  | { readonly kind: 'redis'; readonly path: string; readonly key: string; readonly singleUse?: boolean }

export interface OpenStore {
  readonly store: FileTlsSessionStore | RedisTlsSessionStore
  close(): void
}

/** Waits long: these tests are about what comes out, on a busy machine too. */
const timeout = 10_000

export async function openStore(place: TicketPlace): Promise<OpenStore> {
  const { key, singleUse = false } = place
  if (place.kind === 'file') {
    const store = new FileTlsSessionStore({ directory: place.directory, key, singleUse, timeout })
    return { store, close: () => {} }
  }
  const client = createClient({ socket: { path: place.path, tls: false } })
  client.on('error', () => {})
  await client.connect()
  const store = new RedisTlsSessionStore({ client, key, singleUse, timeout, maxPerIdentity: 1000 })
  return { store, close: () => client.destroy() }
}
