/** What every drawing needs: where times are on the canvas, and with which colours. */
import type { Palette } from './palette.ts'
import type { TimeWindow } from './time-window.ts'

export interface Brush {
  readonly context: CanvasRenderingContext2D
  readonly palette: Palette
  readonly width: number
  readonly height: number
  readonly shown: TimeWindow
  /** px of a time. */
  x(time: number): number
}

export const FONT = '11.5px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif'

export function brushOf(
  context: CanvasRenderingContext2D,
  palette: Palette,
  width: number,
  height: number,
  shown: TimeWindow,
): Brush {
  const scale = width / (shown.to - shown.from)
  context.font = FONT
  context.textBaseline = 'middle'
  return { context, palette, width, height, shown, x: (time) => (time - shown.from) * scale }
}

/** The text, or as much of it as has room. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 12) return ''
  if (context.measureText(text).width <= room) return text
  const letters = Math.floor((text.length * room) / context.measureText(text).width) - 1
  return letters < 3 ? '' : `${text.slice(0, letters)}…`
}
