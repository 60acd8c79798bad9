import { BALANCERS, type Balancer, type BalancerName } from './balancers.ts'
import { EJECTION_DEFAULTS, type EjectionOptions } from './endpoint-health.ts'
import type { Resolver } from './resolver.ts'
import type { Identity } from './tracked-endpoint.ts'

/** How some hosts of URLs stand for services, whose endpoints are found elsewhere than in the DNS. */
export interface DiscoveryOptions {
  /** Which hosts. A name stands for itself, one with a leading dot for all that end in it; or a function. */
  readonly match: readonly string[] | ((hostname: string) => boolean)
  readonly resolver: Resolver
  /** Who gets the next request. Default `'power-of-two'`. */
  readonly balancer?: BalancerName | (() => Balancer)
  /** When an endpoint that fails is taken out of service. `false`: never. */
  readonly ejection?: EjectionOptions | false
  /** Whose name TLS and the authority carry. Default `'service'`: the host of the URL. */
  readonly identity?: Identity
  /** ms after which a resolver that cannot be watched is asked again. Default 10,000. */
  readonly refresh?: number
  /** Endpoints that one request is given to while none of them processed it. Default 3. */
  readonly attempts?: number
}

export interface SettledDiscovery {
  readonly matches: (hostname: string) => boolean
  readonly resolver: Resolver
  readonly balancer: () => Balancer
  readonly ejection: Required<EjectionOptions> | null
  readonly identity: Identity
  readonly refresh: number
  readonly attempts: number
}

export function settleDiscovery(options: DiscoveryOptions): SettledDiscovery {
  const { match, resolver, balancer = 'power-of-two', ejection = {}, identity = 'service' } = options
  return {
    matches: typeof match === 'function' ? match : matcherOf(match),
    resolver,
    balancer: typeof balancer === 'function' ? balancer : BALANCERS[balancer],
    ejection: ejection === false ? null : { ...EJECTION_DEFAULTS, ...withoutUndefined(ejection) },
    identity,
    refresh: options.refresh ?? 10_000,
    attempts: options.attempts ?? 3,
  }
}

function matcherOf(names: readonly string[]): (hostname: string) => boolean {
  const whole = new Set(names.map(canonical))
  const endings = [...whole].filter((name) => name.startsWith('.'))
  return (hostname) => whole.has(hostname) || endings.some((ending) => hostname.endsWith(ending))
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

const isFunction = (value: unknown) => typeof value === 'function'
const isDuration = (value: unknown) => typeof value === 'number' && value >= 0
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1

const CHECKS: { readonly [Name in keyof Required<DiscoveryOptions>]: (value: unknown) => boolean } = {
  match: (value) => isFunction(value) || (isListOf(isName)(value) && (value as []).length > 0),
  resolver: (value) => typeof value === 'object' && isFunction((value as Resolver | null)?.resolve),
  balancer: (value) => isFunction(value) || (typeof value === 'string' && Object.hasOwn(BALANCERS, value)),
  ejection: (value) => value === false || fits(EJECTION_CHECKS, value),
  identity: (value) => value === 'service' || value === 'endpoint',
  refresh: isDuration,
  attempts: isCount,
}

const EJECTION_CHECKS: { readonly [Name in keyof Required<EjectionOptions>]: (value: unknown) => boolean } = {
  failures: isCount,
  statuses: isListOf((status) => Number.isInteger(status)),
  duration: isDuration,
  maxDuration: isDuration,
  maxShare: (value) => typeof value === 'number' && value >= 0 && value <= 1,
}

/** What the option `discovery` must be, or null when it is that. */
export function checkDiscovery(value: unknown): string | null {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const complete = (one: unknown) =>
    fits(CHECKS, one) &&
    CHECKS.match(Reflect.get(Object(one), 'match')) &&
    CHECKS.resolver(Reflect.get(Object(one), 'resolver'))
  return list.length > 0 && list.every(complete)
    ? null
    : 'an object with match and resolver, and any of balancer, ejection, identity, refresh, attempts; or a list of such'
}

function fits(checks: Readonly<Record<string, (value: unknown) => boolean>>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(
    ([name, one]) => Object.hasOwn(checks, name) && (one === undefined || checks[name]?.(one) === true),
  )
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value !== '.'
}

function isListOf(check: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(check)
}
