import { type Origin, placeOf } from '../../core/origin.ts'
import { isLoopback, parseNoProxy } from './no-proxy.ts'

/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A proxy that the environment names: its URL, and in which variable. */
export interface NamedProxy {
  readonly url: string
  readonly variable: string
}

export interface EnvironmentProxies {
  /** All that are named, whatever for. */
  readonly all: readonly NamedProxy[]
  for(origin: Origin): NamedProxy | null
}

/**
 * The proxies that the environment names. Lower case counts more than upper case, as with curl, and the variable of the
 * scheme more than ALL_PROXY. Loopback is always reached straight.
 */
export function proxiesOf(environment: Environment): EnvironmentProxies {
  const all = read(environment, ['all_proxy', 'ALL_PROXY'])
  const https = read(environment, ['https_proxy', 'HTTPS_PROXY']) ?? all
  const http = read(environment, httpVariables(environment)) ?? all
  const bypasses = parseNoProxy(firstOf(environment, ['no_proxy', 'NO_PROXY'])?.value ?? '')
  return {
    all: [https, http].filter((one) => one !== null),
    for(origin) {
      const named = { host: origin.hostname, port: origin.port }
      if (isLoopback(origin.hostname) || bypasses(named) || bypasses(placeOf(origin))) return null
      return origin.scheme === 'https' ? https : http
    },
  }
}

/**
 * A CGI program has the request's field `Proxy` as HTTP_PROXY, so anybody could choose its proxy (CVE-2016-5385,
 * "httpoxy"); there the lower case alone is believed.
 */
function httpVariables(environment: Environment): readonly string[] {
  return environment.REQUEST_METHOD === undefined ? ['http_proxy', 'HTTP_PROXY'] : ['http_proxy']
}

/** A host without a scheme is an HTTP proxy. */
function read(environment: Environment, names: readonly string[]): NamedProxy | null {
  const found = firstOf(environment, names)
  if (found === null) return null
  const { variable, value } = found
  return { variable, url: /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}` }
}

/** The first that is not empty. */
function firstOf(
  environment: Environment,
  names: readonly string[],
): { readonly variable: string; readonly value: string } | null {
  for (const variable of names) {
    const value = environment[variable]?.trim() ?? ''
    if (value !== '') return { variable, value }
  }
  return null
}
