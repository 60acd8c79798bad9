import type { ClientError } from '../core/errors.ts'
import type { Trip } from './deadlines.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { endedPhases, timingsUntil } from './timings.ts'

/** Puts into an error what its round trip knows: where it was, how often it was tried, and where the time went. */
export function explainFailure(
  error: ClientError,
  trip: Trip,
  streamId: number | undefined,
  now: number,
): void {
  error.connectionId ??= trip.connection?.id
  error.streamId ??= streamId
  // A limit on the whole of it has counted the attempts already, those of earlier legs among them.
  error.attempts ||= trip.attempts
  error.origin ??= trip.request.target.origin.key
  // While it waits its dial is told of by the dial's own error.
  const onConnection = trip.connection !== null && (trip.stage === 'sent' || trip.stage === 'receiving')
  const ended = onConnection ? endedPhases(trip, trip.connection as PooledConnection) : {}
  error.timings = timingsUntil(trip, { ...ended, ...error.timings }, now)
}
