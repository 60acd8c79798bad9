/** All of the time in one strip: how many requests were open, which failed, and what part of it is shown. */

import type { Bar } from '../bars.ts'
import { isFailed } from '../summary.ts'
import { contextOf, h } from './dom.ts'
import { loadSteps } from './draw-track.ts'
import type { Palette } from './palette.ts'
import { clamped, type TimeWindow, zoomed } from './time-window.ts'

export interface OverviewScene {
  readonly bars: readonly Bar[]
  readonly all: TimeWindow
  readonly shown: TimeWindow
  readonly palette: Palette
}

export interface Overview {
  readonly element: HTMLElement
  draw(scene: OverviewScene): void
}

const HEIGHT = 52

/** A span is drawn with the pointer, and moved when it is gripped; a click puts its middle there. */
export function createOverview(onWindow: (shown: TimeWindow) => void): Overview {
  const canvas = h('canvas', {
    id: 'overview',
    role: 'img',
    'aria-label': 'Open requests over all of the time',
  })
  const element = h('div', { class: 'overview' }, canvas)
  let scene: OverviewScene | null = null
  const timeAt = (event: MouseEvent, { all }: OverviewScene) => {
    const { left, width } = canvas.getBoundingClientRect()
    return all.from + ((event.clientX - left) / width) * (all.to - all.from)
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (scene === null) return
    canvas.setPointerCapture(event.pointerId)
    const { all, shown } = scene
    const began = timeAt(event, scene)
    const narrow = shown.to - shown.from < (all.to - all.from) * 0.98
    const gripped = narrow && began > shown.from && began < shown.to
    const move = (later: PointerEvent) => {
      const now = timeAt(later, scene as OverviewScene)
      const by = now - began
      if (gripped) onWindow(clamped({ from: shown.from + by, to: shown.to + by }, all))
      else onWindow(clamped({ from: Math.min(began, now), to: Math.max(began, now) }, all))
    }
    canvas.addEventListener('pointermove', move)
    canvas.addEventListener('pointerup', () => canvas.removeEventListener('pointermove', move), {
      once: true,
    })
  })
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      if (scene !== null)
        onWindow(zoomed(scene.shown, 1.002 ** -event.deltaY, timeAt(event, scene), scene.all))
    },
    { passive: false },
  )
  return {
    element,
    draw(next) {
      scene = next
      drawOverview(canvas, element.clientWidth, next)
    },
  }
}

function drawOverview(canvas: HTMLCanvasElement, width: number, scene: OverviewScene): void {
  const context = contextOf(canvas, width, HEIGHT)
  const { all, shown, palette, bars } = scene
  const x = (time: number) => ((time - all.from) / (all.to - all.from)) * width
  const steps = loadSteps(bars)
  const most = Math.max(1, ...steps.map(({ open }) => open))
  context.fillStyle = palette.waiting
  context.beginPath()
  context.moveTo(0, HEIGHT)
  let level = HEIGHT
  for (const { at, open } of steps) {
    context.lineTo(x(at), level)
    level = HEIGHT - (open / most) * (HEIGHT - 10)
    context.lineTo(x(at), level)
  }
  context.lineTo(width, HEIGHT)
  context.fill()
  context.fillStyle = palette.error
  for (const bar of bars) if (isFailed(bar)) context.fillRect(x(bar.end) - 1, 0, 2, 6)
  const [left, right] = [x(shown.from), x(shown.to)]
  context.fillStyle = palette.paper
  context.globalAlpha = 0.72
  context.fillRect(0, 0, left, HEIGHT)
  context.fillRect(right, 0, width - right, HEIGHT)
  context.globalAlpha = 1
  context.strokeStyle = palette.accent
  context.lineWidth = 1.5
  context.strokeRect(left + 0.75, 0.75, Math.max(right - left, 3) - 1.5, HEIGHT - 1.5)
}
