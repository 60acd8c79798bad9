/** A long way to a server: every byte is held back, and some links are only so wide. One listener for each link. */
import { Relay } from '../../src/testing/relay.ts'
import type { Listening, SiteOptions } from './site.ts'

export async function serveRelay({ links = [] }: SiteOptions): Promise<Listening> {
  const relays = await Promise.all(
    links.map(({ bandwidth, ...link }) =>
      Relay.listen({ ...link, bandwidth: bandwidth ?? Number.POSITIVE_INFINITY }),
    ),
  )
  return { ports: relays.map(({ port }) => port) }
}
