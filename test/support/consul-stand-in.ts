/** Speaks what Consul documents of `/v1/health/service/NAME`: blocking queries, tokens, filters, errors. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Instance {
  readonly port: number
  /** Default: the instance has no address of its own, and its node's is 127.0.0.1. */
  readonly address?: string
  readonly weight?: number
  readonly passing?: boolean
  readonly tags?: readonly string[]
}

interface Waiting {
  readonly index: number
  readonly service: string
  answer(): void
}

/** `serfHealth` and the like are left out: a client reads `Node.Address` and `Service` only. */
export class ConsulStandIn implements AsyncDisposable {
  readonly #server: Server
  readonly #services = new Map<string, readonly Instance[]>()
  readonly #waiting = new Set<Waiting>()
  /** Path and query of every question. */
  readonly queries: URL[] = []
  /** X-Consul-Index. */
  index = 10
  /** Asked for in X-Consul-Token, if any. */
  token: string | null = null
  /** While set, every question is answered so. */
  failure: { readonly status: number; readonly text: string } | null = null
  /** Leaves X-Consul-Index out: an agent behind something that does not block. */
  indexless = false

  constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => this.#onRequest(request, response))
  }

  static async start(): Promise<ConsulStandIn> {
    const server = createServer()
    const consul = new ConsulStandIn(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return consul
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Questions that are kept open. */
  get blocked(): number {
    return this.#waiting.size
  }

  /** The state changes: whoever waits for it is answered. */
  set(service: string, instances: readonly Instance[], index = this.index + 1): void {
    this.#services.set(service, instances)
    this.index = index
    for (const waiting of this.#waiting) waiting.answer()
  }

  /** Ends every connection, as a restart would. */
  dropConnections(): void {
    this.#server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    this.queries.push(url)
    if (this.failure !== null) return void response.writeHead(this.failure.status).end(this.failure.text)
    if (this.token !== null && request.headers['x-consul-token'] !== this.token)
      return void response.writeHead(403).end('Permission denied: token lacks permission')
    const [, service] = /^\/v1\/health\/service\/([^/]+)$/.exec(url.pathname) ?? []
    if (service === undefined) return void response.writeHead(404).end()
    const index = Number(url.searchParams.get('index') ?? 0)
    // Consul answers at once when its index is not the one that is waited on, lower ones included.
    if (index === 0 || index !== this.index) return this.#answer(service, url, response)
    this.#block(index, service, url, response)
  }

  #block(index: number, service: string, url: URL, response: ServerResponse): void {
    const seconds = Number(/^(\d+)s$/.exec(url.searchParams.get('wait') ?? '300s')?.[1])
    const waiting: Waiting = {
      index,
      service,
      answer: () => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
        if (!response.destroyed) this.#answer(service, url, response)
      },
    }
    const timer = setTimeout(waiting.answer, seconds * 1000)
    response.on('close', () => {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    })
    this.#waiting.add(waiting)
  }

  #answer(service: string, { searchParams }: URL, response: ServerResponse): void {
    const tags = searchParams.getAll('tag')
    const chosen = (this.#services.get(service) ?? []).filter(
      ({ passing = true, tags: own = [] }) =>
        (passing || !searchParams.has('passing')) && tags.every((tag) => own.includes(tag)),
    )
    const entries = chosen.map(({ port, address = '', weight, tags: own = [] }) => ({
      Node: { ID: 'n1', Node: 'node-1', Address: '127.0.0.1', Datacenter: 'dc1' },
      Service: {
        ID: `${service}-${port}`,
        Service: service,
        Tags: own,
        Address: address,
        Port: port,
        ...(weight === undefined ? {} : { Weights: { Passing: weight, Warning: 1 } }),
      },
      Checks: [],
    }))
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-consul-knownleader': 'true',
      'x-consul-lastcontact': '0',
      ...(this.indexless ? {} : { 'x-consul-index': String(this.index) }),
    })
    response.end(JSON.stringify(entries))
  }
}
