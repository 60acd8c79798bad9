import { ConnectError, ConnectionError, LimitError } from '../core/errors.ts'
import type { Origin } from '../core/origin.ts'

/** `queued`: how many wait already. */
export function queueFull(origin: Origin, queued: number): LimitError {
  return new LimitError(
    'ERR_TRUNKLINE_QUEUE_FULL',
    `${queued} requests are already waiting for a connection to ${origin.key}. Send fewer at once, raise limits.queued, ` +
      'or allow more connections (http2.maxSessions, http1.maxSockets).',
    { origin: origin.key },
  )
}

/** A connection came about and ended before it could carry a request. */
export function connectionRefused(origin: Origin, cause: unknown): ConnectError {
  return new ConnectError(
    'ERR_TRUNKLINE_CONNECT_FAILED',
    `${origin.key} closed the connection right after the handshake. The server's log may say why.`,
    { origin: origin.key, phase: 'settings', cause },
  )
}

/** A connection that another origin lends came to its end before the request was on it. */
export function notItsConnection(origin: string): ConnectionError {
  return new ConnectionError(
    'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
    `The connection that the request was to share with ${origin} is gone.`,
    { origin },
  )
}
