import { type EventName, events, type TrunklineEvents } from '../../core/events.ts'

/** What to do with events, by their names. */
export type Handlers = { readonly [Name in EventName]?: (event: TrunklineEvents[Name]) => void }

/** Hears those events from now on; the function that comes back ends it. */
export function listen(handlers: Handlers): () => void {
  const names = Object.keys(handlers) as EventName[]
  // One type of listener for all: which payload goes to which handler is in the type of `Handlers`.
  const pairs = names.map(
    (name) => [events[name], toListener(handlers[name] as (event: unknown) => void)] as const,
  )
  for (const [channel, listener] of pairs) channel.subscribe(listener)
  return () => {
    for (const [channel, listener] of pairs) channel.unsubscribe(listener)
  }
}

function toListener(handler: (event: unknown) => void): (event: unknown) => void {
  return (event) => handler(event)
}
