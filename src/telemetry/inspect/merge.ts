import {
  type DroppedCounts,
  LISTS,
  type RecordedAttempt,
  type RecordedRequest,
  type Recording,
} from './recording.ts'

/**
 * Recordings of several processes, or of one at several times, on one axis of time. Requests, connections and dials of
 * the second and later ones get other ids, as theirs may be taken.
 */
export function mergeRecordings(first: Recording, ...others: readonly Recording[]): Recording {
  return others.reduce(mergeTwo, first)
}

function mergeTwo(one: Recording, other: Recording): Recording {
  const moved = movedTo(one, other)
  const both = <Item>(mine: readonly Item[], theirs: readonly Item[]) => [...mine, ...theirs].sort(byTime)
  return {
    ...one,
    sources: [...one.sources, ...other.sources],
    from: Math.min(one.from, moved.from),
    until: Math.max(one.until, moved.until),
    dropped: Object.fromEntries(
      LISTS.map((name) => [name, one.dropped[name] + other.dropped[name]]),
    ) as DroppedCounts,
    requests: both(one.requests, moved.requests),
    dials: both(one.dials, moved.dials),
    connections: both(one.connections, moved.connections),
    pings: both(one.pings, moved.pings),
    goAways: both(one.goAways, moved.goAways),
    stalls: both(one.stalls, moved.stalls),
    breakers: both(one.breakers, moved.breakers),
    frames: both(one.frames, moved.frames),
  }
}

function byTime(one: unknown, other: unknown): number {
  return timeOf(one) - timeOf(other)
}

function timeOf(item: unknown): number {
  const { start, at } = item as { readonly start?: number; readonly at?: number }
  return start ?? at ?? 0
}

/** Fields that hold a time, and those that hold an id, in whatever object they stand. */
const TIMES = new Set(['at', 'start', 'end', 'headersAt', 'from', 'until'])

/** The recording on the axis of another, with ids and sources behind the other's. */
function movedTo(target: Recording, moved: Recording): Recording {
  const later = moved.timeOrigin - target.timeOrigin
  const added: Readonly<Record<string, number>> = {
    connectionId: highest(target.connections),
    dialId: highest(target.dials),
    proxyDialId: highest(target.dials),
    source: target.sources.length,
  }
  const shift = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shift)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        if (typeof part !== 'number') return [name, TEXTS.has(name) ? part : shift(part)]
        return [name, part + (TIMES.has(name) ? later : (added[name] ?? 0))]
      }),
    )
  }
  const shifted = shift(moved) as Recording
  const attempts = highest(target.requests.flatMap((request) => request.attempts))
  const identified = <Item extends { readonly id: number }>(items: readonly Item[], more: number) =>
    items.map((item) => ({ ...item, id: item.id + more }))
  return {
    ...shifted,
    requests: identified(shifted.requests, highest(target.requests)).map(
      (request): RecordedRequest => ({
        ...request,
        attempts: identified<RecordedAttempt>(request.attempts, attempts),
      }),
    ),
    dials: identified(shifted.dials, highest(target.dials)),
    connections: identified(shifted.connections, highest(target.connections)),
  }
}

/** Lists of texts: nothing in them is moved. */
const TEXTS = new Set(['headers', 'responseHeaders', 'addresses', 'sources'])

function highest(items: readonly { readonly id: number }[]): number {
  return items.reduce((most, { id }) => Math.max(most, id), 0)
}
