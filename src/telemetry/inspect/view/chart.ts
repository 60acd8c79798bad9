/** The lanes, drawn on a canvas as large as what can be seen of them. */
import type { Bar } from '../bars.ts'
import { type Brush, brushOf } from './brush.ts'
import { contextOf } from './dom.ts'
import { type BarPlace, drawBar } from './draw-bar.ts'
import { drawTrack } from './draw-track.ts'
import { lastBefore, type PlacedLane, TRACK_HEIGHT } from './lanes.ts'
import type { Palette } from './palette.ts'
import { type TimeWindow, ticksOf, tickText } from './time-window.ts'

export interface ChartScene {
  readonly lanes: readonly PlacedLane[]
  readonly shown: TimeWindow
  /** Time that is called 0. */
  readonly zero: number
  readonly selected: Bar | null
  /** All bars of this one's request are marked. */
  readonly pointed: Bar | null
  readonly scrollTop: number
  readonly palette: Palette
}

export function drawChart(canvas: HTMLCanvasElement, width: number, height: number, scene: ChartScene): void {
  const brush = brushOf(contextOf(canvas, width, height), scene.palette, width, height, scene.shown)
  drawGrid(brush, scene.zero)
  for (const lane of scene.lanes) {
    const top = lane.top - scene.scrollTop
    if (top > height || top + lane.height < 0) continue
    drawLane(brush, lane, top, scene)
  }
}

function drawGrid({ context, palette, shown, width, height, x }: Brush, zero: number): void {
  context.fillStyle = palette.grid
  for (const tick of ticksOf(shown, zero, width).ticks)
    context.fillRect(Math.round(x(tick + zero)), 0, 1, height)
}

function drawLane(brush: Brush, lane: PlacedLane, top: number, scene: ChartScene): void {
  const { context, palette, width } = brush
  context.fillStyle = palette.line
  context.fillRect(0, Math.round(top + lane.height) - 1, width, 1)
  context.save()
  context.beginPath()
  context.rect(0, top, width, lane.height)
  context.clip()
  drawTrack(brush, lane, top)
  if (!lane.collapsed) drawRows(brush, lane, top + TRACK_HEIGHT, scene)
  context.restore()
}

function drawRows(brush: Brush, lane: PlacedLane, top: number, scene: ChartScene): void {
  const { rowHeight, rows } = lane
  const first = Math.max(0, Math.floor(-top / rowHeight))
  const last = Math.min(rows.length, Math.ceil((brush.height - top) / rowHeight))
  for (let index = first; index < last; index += 1) {
    drawRow(
      brush,
      rows[index] ?? [],
      { top: top + index * rowHeight, rowHeight, stalls: lane.marks.stalls },
      scene,
    )
  }
}

function drawRow(brush: Brush, row: readonly Bar[], place: Omit<BarPlace, 'next'>, scene: ChartScene): void {
  const { shown, x } = brush
  const first = Math.max(0, lastBefore(row, shown.from))
  const last = lastBefore(row, shown.to)
  // What lies under the bars comes before all of them.
  for (let index = first; index <= last; index += 1) highlight(brush, row[index] as Bar, place, scene)
  for (let index = first; index <= last; index += 1) {
    const following = row[index + 1]
    const next = following === undefined ? Number.POSITIVE_INFINITY : x(following.start)
    drawBar(brush, row[index] as Bar, { ...place, next })
  }
}

function highlight(
  { context, palette, width, x }: Brush,
  bar: Bar,
  { top, rowHeight }: Omit<BarPlace, 'next'>,
  scene: ChartScene,
): void {
  if (bar.request === scene.pointed?.request) {
    context.fillStyle = palette.load
    context.fillRect(0, top, width, rowHeight)
  }
  if (bar !== scene.selected) return
  const left = x(bar.start)
  context.strokeStyle = palette.accent
  context.lineWidth = 2
  context.strokeRect(left - 3, top + 1, Math.max(x(bar.end) - left, 2) + 6, rowHeight - 2)
}

/** Times above the lanes. */
export function drawAxis(canvas: HTMLCanvasElement, width: number, height: number, scene: ChartScene): void {
  const { context, palette, shown, x } = brushOf(
    contextOf(canvas, width, height),
    scene.palette,
    width,
    height,
    scene.shown,
  )
  const { step, ticks } = ticksOf(shown, scene.zero, width)
  for (const tick of ticks) {
    const left = Math.round(x(tick + scene.zero))
    context.fillStyle = palette.line
    context.fillRect(left, height - 6, 1, 6)
    context.fillStyle = palette.soft
    const text = tickText(tick, step)
    const room = context.measureText(text).width
    context.fillText(text, Math.min(Math.max(left - room / 2, 2), width - room - 2), height / 2 - 1)
  }
}
