/** A server and a client of ours for the adapters to other interfaces, over HTTP/2 and over HTTP/1.1. */
import { type Client, type ClientOptions, createClient, MemoryTlsSessionStore } from 'trunkline'
import { type Bridge, createBridge } from 'trunkline/http2-wrapper'
import { afterEach } from 'vitest'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup, type Closeable } from '../../support/cleanup.ts'
import {
  type H2ServerOptions,
  type RouteHandler,
  startH1Server,
  startH2Server,
  type TestServer,
} from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

export type Protocol = 'h2' | 'http/1.1'
export const protocols: readonly Protocol[] = ['h2', 'http/1.1']

export interface BridgeTrack {
  readonly server: TestServer
  readonly origin: string
  readonly client: Client
  readonly bridge: Bridge
}

const { ca } = await ensureCertificates()

export class BridgeStand {
  readonly #servers = new Cleanup()
  readonly #clients = new Cleanup()

  constructor() {
    afterEach(async () => {
      try {
        await this.#clients.run()
      } finally {
        await this.#servers.run()
      }
    })
  }

  /** Closes it after the test, once the clients are closed. */
  add<T extends Closeable>(thing: T): T {
    return this.#servers.add(thing)
  }

  client(options: ClientOptions = {}): Client {
    const client = createClient({
      tlsSessions: new MemoryTlsSessionStore(),
      ...options,
      tls: { ca, ...options.tls },
    })
    this.#clients.add(async () => {
      // What an adapter left open would keep the client from closing.
      let closed = false
      void client.close({ timeout: 15_000 }).then(() => {
        closed = true
      })
      await waitFor(() => closed, {
        timeout: 5000,
        message: 'the client to close, with no request left in it',
      })
    })
    return client
  }

  async server(
    protocol: Protocol,
    handler?: RouteHandler,
    options: H2ServerOptions = {},
  ): Promise<TestServer> {
    const given = { ...options, ...(handler && { handler }) }
    const server = await (protocol === 'h2' ? startH2Server(given) : startH1Server(given))
    this.#servers.add(() => server.teardown())
    return server
  }

  async open(protocol: Protocol, handler?: RouteHandler, options: ClientOptions = {}): Promise<BridgeTrack> {
    const server = await this.server(protocol, handler)
    const client = this.client(options)
    return { server, origin: server.origin, client, bridge: createBridge(client) }
  }
}
