import { events } from './events.ts'
import { nextId } from './process-record.ts'

/**
 * One call of `fetch` or `request` as its events know it. It travels with the request through all copies that
 * interceptors make, so that retries, redirects and hedged requests count as attempts of one call. Made only when
 * somebody listens or `correlation` is on; requests without one are told nowhere.
 */
export class Call {
  readonly id: number
  readonly correlationId: string | null
  /** Requests given to the network so far. */
  attempts = 0
  /** Bytes of the bodies of all attempts. */
  bytesReceived = 0
  bytesSent = 0

  constructor(correlationId: string | null) {
    this.id = nextId('request')
    this.correlationId = correlationId
  }
}

/** Whether anybody listens to what is told of calls. */
export function callsAreObserved(): boolean {
  return (
    events['request:start'].hasSubscribers ||
    events['request:end'].hasSubscribers ||
    events['request:headers'].hasSubscribers ||
    events['attempt:start'].hasSubscribers ||
    events['attempt:end'].hasSubscribers ||
    events['stream:start'].hasSubscribers ||
    events['stream:headers'].hasSubscribers ||
    events['stream:end'].hasSubscribers ||
    events['queue:start'].hasSubscribers ||
    events['queue:end'].hasSubscribers ||
    events['stall:start'].hasSubscribers ||
    events['stall:end'].hasSubscribers ||
    events.retry.hasSubscribers ||
    events.replay.hasSubscribers ||
    events.redirect.hasSubscribers
  )
}
