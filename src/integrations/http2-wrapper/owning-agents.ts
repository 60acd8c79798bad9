import type { Client } from '../../client-interface.ts'
import { BridgeHttpAgent, BridgeHttpsAgent } from './agents.ts'
import { BridgeHttp2Agent } from './http2-agent.ts'
import { type AgentOptions, ownedClient, type ProxyOptions, proxiedClient } from './owned-client.ts'

/** http2-wrapper's `Agent`, over a client of its own, which `destroy` ends. */
export class Agent extends BridgeHttp2Agent {
  readonly #client: Client

  constructor(options: AgentOptions = {}, client: Client = ownedClient(options)) {
    super(client)
    this.#client = client
  }

  /** Ends its requests, those that wait for their turn, too, and its connections. */
  override destroy(reason?: Error): void {
    this.#client.destroy(reason)
  }
}

type ProxiedOptions = AgentOptions & { readonly proxyOptions: ProxyOptions }

/** Through a proxy that speaks HTTP/2. */
export class Http2OverHttp2 extends Agent {
  constructor(options: ProxiedOptions) {
    super(options, proxiedClient(options, 'h2'))
  }
}

/** Through a proxy that is spoken to in HTTP/1.1, in the clear or over TLS as its URL says. */
export class Http2OverHttp extends Agent {
  constructor(options: ProxiedOptions) {
    super(options, proxiedClient(options, 'http/1.1'))
  }
}

/** For `http.request` to `http:` origins, through a tunnel of a proxy that speaks HTTP/2. */
export class HttpOverHttp2 extends BridgeHttpAgent {
  readonly #client: Client

  constructor(options: ProxiedOptions) {
    const client = proxiedClient(options, 'h2')
    super(client)
    this.#client = client
  }

  override destroy(): void {
    this.#client.destroy()
  }
}

/** For `https.request`, likewise. */
export class HttpsOverHttp2 extends BridgeHttpsAgent {
  readonly #client: Client

  constructor(options: ProxiedOptions) {
    const client = proxiedClient(options, 'h2')
    super(client)
    this.#client = client
  }

  override destroy(): void {
    this.#client.destroy()
  }
}

export interface Proxies {
  readonly HttpOverHttp2: typeof HttpOverHttp2
  readonly HttpsOverHttp2: typeof HttpsOverHttp2
  readonly Http2OverHttp2: typeof Http2OverHttp2
  readonly Http2OverHttp: typeof Http2OverHttp
  readonly Http2OverHttps: typeof Http2OverHttp
}

/** http2-wrapper's agents for proxies, over the proxies of a client. */
export const proxies: Proxies = {
  HttpOverHttp2,
  HttpsOverHttp2,
  Http2OverHttp2,
  Http2OverHttp,
  Http2OverHttps: Http2OverHttp,
}
