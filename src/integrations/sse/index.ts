/** `trunkline/sse`: Server-Sent Events as an async iterable that reconnects. */
import type { Client } from '../../client-interface.ts'
import { EventStream } from './event-stream.ts'
import type { EventStreamOptions } from './options.ts'

export type { Clock, Timer } from '../../core/clock.ts'
export type { ServerEvent } from './event-reader.ts'
export { EventStream } from './event-stream.ts'
export type { EventStreamOptions, Reconnect, ReconnectReason } from './options.ts'

/**
 * Events of a URL: `for await (const { type, data, id } of eventStream(client, url))`.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`
 */
export function eventStream(
  client: Pick<Client, 'request'>,
  url: string | URL,
  options: EventStreamOptions = {},
): EventStream {
  return new EventStream(client, url, options)
}
