/** A long way to a server: every byte is held back, and nothing else is limited. One listener for each target. */
import { Relay } from '../../src/testing/relay.ts'
import type { Listening, SiteOptions } from './site.ts'

export async function serveRelay({ targets = [], delay = 0 }: SiteOptions): Promise<Listening> {
  const relays = await Promise.all(targets.map((target) => Relay.listen({ target, delay })))
  return { ports: relays.map(({ port }) => port) }
}
