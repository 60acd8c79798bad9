/** The lanes with their labels, their scrolling, and what pointer and keys do there. */
import type { Bar } from '../bars.ts'
import { type ChartScene, drawAxis, drawChart } from './chart.ts'
import { h } from './dom.ts'
import { type Hit, hitAt } from './hit.ts'
import { laneLabel } from './lane-label.ts'
import { type PlacedLane, TRACK_HEIGHT } from './lanes.ts'
import { panned, type TimeWindow, zoomed } from './time-window.ts'
import type { Tooltip } from './tooltip.ts'

export interface LanesScene extends Omit<ChartScene, 'scrollTop' | 'pointed'> {
  readonly all: TimeWindow
}

export interface LanesActions {
  onWindow(shown: TimeWindow): void
  onSelect(bar: Bar | null): void
  /** Double click: show this one alone in all of the width. */
  onFocus(bar: Bar): void
  onToggle(lane: PlacedLane): void
  redraw(): void
}

export interface LanesView {
  readonly element: HTMLElement
  readonly axis: HTMLCanvasElement
  draw(scene: LanesScene): void
  /** Scrolls until the bar can be seen. */
  reveal(bar: Bar): void
  /** Keys work without a click, while nothing else has the focus. */
  press(event: KeyboardEvent): void
}

export const AXIS_HEIGHT = 26

export function createLanesView(actions: LanesActions, tooltip: Tooltip): LanesView {
  const canvas = h('canvas', { class: 'chart' })
  const axis = h('canvas', { class: 'axis', id: 'axis' })
  const labels = h('div', { class: 'labels' })
  const space = h('div', { class: 'space' }, labels, canvas)
  const element = h(
    'div',
    {
      class: 'lanes',
      id: 'lanes',
      tabindex: 0,
      role: 'application',
      'aria-label':
        'Waterfall. Up and down choose a request, left and right move in time, plus and minus zoom, 0 shows all, Enter shows details. The table has the same as text.',
    },
    space,
  )
  let scene: LanesScene | null = null
  let pointed: Hit | null = null

  const width = () => Math.max(50, canvas.parentElement ? space.clientWidth - labels.offsetWidth : 0)
  const hitOf = (event: MouseEvent): Hit | null => {
    if (scene === null) return null
    const { left, top } = canvas.getBoundingClientRect()
    return hitAt(
      scene.lanes,
      scene.shown,
      width(),
      event.clientX - left,
      event.clientY - top + element.scrollTop,
    )
  }

  function draw(next: LanesScene): void {
    scene = next
    const last = next.lanes.at(-1)
    const total = last === undefined ? 0 : last.top + last.height
    space.style.height = `${Math.max(total, element.clientHeight)}px`
    const bar = pointed?.kind === 'bar' ? pointed.bar : null
    const chart = { ...next, scrollTop: element.scrollTop, pointed: bar }
    drawChart(canvas, width(), element.clientHeight, chart)
    drawAxis(axis, width(), AXIS_HEIGHT, chart)
    const seen = next.lanes.filter(
      ({ top, height }) =>
        top + height >= element.scrollTop - 100 && top <= element.scrollTop + element.clientHeight + 100,
    )
    showLabels(labels, seen, actions.onToggle)
  }

  function point(hit: Hit | null, event: MouseEvent): void {
    const before = pointed?.kind === 'bar' ? pointed.bar : null
    pointed = hit
    tooltip.show(hit, event.clientX, event.clientY)
    canvas.classList.toggle('pointing', hit !== null)
    if (before !== (hit?.kind === 'bar' ? hit.bar : null)) actions.redraw()
  }

  listenToPointer(canvas, element, () => scene, width, { hitOf, point }, actions)
  element.addEventListener('scroll', () => {
    tooltip.show(null, 0, 0)
    actions.redraw()
  })
  element.addEventListener('keydown', (event) => {
    if (event.target === element) press(event)
  })
  function press(event: KeyboardEvent): void {
    if (scene !== null) onKey(event, scene, actions, reveal)
  }

  function reveal(bar: Bar): void {
    const lane = scene?.lanes.find(({ bars }) => bars.includes(bar))
    if (lane === undefined) return
    const row = lane.collapsed ? 0 : lane.rows.findIndex((one) => one.includes(bar))
    const top = lane.top + TRACK_HEIGHT + row * lane.rowHeight
    const seen = element.scrollTop
    if (top < seen + 20) element.scrollTop = top - 60
    else if (top > seen + element.clientHeight - 40) element.scrollTop = top - element.clientHeight + 80
  }

  return { element, axis, draw, reveal, press }
}

