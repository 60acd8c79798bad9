/** What keeps a process alive: sockets, servers, timers. */
import { waitFor } from './wait-for.ts'

/** Names of the active resources, counted: `{ Timeout: 2, TCPSocketWrap: 1 }`. */
export function activeHandles(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** What is active now and was not in `before`. */
export function newHandles(before: Readonly<Record<string, number>>): Record<string, number> {
  const added: Record<string, number> = {}
  for (const [name, count] of Object.entries(activeHandles())) {
    const more = count - (before[name] ?? 0)
    if (more > 0) added[name] = more
  }
  return added
}

/**
 * Waits until nothing is active that was not in `before`. `ignore` names resources that are somebody else's;
 * the timer of this wait itself is not counted.
 */
export async function expectNoNewHandles(
  before: Readonly<Record<string, number>>,
  options: { readonly timeout?: number; readonly ignore?: readonly string[] } = {},
): Promise<void> {
  const ignored = new Set(['Immediate', 'TickObject', ...(options.ignore ?? [])])
  const left = () => Object.entries(newHandles(before)).filter(([name]) => !ignored.has(name))
  await waitFor(() => left().length === 0, {
    timeout: options.timeout ?? 1000,
    message: () => `no handle left over; there are ${JSON.stringify(Object.fromEntries(left()))}`,
  })
}
