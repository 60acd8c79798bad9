/** The colours of the style sheet, for canvases, which cannot read it. */
import { PHASES, type Phase } from '../bars.ts'

const NAMES = [
  'paper',
  'card',
  'ink',
  'soft',
  'line',
  'grid',
  'accent',
  'error',
  'warn',
  'stall',
  'load',
] as const

export type Palette = Readonly<Record<(typeof NAMES)[number] | Phase, string>>

/** As they are now; they change with the theme. */
export function readPalette(): Palette {
  const probe = document.createElement('i')
  document.body.append(probe)
  const style = getComputedStyle(probe)
  const entries = [...NAMES, ...PHASES].map((name) => {
    probe.style.color = `var(--${name})`
    return [name, style.color]
  })
  probe.remove()
  return Object.fromEntries(entries)
}

/** Slanting lines: what waits is drawn with them, so that it is not told by colour alone. */
export function hatch(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  Object.assign(tile, { width: 6, height: 6 })
  const brush = tile.getContext('2d')
  if (brush === null) return colour
  brush.strokeStyle = colour
  brush.lineWidth = 2
  brush.beginPath()
  for (const at of [-6, 0, 6]) {
    brush.moveTo(at - 1, 7)
    brush.lineTo(at + 7, -1)
  }
  brush.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}