/** Keeps the focus where it was, though the labels are new. */
function showLabels(
  labels: HTMLElement,
  lanes: readonly PlacedLane[],
  onToggle: LanesActions['onToggle'],
): void {
  const focused = [...labels.children].indexOf(document.activeElement as Element)
  const key = focused === -1 ? null : (labels.children[focused] as HTMLElement).dataset.key
  labels.replaceChildren(...lanes.map((lane) => laneLabel(lane, onToggle)))
  if (key == null) return
  const again = [...labels.children].find((label) => (label as HTMLElement).dataset.key === key)
  if (again instanceof HTMLElement) again.focus({ preventScroll: true })
}

interface Pointing {
  hitOf(event: MouseEvent): Hit | null
  point(hit: Hit | null, event: MouseEvent): void
}

/** Further than this a press is a drag, px. */
const DRAG_DISTANCE = 4

function listenToPointer(
  canvas: HTMLCanvasElement,
  scroller: HTMLElement,
  scene: () => LanesScene | null,
  width: () => number,
  { hitOf, point }: Pointing,
  actions: LanesActions,
): void {
  let drag: { x: number; y: number; top: number; shown: TimeWindow; moved: boolean } | null = null
  canvas.addEventListener('pointerdown', (event) => {
    const now = scene()
    if (now === null || event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    drag = { x: event.clientX, y: event.clientY, top: scroller.scrollTop, shown: now.shown, moved: false }
  })
  canvas.addEventListener('pointermove', (event) => {
    const now = scene()
    if (drag === null || now === null) return point(hitOf(event), event)
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y]
    drag.moved ||= Math.hypot(dx, dy) > DRAG_DISTANCE
    if (!drag.moved) return
    point(null, event)
    scroller.scrollTop = drag.top - dy
    actions.onWindow(panned(drag.shown, -dx / width(), now.all))
  })
  canvas.addEventListener('pointerup', (event) => {
    const hit = hitOf(event)
    if (drag?.moved === false) actions.onSelect(hit?.kind === 'bar' ? hit.bar : null)
    drag = null
  })
  canvas.addEventListener('pointercancel', () => {
    drag = null
  })
  canvas.addEventListener('pointerleave', (event) => point(null, event))
  canvas.addEventListener('dblclick', (event) => {
    const hit = hitOf(event)
    if (hit?.kind === 'bar') actions.onFocus(hit.bar)
  })
  canvas.addEventListener('wheel', (event) => onWheel(event, canvas, scroller, scene(), width(), actions), {
    passive: false,
  })
}

/** Zooms where there is nothing to scroll, and always with Ctrl; sideways it moves in time. */
function onWheel(
  event: WheelEvent,
  canvas: HTMLCanvasElement,
  scroller: HTMLElement,
  scene: LanesScene | null,
  width: number,
  { onWindow }: LanesActions,
): void {
  if (scene === null) return
  const { shown, all } = scene
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
  if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
    event.preventDefault()
    return onWindow(panned(shown, sideways / width, all))
  }
  const scrolls = scroller.scrollHeight > scroller.clientHeight + 1
  if (scrolls && !event.ctrlKey && !event.metaKey && !event.altKey) return
  event.preventDefault()
  const share = (event.clientX - canvas.getBoundingClientRect().left) / width
  onWindow(zoomed(shown, 1.0025 ** -event.deltaY, shown.from + share * (shown.to - shown.from), all))
}

function onKey(
  event: KeyboardEvent,
  scene: LanesScene,
  actions: LanesActions,
  reveal: (bar: Bar) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const { shown, all, lanes, selected } = scene
  const middle = (shown.from + shown.to) / 2
  const choose = (by: number) => {
    const bars = lanes.flatMap(({ bars }) => bars)
    const at = selected === null ? (by > 0 ? -1 : bars.length) : bars.indexOf(selected)
    const bar = bars[at + by]
    if (bar === undefined) return
    actions.onSelect(bar)
    reveal(bar)
  }
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => actions.onWindow(zoomed(shown, 1.6, middle, all)),
    '=': () => actions.onWindow(zoomed(shown, 1.6, middle, all)),
    '-': () => actions.onWindow(zoomed(shown, 1 / 1.6, middle, all)),
    '0': () => actions.onWindow(all),
    ArrowLeft: () => actions.onWindow(panned(shown, -0.15, all)),
    ArrowRight: () => actions.onWindow(panned(shown, 0.15, all)),
    ArrowDown: () => choose(1),
    ArrowUp: () => choose(-1),
    Enter: () => selected !== null && actions.onFocus(selected),
  }
  const run = keys[event.key]
  if (run === undefined) return
  event.preventDefault()
  run()
}
