/** One place that serves a service. */
export interface Endpoint {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  /** Share of the requests, in relation to the others. Default 1; 0: only if there is no other. */
  readonly weight?: number
  /** Lower ones are used first; higher ones only while no lower one is fit. Default 0. */
  readonly priority?: number
}

/** Who knows the endpoints of a service by its name, which is the host name of a URL. */
export interface Resolver {
  /** All endpoints there are now. Rejects when it cannot tell; an empty list says that there is none. */
  resolve(name: string, signal: AbortSignal): Promise<readonly Endpoint[]>
  /**
   * Every set of endpoints from now on, until `signal` aborts. Without it `resolve` is called again now and then. It
   * must not keep the process alive.
   */
  watch?(name: string, signal: AbortSignal): AsyncIterable<readonly Endpoint[]>
}

/** Endpoints with their defaults, each place once. Throws when one is not an endpoint. */
export function checkedEndpoints(given: unknown): Required<Endpoint>[] {
  if (!Array.isArray(given)) throw new TypeError('a resolver must give a list of endpoints')
  const byPlace = new Map<string, Required<Endpoint>>()
  for (const one of given) {
    const endpoint = checkedEndpoint(one)
    byPlace.set(placeName(endpoint), endpoint)
  }
  return [...byPlace.values()]
}

/** `host:port`, with brackets around an IPv6 address. */
export function placeName({ host, port }: Pick<Endpoint, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

const HOST = /^[\w.:%-]+$/

function checkedEndpoint(given: unknown): Required<Endpoint> {
  const { host, port, weight = 1, priority = 0 } = Object(given) as Partial<Endpoint>
  const fits =
    typeof host === 'string' &&
    HOST.test(host) &&
    isWhole(port, 1, 65_535) &&
    typeof weight === 'number' &&
    weight >= 0 &&
    Number.isFinite(weight) &&
    isWhole(priority, 0, 65_535)
  if (!fits) throw new TypeError(`not an endpoint: ${JSON.stringify(given)?.slice(0, 200)}`)
  return { host: host.toLowerCase().replace(/\.$/, ''), port: port as number, weight, priority }
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
