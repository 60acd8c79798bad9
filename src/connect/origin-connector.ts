import type { Origin } from '../core/origin.ts'
import { type Connector, type ConnectorOptions, createConnector } from './connector.ts'
import type { TlsPolicy } from './tls-identity.ts'

/** A connector that asks for the policy of each origin at each dial: it may differ between origins, and change. */
export function createOriginConnector(
  options: ConnectorOptions,
  policyOf: (origin: Origin) => TlsPolicy,
): Connector {
  const byPolicy = new WeakMap<TlsPolicy, Connector>([[options.policy, createConnector(options)]])
  const connectorFor = (policy: TlsPolicy): Connector => {
    const known = byPolicy.get(policy)
    if (known !== undefined) return known
    const made = createConnector({ ...options, policy })
    byPolicy.set(policy, made)
    return made
  }
  return {
    async connect(origin, offer, signal, progress, underlay) {
      // A function of the user's may throw here.
      return connectorFor(policyOf(origin)).connect(origin, offer, signal, progress, underlay)
    },
  }
}
