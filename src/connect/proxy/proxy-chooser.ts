import { LRUCache } from 'lru-cache'
import { ConnectError, InvalidRequestError } from '../../core/errors.ts'
import { noOptions } from '../../core/no-options.ts'
import type { Origin } from '../../core/origin.ts'
import { type Environment, proxiesOf } from './proxy-environment.ts'
import type { ProxyAnswer, ProxyChoice, ProxyServerOptions, ProxySetting } from './proxy-options.ts'
import { type ProxyFacts, type ProxyReading, ProxyServer, readProxy } from './proxy-server.ts'

/** Proxies known at once; one that comes back later is a new one, with connections of its own. */
const MOST_PROXIES = 1000

/** Which proxy an origin is reached through; null: none. */
export type ProxyChooser = (origin: Origin) => ProxyServer | null | Promise<ProxyServer | null>

/**
 * The chooser for the option `proxy`; null when there is nothing to choose.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for a proxy that cannot be used; nothing shown has credentials.
 */
export function createProxyChooser(
  setting: ProxySetting,
  reading: ProxyReading,
  environment: Environment,
): ProxyChooser | null {
  const registry = new ProxyRegistry(reading)
  if (setting === 'environment') return fromEnvironment(environment, registry)
  if (typeof setting === 'function') return fromFunction(setting, registry)
  const fixed = registry.server(setting, 'proxy')
  return fixed === null ? null : () => fixed
}

function fromEnvironment(environment: Environment, registry: ProxyRegistry): ProxyChooser | null {
  const proxies = proxiesOf(environment)
  const whose = (variable: string) => `proxy: ${variable} in the environment`
  // What is wrong shall show where the client is made.
  for (const { url, variable } of proxies.all) registry.server(url, whose(variable))
  if (proxies.all.length === 0) return null
  return (origin) => {
    const named = proxies.for(origin)
    return named === null ? null : registry.server(named.url, whose(named.variable))
  }
}

function fromFunction(choose: ProxyChoice, registry: ProxyRegistry): ProxyChooser {
  return (origin) => {
    const { scheme, authority } = origin
    const read = (answer: ProxyAnswer) =>
      registry.server(answer, `proxy: what the function gave for ${scheme}://${authority}`)
    try {
      const answer = choose(new URL(`${scheme}://${authority}`))
      if (!isPromiseLike(answer)) return read(answer)
      return Promise.resolve(answer).then(read, (cause) => {
        throw choiceFailed(origin, cause)
      })
    } catch (cause) {
      if (cause instanceof InvalidRequestError) throw cause
      throw choiceFailed(origin, cause)
    }
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<ProxyAnswer> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
}

function choiceFailed(origin: Origin, cause: unknown): ConnectError {
  return new ConnectError(
    'ERR_TRUNKLINE_PROXY_FAILED',
    `The function that chooses the proxy for ${origin.key} threw; see the cause. To use no proxy, return null.`,
    { origin: origin.key, phase: 'proxy', cause },
  )
}

/** Gives equal proxies as one, so that they share connections. */
class ProxyRegistry {
  readonly #reading: ProxyReading
  readonly #byIdentity = new LRUCache<string, ProxyServer>({ max: MOST_PROXIES })
  readonly #byUrl = new LRUCache<string, ProxyServer>({ max: MOST_PROXIES })
  /** Names that were given out as labels, until there were too many of them. */
  readonly #names = new Set<string>()
  #made = 0

  constructor(reading: ProxyReading) {
    this.#reading = reading
  }

  server(answer: ProxyAnswer, whose: string): ProxyServer | null {
    if (answer === null || answer === undefined || answer === false) return null
    if (typeof answer !== 'string' && !(answer instanceof URL)) return this.#of(answer, whose)
    const url = String(answer)
    const known = this.#byUrl.get(url, noOptions())
    if (known !== undefined) return known
    const server = this.#of(url, whose)
    this.#byUrl.set(url, server, noOptions())
    return server
  }

  #of(given: string | ProxyServerOptions, whose: string): ProxyServer {
    const facts = readProxy(given, this.#reading, whose)
    const known = this.#byIdentity.get(facts.identity, noOptions())
    if (known !== undefined) return known
    const server = new ProxyServer(facts, this.#labelOf(facts))
    this.#byIdentity.set(facts.identity, server, noOptions())
    return server
  }

  /** Never the same twice, since pools are told apart by it and may outlive what is remembered here. */
  #labelOf({ name }: ProxyFacts): string {
    this.#made += 1
    if (this.#made > MOST_PROXIES || this.#names.has(name)) return `${name}~${this.#made}`
    this.#names.add(name)
    return name
  }
}
