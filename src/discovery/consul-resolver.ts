import type { AgentOptions } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, systemClock } from '../core/clock.ts'
import { createGet, type Get, type GetResult } from './background-get.ts'
import type { Endpoint, Resolver } from './resolver.ts'

/** Options of `consulResolver`. */
export interface ConsulResolverOptions {
  /** Of the agent. Default `http://127.0.0.1:8500`. */
  readonly url?: string | URL
  /** ACL token, or a function that gives the one that is in force. */
  readonly token?: string | (() => string | Promise<string>)
  readonly datacenter?: string
  /** Only instances that have this tag, or all of these. */
  readonly tag?: string | readonly string[]
  /** A node to sort by distance from; `_agent` is the one that is asked. */
  readonly near?: string
  /** How long Consul may keep a question open, ms. Default 60,000; at most 600,000. */
  readonly wait?: number
  /** The name in Consul of a service. Default: the first label of the host name. */
  readonly service?: (name: string) => string
  /** For an `https:` URL: `ca`, `cert`, `key` and what else `https.Agent` takes. */
  readonly tls?: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>
}

/** What a test replaces. */
export interface ConsulSurroundings {
  readonly get: Get
  readonly clock: Clock
  readonly random: () => number
}

/** Between two questions at least, ms: an index that races must not make us race. */
const LEAST_INTERVAL = 100

/** Between two questions to an agent that does not block, ms. */
const POLL_INTERVAL = 5000

const FIRST_BACKOFF = 1000
const LONGEST_BACKOFF = 30_000

/** ms beyond what Consul may take, for the way there and back. */
const GRACE = 10_000

/**
 * Instances of a service whose health checks pass, by Consul's HTTP API (`/v1/health/service/NAME`), kept up to date by
 * blocking queries. While Consul cannot be asked the endpoints stay as they were.
 */
export function consulResolver(options: ConsulResolverOptions = {}): Resolver {
  const surroundings = { clock: systemClock, random: Math.random }
  return createConsulResolver(options, { ...surroundings, get: createGet(options.tls ?? {}, systemClock) })
}

export function createConsulResolver(options: ConsulResolverOptions, around: ConsulSurroundings): Resolver {
  const consul = new Consul(options, around)
  return {
    resolve: async (name, signal) => (await consul.ask(name, 0, signal, false)).endpoints,
    watch: (name, signal) => consul.watch(name, signal),
  }
}

interface Snapshot {
  readonly endpoints: readonly Endpoint[]
  /** null: the answer had none, so there is nothing to wait for. */
  readonly index: number | null
}

class Consul {
  readonly #options: ConsulResolverOptions
  readonly #around: ConsulSurroundings
  readonly #base: URL
  readonly #wait: number

  constructor(options: ConsulResolverOptions, around: ConsulSurroundings) {
    this.#options = options
    this.#around = around
    this.#base = new URL(options.url ?? 'http://127.0.0.1:8500')
    this.#wait = Math.min(options.wait ?? 60_000, 600_000)
  }

  /** `index` above 0: Consul answers when the state is newer, or after `wait` and up to a sixteenth of it more. */
  async ask(name: string, index: number, signal: AbortSignal, background: boolean): Promise<Snapshot> {
    const { token } = this.#options
    const secret = typeof token === 'function' ? await token() : token
    const answer = await this.#around.get(this.#url(name, index), {
      headers: { accept: 'application/json', ...(secret ? { 'x-consul-token': secret } : {}) },
      timeout: (index > 0 ? this.#wait * (1 + 1 / 16) : 0) + GRACE,
      signal,
      background,
    })
    if (answer.status !== 200) throw refusal(answer)
    return { endpoints: endpointsOf(JSON.parse(answer.text)), index: indexOf(answer) }
  }

  async *watch(name: string, signal: AbortSignal): AsyncGenerator<readonly Endpoint[]> {
    let index = 0
    let failures = 0
    let last: readonly Endpoint[] | null = null
    while (!signal.aborted) {
      const askedAt = this.#around.clock.now()
      try {
        const snapshot = await this.ask(name, index, signal, true)
        failures = 0
        if (!isDeepStrictEqual(snapshot.endpoints, last)) yield snapshot.endpoints
        last = snapshot.endpoints
        const spacing = snapshot.index === null ? POLL_INTERVAL : LEAST_INTERVAL
        index = nextIndex(index, snapshot.index)
        await this.#quietly(askedAt + spacing - this.#around.clock.now(), signal)
      } catch {
        // Whoever restored Consul may have done so from an older state: what index it is at is not known any more.
        index = 0
        failures += 1
        await this.#quietly(this.#backoff(failures), signal)
      }
    }
  }

  #url(name: string, index: number): URL {
    const { service = firstLabel, datacenter, tag, near } = this.#options
    const base = this.#base.pathname.replace(/\/$/, '')
    const url = new URL(`${base}/v1/health/service/${encodeURIComponent(service(name))}`, this.#base)
    const query = url.searchParams
    query.set('passing', 'true')
    if (datacenter !== undefined) query.set('dc', datacenter)
    for (const one of tag === undefined ? [] : [tag].flat()) query.append('tag', one)
    if (near !== undefined) query.set('near', near)
    if (index > 0) {
      query.set('index', String(index))
      query.set('wait', `${Math.ceil(this.#wait / 1000)}s`)
    }
    return url
  }

  /** A random part of a time that doubles, half of it at least: all clients lost Consul at the same moment. */
  #backoff(failures: number): number {
    const longest = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(failures - 1, 10))
    return longest * (0.5 + this.#around.random() / 2)
  }

  /** Waits without keeping the process alive; not at all once the signal has aborted. */
  #quietly(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.#around.clock.setTimeout(done, ms)
      signal.addEventListener('abort', done)
    })
  }
}

/**
 * What to wait for next. An index that went backwards is of another history, and is begun anew; 0 would not block, so
 * the least is 1.
 */
export function nextIndex(before: number, received: number | null): number {
  if (received === null || received < before) return 0
  return Math.max(1, received)
}

function indexOf({ headers }: GetResult): number | null {
  const value = headers['x-consul-index']
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null
}

interface HealthEntry {
  readonly Node?: { readonly Address?: string }
  readonly Service?: {
    readonly Address?: string
    readonly Port?: number
    readonly Weights?: { readonly Passing?: number }
  }
}

/** An instance without an address of its own is reached at that of its node. */
function endpointsOf(entries: readonly HealthEntry[]): readonly Endpoint[] {
  return entries.flatMap(({ Node, Service }) => {
    const host = Service?.Address || Node?.Address
    const port = Service?.Port
    return host && port ? [{ host, port, weight: Service.Weights?.Passing ?? 1 }] : []
  })
}

function refusal({ status, text }: GetResult): Error {
  const said = text.trim().slice(0, 200)
  return new Error(`Consul answered ${status}${said === '' ? '' : ` (${said})`}`)
}

function firstLabel(name: string): string {
  return name.split('.', 1)[0] as string
}
