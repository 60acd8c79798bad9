/** What is under the pointer. */
import type { Bar } from '../bars.ts'
import type {
  RecordedBreaker,
  RecordedFrame,
  RecordedGoAway,
  RecordedPing,
  RecordedStall,
} from '../recording.ts'
import { lastBefore, type PlacedLane, ROW_HEIGHT, TRACK_HEIGHT } from './lanes.ts'
import type { TimeWindow } from './time-window.ts'

export type Hit =
  | { readonly kind: 'bar'; readonly bar: Bar; readonly lane: PlacedLane }
  | { readonly kind: 'ping'; readonly mark: RecordedPing; readonly lane: PlacedLane }
  | { readonly kind: 'goaway'; readonly mark: RecordedGoAway; readonly lane: PlacedLane }
  | { readonly kind: 'stall'; readonly mark: RecordedStall; readonly lane: PlacedLane }
  | { readonly kind: 'breaker'; readonly mark: RecordedBreaker; readonly lane: PlacedLane }
  | { readonly kind: 'frame'; readonly mark: RecordedFrame; readonly lane: PlacedLane }
  | { readonly kind: 'connection'; readonly lane: PlacedLane }

/** So far beside something still counts as on it, px. */
const REACH = 5
/** The same where what is said about a bar stands beside it. */
const LABEL_REACH = 200

/** @param y Of the lanes as a whole, not of what is seen of them. */
export function hitAt(
  lanes: readonly PlacedLane[],
  shown: TimeWindow,
  width: number,
  x: number,
  y: number,
): Hit | null {
  const lane = lanes.findLast(({ top }) => top <= y)
  if (lane === undefined || y > lane.top + lane.height) return null
  const perPixel = (shown.to - shown.from) / width
  const at = shown.from + x * perPixel
  const within = y - lane.top
  if (within < TRACK_HEIGHT) return markAt(lane, at, perPixel * REACH) ?? lifeAt(lane, at)
  const row = lane.collapsed ? undefined : lane.rows[Math.floor((within - TRACK_HEIGHT) / lane.rowHeight)]
  const alone = row?.length === 1 && lane.rowHeight === ROW_HEIGHT
  const bar = row === undefined ? null : barAt(row, at, perPixel * (alone ? LABEL_REACH : REACH))
  return bar === null ? null : { kind: 'bar', bar, lane }
}

function barAt(row: readonly Bar[], at: number, reach: number): Bar | null {
  const index = lastBefore(row, at)
  const [bar, next] = [row[index], row[index + 1]]
  if (bar !== undefined && bar.end >= at) return bar
  if (next !== undefined && next.start - at <= reach) return next
  return bar !== undefined && at - bar.end <= reach ? bar : null
}

function markAt(lane: PlacedLane, at: number, reach: number): Hit | null {
  const { goAways, pings, breakers, stalls, frames } = lane.marks
  const goAway = nearest(goAways, at, reach * 2)
  if (goAway !== null) return { kind: 'goaway', mark: goAway, lane }
  const ping = nearest(pings, at, reach)
  if (ping !== null) return { kind: 'ping', mark: ping, lane }
  const breaker = nearest(breakers, at, reach)
  if (breaker !== null) return { kind: 'breaker', mark: breaker, lane }
  const stall = stalls.find(({ start, end }) => at >= start - reach && (end === null || at <= end + reach))
  if (stall !== undefined) return { kind: 'stall', mark: stall, lane }
  const frame = nearest(frames, at, reach / 2)
  return frame === null ? null : { kind: 'frame', mark: frame, lane }
}

function lifeAt(lane: PlacedLane, at: number): Hit | null {
  const from = lane.dial?.start ?? lane.connection?.start
  if (from === undefined || at < from) return null
  return at <= (lane.connection?.end ?? at) ? { kind: 'connection', lane } : null
}

function nearest<Mark extends { readonly at: number }>(
  marks: readonly Mark[],
  at: number,
  reach: number,
): Mark | null {
  let best: Mark | null = null
  for (const mark of marks) {
    const distance = Math.abs(mark.at - at)
    if (distance <= reach && (best === null || distance < Math.abs(best.at - at))) best = mark
  }
  return best
}
