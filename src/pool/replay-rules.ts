import type { ClientError } from '../core/errors.ts'
import { canSend, type RequestBody } from '../core/request-body.ts'

/** Requests that a peer provably did not process are sent again so often, whatever their method (RFC 9113 section 8.7). */
const MOST_REPLAYS = 3

/** Longest wait, ms, before each replay: the first goes out at once, the others at a random part of these. */
const REPLAY_DELAYS = [0, 100, 400] as const

/** Failures after which another connection may do: the request as such was in order. */
const REPLAYED: ReadonlySet<string> = new Set([
  'ERR_TRUNKLINE_STREAM_REFUSED',
  'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
  'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
  'ERR_TRUNKLINE_GOAWAY',
])

/** Only what was provably not processed, and only with a body that can be sent from its start. */
export function mayReplay(error: ClientError, attempts: number, body: RequestBody | null): boolean {
  return error.processed === 'no' && attempts <= MOST_REPLAYS && REPLAYED.has(error.code) && canSend(body)
}

/** ms before the replay that follows attempt number `attempts`; `random`: 0 to 1. */
export function replayDelay(attempts: number, random: number): number {
  return (REPLAY_DELAYS[attempts - 1] ?? 0) * (0.5 + random / 2)
}

interface Refuser {
  readonly openExchanges: number
  retire(reason: 'refused'): void
}

/** A connection that refuses a request twice with nothing else open on it will hardly take it the third time. */
export function noteRefusal<Connection extends Refuser>(
  { code }: ClientError,
  by: Connection | null,
  before: Connection | null,
): Connection | null {
  if (code !== 'ERR_TRUNKLINE_STREAM_REFUSED') return before
  if (by !== null && by === before && by.openExchanges <= 1) by.retire('refused')
  return by ?? before
}
