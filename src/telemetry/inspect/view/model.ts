/** A recording with what is derived from it once. */
import { type Bar, BarMaker } from '../bars.ts'
import type { RecordedConnection, RecordedRequest, Recording } from '../recording.ts'
import { type Row, timesOf } from './columns.ts'
import { STAIRCASE } from './lanes.ts'
import type { TimeWindow } from './time-window.ts'

export interface Model {
  readonly recording: Recording
  readonly rows: readonly Row[]
  readonly rowOf: ReadonlyMap<RecordedRequest, Row>
  readonly connections: ReadonlyMap<number, RecordedConnection>
  readonly origins: readonly string[]
  /** From the first thing that happened to the last, with a margin. */
  readonly all: TimeWindow
  /** When the first thing happened. */
  readonly zero: number
}

export function modelOf(recording: Recording): Model {
  const maker = new BarMaker(recording)
  const rows = recording.requests.map((request): Row => {
    const end = request.end ?? recording.until
    return {
      request,
      bars: maker.of(request),
      duration: end - request.start,
      times: timesOf(maker.segmentsOf(request)),
    }
  })
  const { zero, end } = extentOf(recording, rows)
  const margin = Math.max((end - zero) * 0.02, 0.5)
  // What is said about a bar stands behind it, where there are few enough to say it.
  const room = rows.length <= STAIRCASE ? (end - zero) * 0.16 : 0
  return {
    recording,
    rows,
    rowOf: new Map(rows.map((row) => [row.request, row])),
    connections: new Map(recording.connections.map((connection) => [connection.id, connection])),
    origins: [...new Set(recording.requests.map(({ origin }) => origin))].sort(),
    all: { from: zero - margin, to: end + margin + room },
    zero,
  }
}

function extentOf(
  { dials, connections, from, until }: Recording,
  rows: readonly Row[],
): { zero: number; end: number } {
  const requests = rows.map(({ request, duration }) => ({
    start: request.start,
    end: request.start + duration,
  }))
  const spans = requests.length > 0 ? [...requests, ...dials] : [...dials, ...connections]
  if (spans.length === 0) return { zero: from, end: until }
  let [zero, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { start, end } of spans) {
    zero = Math.min(zero, start)
    last = Math.max(last, end ?? until)
  }
  return { zero, end: last }
}

/** Bars by their start, as lanes want them. */
export function barsOf(rows: readonly Row[]): Bar[] {
  return rows.flatMap(({ bars }) => bars).sort((one, other) => one.start - other.start)
}
