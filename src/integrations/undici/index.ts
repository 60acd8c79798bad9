import type { Client } from '../../client-interface.ts'
import { defaultClient } from '../../index.ts'
import { TrunklineDispatcher } from './dispatcher.ts'

export { TrunklineDispatcher } from './dispatcher.ts'

/** A dispatcher for undici over a client; without one over the process-wide default client. */
export function createDispatcher(client: Client = defaultClient()): TrunklineDispatcher {
  return new TrunklineDispatcher(client)
}
