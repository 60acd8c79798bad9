/** The upper line of a lane: the life of its connection, and what happened to it. */
import { dialSegments } from '../bars.ts'
import type { Brush } from './brush.ts'
import { fitted } from './brush.ts'
import { type PlacedLane, TRACK_HEIGHT } from './lanes.ts'
import { hatch } from './palette.ts'

/** @param top Of the lane on the canvas, px. */
export function drawTrack(brush: Brush, lane: PlacedLane, top: number): void {
  const middle = top + TRACK_HEIGHT / 2
  drawLoad(brush, lane, top)
  drawStalls(brush, lane, top)
  drawDial(brush, lane, middle)
  drawLife(brush, lane, middle)
  drawFrames(brush, lane, middle)
  drawPings(brush, lane, middle)
  drawGoAways(brush, lane, middle)
  drawBreakers(brush, lane, top)
}

/** How many streams were open, as an area. */
function drawLoad({ context, palette, x, width }: Brush, { bars }: PlacedLane, top: number): void {
  const steps = loadSteps(bars)
  const most = Math.max(2, ...steps.map(({ open }) => open))
  const bottom = top + TRACK_HEIGHT - 2
  const y = (open: number) => bottom - (open / most) * (TRACK_HEIGHT - 8)
  context.fillStyle = palette.load
  context.beginPath()
  context.moveTo(-5, bottom)
  let level = 0
  for (const { at, open } of steps) {
    const right = Math.min(Math.max(x(at), -5), width + 5)
    context.lineTo(right, y(level))
    context.lineTo(right, y(open))
    level = open
  }
  context.lineTo(width + 5, y(level))
  context.lineTo(width + 5, bottom)
  context.fill()
}

export interface LoadStep {
  readonly at: number
  readonly open: number
}

const loads = new WeakMap<object, LoadStep[]>()

/** Each change of the number of open streams; found once for a list of bars. */
export function loadSteps(bars: PlacedLane['bars']): LoadStep[] {
  const known = loads.get(bars)
  if (known !== undefined) return known
  const changes = bars
    .flatMap(({ stream, end }) => (stream === null ? [] : [[stream.start, 1] as const, [end, -1] as const]))
    .sort(([one], [other]) => one - other)
  let open = 0
  const steps = changes.map(([at, change]) => {
    open += change
    return { at, open }
  })
  loads.set(bars, steps)
  return steps
}

/** Waits for flow-control window: a hatched band. */
function drawStalls({ context, palette, x, shown }: Brush, { marks }: PlacedLane, top: number): void {
  if (marks.stalls.length === 0) return
  context.fillStyle = hatch(context, palette.stall)
  for (const { start, end } of marks.stalls) {
    const [left, right] = [x(start), x(end ?? shown.to)]
    context.fillRect(left, top + TRACK_HEIGHT - 8, Math.max(right - left, 2), 5)
  }
}

function drawDial({ context, palette, x, shown }: Brush, { dial }: PlacedLane, middle: number): void {
  if (dial === null) return
  context.fillStyle = palette.soft
  context.fillRect(x(dial.start), middle - 0.5, Math.max(x(dial.end ?? shown.to) - x(dial.start), 1), 1)
  for (const { phase, start, end } of dialSegments(dial, shown.to)) {
    context.fillStyle = palette[phase]
    context.fillRect(x(start), middle - 4, Math.max(x(end) - x(start), 1.5), 8)
  }
}

/** A line while it is open, dashed while it is draining, with a bar at its end; a cross when it was lost. */
function drawLife({ context, palette, x, shown }: Brush, { connection }: PlacedLane, middle: number): void {
  if (connection === null) return
  const { start, end, draining, error } = connection
  const last = x(end ?? shown.to + 1)
  const turn = draining === null ? last : x(draining.at)
  context.strokeStyle = palette.soft
  context.lineWidth = 2
  line(context, x(start), turn, middle)
  context.setLineDash([4, 3])
  line(context, turn, last, middle)
  context.setLineDash([])
  if (end === null) return
  context.strokeStyle = error === null ? palette.soft : palette.error
  context.beginPath()
  context.moveTo(last, middle - 6)
  context.lineTo(last, middle + 6)
  if (error !== null) {
    context.moveTo(last - 5, middle - 5)
    context.lineTo(last + 5, middle + 5)
    context.moveTo(last + 5, middle - 5)
    context.lineTo(last - 5, middle + 5)
  }
  context.stroke()
}

function line(context: CanvasRenderingContext2D, from: number, to: number, y: number): void {
  if (to <= from) return
  context.beginPath()
  context.moveTo(Math.max(from, -10), y)
  context.lineTo(Math.min(to, 1e5), y)
  context.stroke()
}

/** In below the line, out above it. */
function drawFrames({ context, palette, x, width }: Brush, { marks }: PlacedLane, middle: number): void {
  context.fillStyle = palette.accent
  for (const { at, direction, length } of marks.frames) {
    const left = x(at)
    if (left < 0 || left > width) continue
    const tall = 3 + Math.min(5, Math.log2(1 + length) / 3)
    context.fillRect(left, direction === 'out' ? middle - 1 - tall : middle + 1, 1, tall)
  }
}

/** A triangle; hollow and red when nobody answered. */
function drawPings({ context, palette, x, width }: Brush, { marks }: PlacedLane, middle: number): void {
  for (const { at, roundTrip } of marks.pings) {
    const centre = x(at)
    if (centre < -5 || centre > width + 5) continue
    context.beginPath()
    context.moveTo(centre, middle - 5)
    context.lineTo(centre + 4.5, middle + 4)
    context.lineTo(centre - 4.5, middle + 4)
    context.closePath()
    context.fillStyle = roundTrip === null ? palette.card : palette.accent
    context.strokeStyle = roundTrip === null ? palette.error : palette.card
    context.lineWidth = 1.5
    context.fill()
    context.stroke()
  }
}

/** A flag. */
function drawGoAways({ context, palette, x, width }: Brush, { marks }: PlacedLane, middle: number): void {
  for (const { at, http2Code } of marks.goAways) {
    const left = x(at)
    if (left < -60 || left > width) continue
    context.fillStyle = http2Code === 0 ? palette.warn : palette.error
    context.fillRect(left, middle - 12, 1.5, 22)
    const said = fitted(context, 'GOAWAY', width - left)
    const room = context.measureText(said).width + 8
    context.fillRect(left, middle - 12, room, 13)
    context.fillStyle = palette.card
    context.fillText(said, left + 4, middle - 5)
  }
}

/** A line through the lane where the circuit of its origin changed. */
function drawBreakers({ context, palette, x, width }: Brush, lane: PlacedLane, top: number): void {
  for (const { at, to } of lane.marks.breakers) {
    const left = x(at)
    if (left < -90 || left > width) continue
    context.fillStyle = context.strokeStyle = to === 'closed' ? palette.receiving : palette.error
    context.lineWidth = 1
    context.setLineDash([3, 3])
    context.beginPath()
    context.moveTo(left + 0.5, top + 2)
    context.lineTo(left + 0.5, top + lane.height - 2)
    context.stroke()
    context.setLineDash([])
    context.fillText(`circuit ${to}`, left + 5, top + lane.height - 8)
  }
}
