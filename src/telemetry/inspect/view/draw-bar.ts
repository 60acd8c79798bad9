import type { Bar, Phase } from '../bars.ts'
import type { RecordedStall } from '../recording.ts'
import { isFailed } from '../summary.ts'
import { type Brush, fitted } from './brush.ts'
import { ms, pathOf } from './format.ts'
import { hatch } from './palette.ts'

/** How high each phase is: a wait is a thin line, making a connection a low bar, the exchange a full one. */
const SHARE: Readonly<Record<Phase, number>> = {
  client: 0.22,
  backoff: 0.22,
  queue: 0.22,
  dns: 0.6,
  connect: 0.6,
  proxy: 0.6,
  tls: 0.6,
  waiting: 1,
  receiving: 1,
}

const HATCHED: ReadonlySet<Phase> = new Set(['client', 'backoff', 'queue'])
const GLYPH_ROOM = 12

export interface BarPlace {
  readonly top: number
  readonly rowHeight: number
  /** Where the bar before it in the row ends, and the next begins, px: what is said about this one is between them. */
  readonly previous: number
  readonly next: number
  /** Of its connection. */
  readonly stalls: readonly RecordedStall[]
}

export function drawBar(brush: Brush, bar: Bar, place: BarPlace): void {
  const { top, rowHeight, stalls } = place
  const low = rowHeight < 12
  const height = low ? rowHeight - 2 : rowHeight - 8
  const middle = top + rowHeight / 2
  const left = brush.x(bar.start)
  const right = Math.max(brush.x(bar.end), left + 2)
  drawSegments(brush, bar, middle, height, low)
  if (stalls.length > 0) drawStalls(brush, bar, stalls, middle, height)
  const failed = isFailed(bar)
  if (failed) drawFailure(brush, right, middle, height, low)
  if (!low) drawLabel(brush, bar, left, right + (failed ? GLYPH_ROOM : 0), place)
}

function drawSegments(
  { context, palette, x, width }: Brush,
  bar: Bar,
  middle: number,
  height: number,
  low: boolean,
): void {
  for (const { phase, start, end } of bar.segments) {
    const from = Math.max(x(start), -10)
    const to = Math.min(x(end), width + 10)
    if (to < 0 || from > width) continue
    const tall = Math.max(low ? 1 : 3, Math.round(height * SHARE[phase]))
    context.fillStyle = HATCHED.has(phase) && !low ? hatched(context, palette[phase]) : palette[phase]
    context.beginPath()
    context.roundRect(from, middle - tall / 2, Math.max(to - from, 1), tall, low ? 0 : 1.5)
    context.fill()
  }
  if (bar.unfinished) drawOpenEnd(context, palette.paper, x(bar.end), middle, height)
}

/** Stripes on the part of the bar in which it had no window. */
function drawStalls(
  { context, palette, x }: Brush,
  { stream, end }: Bar,
  stalls: readonly RecordedStall[],
  middle: number,
  height: number,
): void {
  if (stream?.streamId == null) return
  context.fillStyle = hatched(context, palette.card)
  for (const stall of stalls) {
    if (stall.streamId !== stream.streamId) continue
    const [left, right] = [x(stall.start), x(stall.end ?? end)]
    context.fillRect(left, middle - height / 2, Math.max(right - left, 2), height)
  }
}

/** A bar that was cut off by the end of the recording has a torn end. */
function drawOpenEnd(
  context: CanvasRenderingContext2D,
  colour: string,
  right: number,
  middle: number,
  height: number,
): void {
  context.strokeStyle = colour
  context.lineWidth = 1.5
  for (const back of [3, 7]) {
    context.beginPath()
    context.moveTo(right - back, middle - height / 2)
    context.lineTo(right - back, middle + height / 2)
    context.stroke()
  }
}

