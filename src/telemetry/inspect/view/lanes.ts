/** Connections as lanes, and in each of them bars in rows that do not overlap. */
import type { Bar } from '../bars.ts'
import type {
  RecordedBreaker,
  RecordedConnection,
  RecordedDial,
  RecordedFrame,
  RecordedGoAway,
  RecordedPing,
  RecordedStall,
  Recording,
} from '../recording.ts'

export interface Lane {
  /** 0: what never got a connection. */
  readonly id: number
  readonly connection: RecordedConnection | null
  readonly dial: RecordedDial | null
  readonly origin: string
  /** By start; those of one row do not overlap. */
  readonly rows: readonly (readonly Bar[])[]
  readonly bars: readonly Bar[]
  readonly marks: Marks
}

export interface Marks {
  readonly pings: readonly RecordedPing[]
  readonly goAways: readonly RecordedGoAway[]
  readonly stalls: readonly RecordedStall[]
  readonly breakers: readonly RecordedBreaker[]
  readonly frames: readonly RecordedFrame[]
}

/** Where a lane is, px. */
export interface PlacedLane extends Lane {
  readonly top: number
  readonly height: number
  readonly rowHeight: number
  readonly collapsed: boolean
}

/** Up to this many bars each has a row of its own, so that there is room for what it says. */
export const STAIRCASE = 60

export const TRACK_HEIGHT = 30
export const ROW_HEIGHT = 22
export const COMPACT_ROW_HEIGHT = 7
const LANE_PADDING = 10

/** @param everything Show connections without bars, too. */
export function lanesOf(recording: Recording, bars: readonly Bar[], everything: boolean): Lane[] {
  const byConnection = Map.groupBy(bars, ({ connectionId }) => connectionId)
  const dials = new Map(recording.dials.map((dial) => [dial.connectionId, dial]))
  const marks = marksOf(recording)
  const known = new Set(recording.connections.map(({ id }) => id))
  const lanes = recording.connections.map((connection): Lane => {
    const { id, origin } = connection
    return {
      ...laneOf(id, origin, byConnection.get(id) ?? []),
      connection,
      dial: dials.get(id) ?? null,
      marks: marks(id, origin),
    }
  })
  const strays = bars.filter(({ connectionId }) => !known.has(connectionId))
  const homeless = [...Map.groupBy(strays, ({ request }) => request.origin)].map(
    ([origin, own]): Lane => ({
      ...laneOf(0, origin, own),
      connection: null,
      dial: null,
      marks: marks(0, origin),
    }),
  )
  return [...homeless, ...lanes].filter((lane) => everything || lane.bars.length > 0)
}

function laneOf(id: number, origin: string, bars: readonly Bar[]) {
  return { id, origin, bars, rows: bars.length <= STAIRCASE ? bars.map((bar) => [bar]) : packed(bars) }
}

/** Each bar in the first row that is free again. */
export function packed(bars: readonly Bar[]): Bar[][] {
  const rows: Bar[][] = []
  const ends: number[] = []
  for (const bar of bars) {
    let row = ends.findIndex((end) => end <= bar.start)
    if (row === -1) row = rows.push([]) - 1
    rows[row]?.push(bar)
    ends[row] = bar.end
  }
  return rows
}

function marksOf(recording: Recording): (id: number, origin: string) => Marks {
  const { pings, goAways, stalls, breakers, frames } = recording
  const of = <Item extends { readonly connectionId: number }>(items: readonly Item[]) => {
    const groups = Map.groupBy(items, ({ connectionId }) => connectionId)
    return (id: number): readonly Item[] => groups.get(id) ?? []
  }
  const [ofPings, ofGoAways, ofStalls, ofFrames] = [of(pings), of(goAways), of(stalls), of(frames)]
  return (id, origin) => ({
    pings: ofPings(id),
    goAways: ofGoAways(id),
    stalls: ofStalls(id),
    frames: ofFrames(id),
    breakers: breakers.filter((breaker) => breaker.origin === origin),
  })
}

/** Rows are low where there are many of them, so that the shape of it all can be seen. */
export function placed(
  lanes: readonly Lane[],
  collapsed: ReadonlySet<string>,
  density: Density,
): PlacedLane[] {
  const rows = lanes.reduce((sum, lane) => sum + lane.rows.length, 0)
  const low = density === 'auto' ? rows > STAIRCASE * 2 : density === 'compact'
  const rowHeight = low ? COMPACT_ROW_HEIGHT : ROW_HEIGHT
  let top = 0
  return lanes.map((lane) => {
    const closed = collapsed.has(keyOf(lane))
    const body = closed || lane.rows.length === 0 ? 0 : lane.rows.length * rowHeight + LANE_PADDING
    const height = Math.max(TRACK_HEIGHT + body, 46)
    const result = { ...lane, top, height, rowHeight, collapsed: closed }
    top += height
    return result
  })
}

export type Density = 'auto' | 'comfortable' | 'compact'

export function keyOf({ id, origin }: Pick<Lane, 'id' | 'origin'>): string {
  return `${id} ${origin}`
}

/** Index of the last item that begins at or before `at`; -1 without one. */
export function lastBefore(items: readonly { readonly start: number }[], at: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((items[middle]?.start ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}
