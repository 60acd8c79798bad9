/** One stretch of a run. */
export interface TimelinePoint {
  /** Responses that ended in it, and failures. */
  readonly done: number
  readonly failed: number
  readonly bytes: number
  /** ms, of the latencies of those that are done. */
  readonly sum: number
  readonly max: number
}

export interface TimelineData {
  /** ms of each stretch. */
  readonly width: number
  readonly points: readonly TimelinePoint[]
}

const FIRST_WIDTH = 1000
const MOST_POINTS = 600

const NOTHING: TimelinePoint = { done: 0, failed: 0, bytes: 0, sum: 0, max: 0 }

/** What was done when, in seconds; in twos, fours, … of them when the run is long. */
export class Timeline {
  #width: number
  #points: TimelinePoint[]

  constructor({ width, points }: TimelineData = { width: FIRST_WIDTH, points: [] }) {
    this.#width = width
    this.#points = [...points]
  }

  /** @param at ms since the start. */
  done(at: number, latency: number, bytes: number): void {
    this.#change(at, { done: 1, failed: 0, bytes, sum: latency, max: latency })
  }

  failed(at: number): void {
    this.#change(at, { ...NOTHING, failed: 1 })
  }

  #change(at: number, what: TimelinePoint): void {
    let index = Math.floor(Math.max(0, at) / this.#width)
    while (index >= MOST_POINTS) {
      this.#halve()
      index = Math.floor(at / this.#width)
    }
    while (this.#points.length <= index) this.#points.push(NOTHING)
    this.#points[index] = joined(this.#points[index] as TimelinePoint, what)
  }

  #halve(): void {
    this.#width *= 2
    this.#points = Array.from({ length: Math.ceil(this.#points.length / 2) }, (_, index) =>
      joined(this.#points[2 * index] as TimelinePoint, this.#points[2 * index + 1] ?? NOTHING),
    )
  }

  /** Widths are a second times a power of two, so that the finer one can always be made as coarse as the other. */
  add(other: Timeline): void {
    const them = new Timeline(other.toJSON())
    while (this.#width < them.#width) this.#halve()
    while (them.#width < this.#width) them.#halve()
    for (const [index, point] of them.#points.entries()) {
      this.#points[index] = joined(this.#points[index] ?? NOTHING, point)
    }
  }

  toJSON(): TimelineData {
    return { width: this.#width, points: this.#points }
  }
}

function joined(a: TimelinePoint, b: TimelinePoint): TimelinePoint {
  return {
    done: a.done + b.done,
    failed: a.failed + b.failed,
    bytes: a.bytes + b.bytes,
    sum: a.sum + b.sum,
    max: Math.max(a.max, b.max),
  }
}
