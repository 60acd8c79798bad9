/** What a request did when: its time cut into phases, and the bars that a waterfall shows. */
import type {
  RecordedAttempt,
  RecordedDial,
  RecordedError,
  RecordedRequest,
  RecordedStream,
  RecordedWait,
  Recording,
} from './recording.ts'

/**
 * `client`: in the client, but not in its queue: interceptors, limits, before and after the network. `backoff`: before
 * a retry. `queue`: for a connection with room, less the `dns`, `connect`, `proxy` and `tls` of the dial that it waited
 * for. `proxy`: until the tunnel stood, less the `dns` and `connect` of the dial of the connection to the proxy.
 * `waiting`: from the request on the wire to the response head. `receiving`: the response body.
 */
export const PHASES = [
  'client',
  'backoff',
  'queue',
  'dns',
  'connect',
  'proxy',
  'tls',
  'waiting',
  'receiving',
] as const

export type Phase = (typeof PHASES)[number]

export interface Segment {
  readonly phase: Phase
  readonly start: number
  readonly end: number
}

/** One exchange on a connection with the waits before it; or an attempt, or a request, that never had one. */
export interface Bar {
  readonly request: RecordedRequest
  readonly attempt: RecordedAttempt | null
  readonly stream: RecordedStream | null
  /** 0: none. */
  readonly connectionId: number
  readonly start: number
  readonly end: number
  /** Without gaps, from `start` to `end`. */
  readonly segments: readonly Segment[]
  readonly status: number | null
  readonly error: RecordedError | null
  /** It was going on when the recording was taken. */
  readonly unfinished: boolean
}

/** The bars of requests, with the dials that they waited for. */
export class BarMaker {
  readonly #dials: ReadonlyMap<number, RecordedDial>
  readonly #failedDials: readonly RecordedDial[]
  readonly #dialsById: ReadonlyMap<number, RecordedDial>
  readonly #until: number

  constructor({ dials, until }: Pick<Recording, 'dials' | 'until'>) {
    this.#dials = new Map(
      dials.flatMap((dial) => (dial.connectionId === null ? [] : [[dial.connectionId, dial]])),
    )
    this.#dialsById = new Map(dials.map((dial) => [dial.id, dial]))
    this.#failedDials = dials.filter(({ connectionId }) => connectionId === null)
    this.#until = until
  }

  of(request: RecordedRequest): Bar[] {
    if (request.attempts.length > 0)
      return request.attempts.flatMap((attempt) => this.#barsOf(request, attempt))
    const { status, error, start } = request
    const end = request.end ?? this.#until
    const parts = { attempt: null, stream: null, connectionId: 0, status, error }
    return [
      { request, ...parts, start, end, segments: filled([], start, end), unfinished: request.end === null },
    ]
  }

  /** All of a request's time, from the call to its end. */
  segmentsOf(request: RecordedRequest): Segment[] {
    const end = request.end ?? this.#until
    const segments = this.of(request).flatMap((bar) => bar.segments)
    return filled(segments, request.start, end, (start) =>
      request.retries.some(({ at, delay }) => start >= at - 1 && start <= at + delay) ? 'backoff' : 'client',
    )
  }

  #barsOf(request: RecordedRequest, attempt: RecordedAttempt): Bar[] {
    const bars: Bar[] = []
    let start = attempt.start
    for (const stream of attempt.streams) {
      const end = stream.end ?? attempt.end ?? request.end ?? this.#until
      const segments = filled(
        [...this.#waits(attempt, start, stream.start), ...exchange(stream, end)],
        start,
        end,
      )
      const { connectionId, status, error } = stream
      const unfinished = stream.end === null && request.end === null
      bars.push({ request, attempt, stream, connectionId, start, end, segments, status, error, unfinished })
      start = end
    }
    const end = attempt.end ?? request.end ?? this.#until
    // A last wait that came to nothing, or no exchange at all.
    const waits = this.#waits(attempt, start, end)
    if (attempt.streams.length > 0 && waits.length === 0) return bars
    const { status, error } = attempt
    const parts = { stream: null, connectionId: 0, status, error, unfinished: request.end === null }
    bars.push({ request, attempt, ...parts, start, end, segments: filled(waits, start, end) })
    return bars
  }

  #waits(attempt: RecordedAttempt, from: number, to: number): Segment[] {
    return attempt.waits
      .filter(({ start }) => start >= from && start <= to)
      .flatMap((wait) => {
        const end = Math.min(wait.end ?? to, to)
        const dial = this.#dialOf(wait, attempt.origin, end)
        return filled(
          dial === undefined ? [] : dialSegments(dial, end, this.#dialsById),
          wait.start,
          end,
          () => 'queue',
        )
      })
  }

  #dialOf({ connectionId, start }: RecordedWait, origin: string, end: number): RecordedDial | undefined {
    if (connectionId !== null) return this.#dials.get(connectionId)
    return this.#failedDials.findLast(
      (dial) => dial.origin === origin && dial.start < end && (dial.end ?? end) > start,
    )
  }
}

function exchange(stream: RecordedStream, end: number): Segment[] {
  const { start, headersAt } = stream
  if (headersAt === null) return [{ phase: 'waiting', start, end }]
  return [
    { phase: 'waiting', start, end: headersAt },
    { phase: 'receiving', start: headersAt, end },
  ]
}

/** The phases of a dial. Connection attempts race: they count from the first to the one that was used. */
export function dialSegments(
  dial: RecordedDial,
  until: number,
  dials: ReadonlyMap<number, RecordedDial> = new Map(),
): Segment[] {
  const ends = (step: { readonly end: number | null }) => step.end ?? dial.end ?? until
  const segments: Segment[] = dial.dns.map((step) => ({ phase: 'dns', start: step.start, end: ends(step) }))
  const [first] = dial.connects
  if (first !== undefined) {
    const used = dial.connects.find(({ end, error }) => end !== null && error === null)
    const end = used === undefined ? Math.max(...dial.connects.map(ends)) : ends(used)
    segments.push({ phase: 'connect', start: first.start, end })
  }
  for (const step of dial.tls) {
    const phase = step.withProxy ? 'proxy' : 'tls'
    segments.push({ phase, start: step.start, end: ends(step) })
  }
  for (const tunnel of dial.tunnels ?? []) {
    const leg = tunnel.proxyDialId === null ? undefined : dials.get(tunnel.proxyDialId)
    segments.push(...tunnelSegments(tunnel.start, ends(tunnel), leg))
  }
  return segments
}

/** A tunnel may have waited for a dial of the proxy that began before it; what is not look-up or TCP is the proxy's. */
function tunnelSegments(start: number, end: number, leg: RecordedDial | undefined): Segment[] {
  const known = leg === undefined ? [] : dialSegments(leg, end).filter(({ phase }) => phase !== 'proxy')
  return filled(known, start, end, () => 'proxy')
}

/** The segments in order, cut to the span and to each other, with something in every gap. */
function filled(
  segments: readonly Segment[],
  start: number,
  end: number,
  gap: (start: number) => Phase = () => 'client',
): Segment[] {
  const result: Segment[] = []
  let cursor = start
  const fill = (until: number) => {
    if (until > cursor) result.push({ phase: gap(cursor), start: cursor, end: until })
  }
  for (const segment of segments.toSorted((one, other) => one.start - other.start)) {
    const from = Math.max(segment.start, cursor)
    const to = Math.min(segment.end, end)
    if (to <= from) continue
    fill(from)
    result.push({ phase: segment.phase, start: from, end: to })
    cursor = to
  }
  fill(end)
  return result
}
