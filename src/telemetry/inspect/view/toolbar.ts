/** What is shown: words to search for, status, origin, which view. */
import { h } from './dom.ts'
import { EVERYTHING, type Filter, STATUS_CLASSES, type StatusClass } from './filter.ts'
import { hostOf } from './format.ts'
import type { Density } from './lanes.ts'

export type View = 'lanes' | 'table'

export interface ToolbarActions {
  onFilter(filter: Filter): void
  onView(view: View): void
  onDensity(density: Density): void
  onZoom(factor: number): void
  onFit(): void
}

export interface Toolbar {
  readonly element: HTMLElement
  readonly search: HTMLInputElement
  setOrigins(origins: readonly string[]): void
  setOrigin(origin: string): void
  setShown(text: string): void
}

const STATUS_NAMES: Readonly<Record<StatusClass, string>> = {
  all: 'Any status',
  '2xx': '2xx',
  '3xx': '3xx',
  '4xx': '4xx',
  '5xx': '5xx',
  none: 'No response',
}

export function createToolbar(actions: ToolbarActions): Toolbar {
  let filter = EVERYTHING
  const change = (part: Partial<Filter>) => {
    filter = { ...filter, ...part }
    actions.onFilter(filter)
  }
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Filter: path, 503, code, -not',
    'aria-label': 'Filter requests by text',
    spellcheck: 'false',
    input: () => change({ text: search.value }),
  })
  const status = h('select', {
    id: 'status',
    'aria-label': 'Status',
    change: () => change({ status: status.value as StatusClass }),
  })
  status.append(...STATUS_CLASSES.map((value) => h('option', { value }, STATUS_NAMES[value])))
  const origin = h('select', {
    id: 'origin',
    'aria-label': 'Origin',
    change: () => change({ origin: origin.value }),
  })
  const errors = h('input', {
    type: 'checkbox',
    id: 'errors',
    change: () => change({ errorsOnly: errors.checked }),
  })
  const shown = h('output', { id: 'shown', role: 'status' })
  const element = h(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': 'View and filter' },
    viewButtons(actions),
    search,
    status,
    origin,
    h('label', { class: 'check' }, errors, 'Errors only'),
    shown,
    h('span', { class: 'space' }),
    ...zoomButtons(actions),
  )
  return {
    element,
    search,
    setOrigins: (origins) => {
      origin.replaceChildren(
        h('option', { value: '' }, 'All origins'),
        ...origins.map((value) => h('option', { value }, hostOf(value))),
      )
      origin.value = filter.origin
    },
    setOrigin: (value) => {
      origin.value = filter.origin === value ? '' : value
      change({ origin: origin.value })
    },
    setShown: (text) => {
      shown.textContent = text
    },
  }
}

function viewButtons({ onView }: ToolbarActions): HTMLElement {
  const names = { lanes: 'Waterfall', table: 'Table' } as const
  const buttons = (Object.keys(names) as View[]).map((view) =>
    h(
      'button',
      {
        type: 'button',
        id: `view-${view}`,
        'aria-pressed': String(view === 'lanes'),
        click: () => choose(view),
      },
      names[view],
    ),
  )
  function choose(view: View): void {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.id === `view-${view}`))
    onView(view)
  }
  return h('div', { class: 'segmented', role: 'group', 'aria-label': 'View' }, ...buttons)
}

function zoomButtons({ onZoom, onFit, onDensity }: ToolbarActions): HTMLElement[] {
  const density = h('select', {
    id: 'density',
    class: 'for-lanes',
    'aria-label': 'Height of rows',
    change: () => onDensity(density.value as Density),
  })
  density.append(
    h('option', { value: 'auto' }, 'Rows: auto'),
    h('option', { value: 'comfortable' }, 'Rows: high'),
    h('option', { value: 'compact' }, 'Rows: low'),
  )
  const button = (id: string, text: string, label: string, click: () => void) =>
    h('button', { type: 'button', id, 'aria-label': label, title: label, click }, text)
  return [
    density,
    h(
      'div',
      { class: 'segmented for-lanes', role: 'group', 'aria-label': 'Zoom' },
      button('zoom-out', '−', 'Zoom out (-)', () => onZoom(1 / 1.6)),
      button('fit', 'Fit', 'Show all of the time (0)', onFit),
      button('zoom-in', '+', 'Zoom in (+)', () => onZoom(1.6)),
    ),
  ]
}
