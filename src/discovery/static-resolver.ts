import { checkedEndpoints, type Endpoint, type Resolver } from './resolver.ts'

/**
 * Endpoints that are known beforehand: a list for every name that comes, or one for each name.
 * @throws TypeError when one of them is not an endpoint.
 */
export function staticResolver(
  endpoints: readonly Endpoint[] | Readonly<Record<string, readonly Endpoint[]>>,
): Resolver {
  if (isList(endpoints)) {
    const list = checkedEndpoints(endpoints)
    return { resolve: async () => list }
  }
  const byName = new Map(Object.entries(endpoints).map(([name, list]) => [name, checkedEndpoints(list)]))
  return { resolve: async (name) => byName.get(name) ?? [] }
}

function isList(value: unknown): value is readonly Endpoint[] {
  return Array.isArray(value)
}
