import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { channelName, type EventName, type TrunklineEvents } from '../core/events.ts'

/** What to do at which event. */
export type Listeners = { readonly [Name in EventName]?: (event: TrunklineEvents[Name]) => void }

/**
 * Listens to the events of every client of the process until the function that it returns is called. Only the channels
 * that are named are listened to: the others stay free of cost.
 */
export function listen(listeners: Listeners): () => void {
  const subscriptions = Object.entries(listeners).map(([name, listener]) => ({
    channel: channelName(name as EventName),
    onMessage: (message: unknown) => (listener as (event: unknown) => void)(message),
  }))
  for (const { channel, onMessage } of subscriptions) subscribe(channel, onMessage)
  return () => {
    for (const { channel, onMessage } of subscriptions.splice(0)) unsubscribe(channel, onMessage)
  }
}