function drawFailure(
  { context, palette }: Brush,
  right: number,
  middle: number,
  height: number,
  low: boolean,
): void {
  if (low) {
    context.fillStyle = palette.error
    context.fillRect(right - 1, middle - height / 2 - 1, 4, height + 2)
    return
  }
  const [centre, arm] = [right + 7, 3.5]
  context.strokeStyle = palette.error
  context.lineWidth = 2
  context.beginPath()
  context.moveTo(centre - arm, middle - arm)
  context.lineTo(centre + arm, middle + arm)
  context.moveTo(centre + arm, middle - arm)
  context.lineTo(centre - arm, middle + arm)
  context.stroke()
}

/** Share of a phase that a label may stand on. */
const MOST_COVERED = 0.8

/** Behind the bar, else before it, else on it: where there is room. */
function drawLabel(brush: Brush, bar: Bar, left: number, right: number, place: BarPlace): void {
  const { context, palette, width } = brush
  const middle = place.top + place.rowHeight / 2
  const text = labelOf(bar)
  context.fillStyle = bar.error === null ? palette.soft : palette.error
  const whole = context.measureText(text).width
  const after = Math.min(place.next, width) - right - 12
  const before = left - Math.max(place.previous, 0) - 16
  const alone = !Number.isFinite(place.previous) && !Number.isFinite(place.next)
  const [start, end] = [Math.max(left, 0), Math.min(right, width)]
  if (whole <= after) context.fillText(text, right + 6, middle)
  else if (whole <= before && right > 0) context.fillText(text, left - whole - 6, middle)
  else if (after > 100) context.fillText(fitted(context, text, after), right + 6, middle)
  // Not so that nothing can be seen of the bar.
  else if (alone || whole < (end - start) / 2) drawInside(brush, text, ...roomOn(brush, bar), middle)
}

/** The beginning of its longest phase: the short ones are what a look at it is for. */
function roomOn({ x, width }: Brush, { segments }: Bar): [left: number, right: number] {
  const spans = segments.map(({ start, end }): [number, number] => [
    Math.max(x(start), 0),
    Math.min(x(end), width),
  ])
  const length = ([left, right]: [number, number]) => right - left
  const longest = spans.reduce((one, other) => (length(other) > length(one) ? other : one), [0, 0])
  return [longest[0], longest[0] + length(longest) * MOST_COVERED]
}

/** On the bar itself, with the paper behind it so that it can be read on any colour. */
function drawInside(
  { context, palette }: Brush,
  text: string,
  left: number,
  right: number,
  middle: number,
): void {
  const said = fitted(context, text, right - left - 16)
  if (said === '') return
  context.fillStyle = palette.card
  context.globalAlpha = 0.88
  context.beginPath()
  context.roundRect(left + 4, middle - 7, context.measureText(said).width + 8, 14, 3)
  context.fill()
  context.globalAlpha = 1
  context.fillStyle = palette.ink
  context.fillText(said, left + 8, middle)
}

export function labelOf({ request, attempt, stream, status, error, start, end }: Bar): string {
  const { method, url, origin } = attempt ?? request
  const again = attempt !== null && (attempt.number > 1 || attempt.streams.indexOf(stream as never) > 0)
  const outcome = error === null ? (status ?? '') : `${status ?? ''} ${failureOf(status, error.code)}`.trim()
  return `${again ? '↻ ' : ''}${method} ${pathOf(url, origin)}   ${outcome}   ${ms(end - start)}`
}

/** With a status it is the rest of the response that was given up, as before a retry. */
function failureOf(status: number | null, code: string): string {
  return status !== null && code === 'AbortError' ? 'cut short' : shortCode(code)
}

/** `STREAM_RESET`. */
export function shortCode(code: string): string {
  return code.replace(/^ERR_TRUNKLINE_/, '')
}

const patterns = new Map<string, CanvasPattern | string>()

function hatched(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const known = patterns.get(colour)
  if (known !== undefined) return known
  const made = hatch(context, colour)
  patterns.set(colour, made)
  return made
}
