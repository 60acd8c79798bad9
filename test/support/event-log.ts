/** Everything that is told on the channels of `core/events.ts`, and which of it has begun and not ended. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { channelName, EVENT_NAMES, type EventName, type TrunklineEvents } from '../../src/core/events.ts'

export type LoggedEvent = {
  [Name in EventName]: { readonly name: Name; readonly payload: TrunklineEvents[Name] }
}[EventName]

/** What makes the start and the end of each pair one. */
const KEYS: Readonly<Record<string, (payload: Record<string, unknown>) => unknown[]>> = {
  request: ({ clientId, requestId }) => [clientId, requestId],
  attempt: ({ requestId, attemptId }) => [requestId, attemptId],
  queue: ({ requestId, attemptId }) => [requestId, attemptId],
  stream: ({ attemptId, connectionId, streamId }) => [attemptId, connectionId, streamId],
  dial: ({ dialId, origin }) => [dialId, origin],
  dns: ({ dialId, host }) => [dialId, host],
  connect: ({ dialId, address, port }) => [dialId, address, port],
  tls: ({ dialId, servername }) => [dialId, servername],
  ping: ({ connectionId }) => [connectionId],
  stall: ({ connectionId, streamId, direction }) => [connectionId, streamId, direction],
  connection: ({ connectionId, origin }) => [connectionId, origin],
}

export class EventLog implements Disposable {
  readonly events: LoggedEvent[] = []
  /** Ends without a beginning, and beginnings of what had begun already. */
  readonly faults: string[] = []
  readonly #open = new Map<string, Record<string, unknown>>()
  readonly #listeners: [string, (payload: unknown) => void][] = []

  constructor(names: readonly EventName[] = EVENT_NAMES) {
    for (const name of names) {
      const listener = (payload: unknown) => this.#take(name, payload as Record<string, unknown>)
      subscribe(channelName(name), listener)
      this.#listeners.push([channelName(name), listener])
    }
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners.splice(0)) unsubscribe(name, listener)
  }

  /** What has begun and not ended. */
  get open(): string[] {
    return [...this.#open.keys()]
  }

  get names(): EventName[] {
    return this.events.map(({ name }) => name)
  }

  all<Name extends EventName>(name: Name): TrunklineEvents[Name][] {
    return this.events
      .filter((event) => event.name === name)
      .map(({ payload }) => payload as TrunklineEvents[Name])
  }

  #take(name: EventName, payload: Record<string, unknown>): void {
    this.events.push({ name, payload } as unknown as LoggedEvent)
    const [what = '', step = ''] = name.split(':')
    const pair = KEYS[what]
    if (pair === undefined || step === 'headers' || step === 'draining') return
    const key = `${what} ${pair(payload).map(String).join(' ')}`
    if (step === 'start' || step === 'open') this.#begin(key, payload)
    else if (!this.#open.delete(key)) this.faults.push(`${name} without a start: ${key}`)
  }

  #begin(key: string, payload: Record<string, unknown>): void {
    if (this.#open.has(key)) this.faults.push(`begun twice: ${key}`)
    this.#open.set(key, payload)
  }
}
