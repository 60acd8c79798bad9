/**
 * The four lanes of a comparison: our `fetch` and the platform's, each over HTTP/2 and HTTP/1.1, with a server of its
 * own. What holds in one lane is to hold in all: a library must not be able to tell whose `fetch` it was given.
 */
import { setDefaultCACertificates } from 'node:tls'
import { createClient, MemoryTlsSessionStore } from 'trunkline'
import { afterEach } from 'vitest'
import { ensureCertificates } from '../../support/certificates.ts'
import { Cleanup, type Closeable } from '../../support/cleanup.ts'
import {
  type RouteHandler,
  type ServerRequest,
  startH1Server,
  startH2Server,
  type TestServer,
} from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

export type Fetch = typeof globalThis.fetch

export interface Lane {
  readonly name: string
  readonly whose: 'ours' | 'platform'
  readonly protocol: 'h2' | 'http/1.1'
}

const owners = ['ours', 'platform'] as const
const protocols = ['h2', 'http/1.1'] as const

export const lanes: readonly Lane[] = owners.flatMap((whose) =>
  protocols.map((protocol) => ({ name: `${whose}, ${protocol}`, whose, protocol })),
)

export interface Track {
  readonly fetch: Fetch
  /** `https://localhost:PORT` */
  readonly origin: string
  readonly server: TestServer
  /** HTTP versions that the server was asked in: Node 22's and 24's own fetch never says 2.0. */
  readonly versions: ReadonlySet<string>
}

const { ca } = await ensureCertificates()
// For the platform's fetch, which has no option for it. Test files run in processes of their own.
setDefaultCACertificates([ca])
const platformFetch = globalThis.fetch

export class Stand {
  readonly #servers = new Cleanup()
  readonly #clients = new Cleanup()

  constructor() {
    afterEach(async () => {
      // Clients first: what they leave open is what our servers look for.
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

  /** A server for one lane, and the `fetch` that is to be used with it. */
  async open(lane: Lane, handler?: RouteHandler): Promise<Track> {
    const versions = new Set<string>()
    const server = await this.#serve(lane, versions, handler)
    const fetch = lane.whose === 'ours' ? this.#ownFetch() : platformFetch
    return { fetch, origin: server.origin, server, versions }
  }

  #ownFetch(): Fetch {
    const client = createClient({ tls: { ca }, tlsSessions: new MemoryTlsSessionStore() })
    this.#clients.add(async () => {
      // A library that is done with its responses leaves no stream open: there is nothing to wait for.
      let closed = false
      void client.close({ timeout: 15_000 }).then(() => {
        closed = true
      })
      await waitFor(() => closed, {
        timeout: 5000,
        message: 'the client to close, with no request left in it',
      })
    })
    return client.fetch
  }

  async #serve(lane: Lane, versions: Set<string>, handler?: RouteHandler): Promise<TestServer> {
    const server = await (lane.protocol === 'h2'
      ? // Node 22's and 24's fetch speaks HTTP/1.1 only. Ours has no such way out.
        startH2Server({ allowHTTP1: lane.whose === 'platform', ...(handler && { handler }) })
      : startH1Server({ ...(handler && { handler }) }))
    server.server.on('request', (request: ServerRequest) => versions.add(request.httpVersion))
    this.#servers.add(async () => {
      // The platform keeps its connections; only ours are expected to be gone.
      if (lane.whose === 'platform') return server.close()
      await server.teardown()
      if (versions.size > 0 && !versions.has(lane.protocol === 'h2' ? '2.0' : '1.1'))
        throw new Error(`the server was asked in HTTP/${[...versions]}`)
    })
    return server
  }
}

/** What a promise rejects with; throws when it does not. */
// biome-ignore lint/suspicious/noExplicitAny: an error of any class, whose fields the test then looks at
export async function rejection(promise: PromiseLike<unknown>): Promise<any> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was expected to reject, and resolved')
}
