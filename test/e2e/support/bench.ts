/** What the end-to-end suites share: servers, relays and clients that are closed after each test, last one first. */
import type { Socket } from 'node:net'
import { type Client, type ClientOptions, createClient, MemoryTlsSessionStore } from 'trunkline'
import { afterEach } from 'vitest'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup, type Closeable } from '../../support/cleanup.ts'
import { RawHttp1Peer, type RawHttp1PeerOptions } from '../../support/raw-http1-peer.ts'
import { RawPeer, type RawPeerOptions } from '../../support/raw-peer.ts'
import { Relay, type RelayOptions } from '../../support/relay.ts'
import {
  type H1ServerOptions,
  type H2ServerOptions,
  startH1Server,
  startH2cServer,
  startH2Server,
  type TestServer,
} from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

export const certificates = await ensureCertificates()
export const { ca } = certificates

export class Bench {
  readonly #cleanup = new Cleanup()
  readonly #clients = new Cleanup()

  constructor() {
    afterEach(async () => {
      // Clients first, whenever they were made: what they leave open is what the servers look for.
      try {
        await this.#clients.run()
      } finally {
        await this.#cleanup.run()
      }
    })
  }

  /** Closes it after the test. Servers of this bench throw then when a test left a connection open. */
  add<T extends Closeable>(thing: T): T {
    return this.#cleanup.add(thing)
  }

  async h2Server(options?: H2ServerOptions): Promise<TestServer> {
    return this.add(await startH2Server(options))
  }

  async h2cServer(options?: H2ServerOptions): Promise<TestServer> {
    return this.add(await startH2cServer(options))
  }

  async h1Server(options?: H1ServerOptions): Promise<TestServer> {
    return this.add(await startH1Server(options))
  }

  /** Of either protocol: most of what a user sees must not depend on it. */
  server(protocol: 'h2' | 'http/1.1', options?: H2ServerOptions): Promise<TestServer> {
    return protocol === 'h2' ? this.h2Server(options) : this.h1Server(options)
  }

  async rawPeer(options: RawPeerOptions): Promise<RawPeer> {
    return this.add(await RawPeer.listen(options))
  }

  async rawHttp1Peer(options: RawHttp1PeerOptions): Promise<RawHttp1Peer> {
    return this.add(await RawHttp1Peer.listen(options))
  }

  /** Accepts TCP connections and says nothing, not even in TLS. */
  silentPeer(): Promise<RawPeer> {
    const beforeTls = (tcp: Socket) => {
      tcp.resume()
      return 'handled' as const
    }
    return this.rawPeer({ beforeTls })
  }

  async relay(target: { readonly port: number }, options: Omit<RelayOptions, 'target'> = {}): Promise<Relay> {
    return this.add(await Relay.listen({ target: target.port, ...options }))
  }

  /** Trusts the test authority and keeps TLS sessions to itself, unless told otherwise. */
  client(options: ClientOptions = {}): Client {
    const client = createClient({
      tlsSessions: new MemoryTlsSessionStore(),
      ...options,
      tls: { ca, ...options.tls },
    })
    this.#clients.add(() => closesInTime(client))
    return client
  }
}

async function closesInTime(client: Client): Promise<void> {
  let closed = false
  void client.close({ timeout: 500 }).then(() => {
    closed = true
  })
  await waitFor(() => closed, { timeout: 5000, message: 'client.close() to resolve' })
}

/** What a promise rejects with; throws when it does not. */
// biome-ignore lint/suspicious/noExplicitAny: an error of any class, whose fields the test then looks at
export async function rejection(promise: Promise<unknown>): Promise<any> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was expected to reject, and resolved')
}

/** Resolves when the client has no connection any more. */
export async function noConnections(client: Client): Promise<void> {
  await waitFor(() => client.stats().connections === 0 && client.stats().origins.length === 0, {
    timeout: 5000,
    message: () => `no connection; there are ${JSON.stringify(client.stats().origins)}`,
  })
}

/** The whole of a response, so that its stream is over. */
export async function drained<T extends { text(): Promise<string> }>(response: Promise<T>): Promise<T> {
  const settled = await response
  await settled.text()
  return settled
}

/** Runs the garbage collector until `done`, letting finalizers and sockets have their turns in between. */
export async function collectUntil(done: () => boolean, message: string): Promise<void> {
  await waitFor(
    () => {
      collectGarbage()
      return done()
    },
    { timeout: 10_000, interval: 20, message },
  )
}

export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('run with --expose-gc, as the vitest project e2e does')
  gc()
}
