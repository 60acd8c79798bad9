/** The page: what is shown stands in one state, and each change of it draws anew, once a frame. */
import type { Bar } from '../bars.ts'
import { mergeRecordings } from '../merge.ts'
import type { Recording } from '../recording.ts'
import { summarize } from '../summary.ts'
import type { Row } from './columns.ts'
import { detailsOf } from './details.ts'
import { h } from './dom.ts'
import { recordingPicker } from './drop.ts'
import { EVERYTHING, type Filter, filterOf } from './filter.ts'
import { count } from './format.ts'
import { heading, hints, legend } from './frame-of-page.ts'
import { type Density, keyOf, type Lane, lanesOf, placed } from './lanes.ts'
import { createLanesView } from './lanes-view.ts'
import { barsOf, type Model, modelOf } from './model.ts'
import { createOverview } from './overview.ts'
import { readPalette } from './palette.ts'
import { summaryPanel } from './summary-panel.ts'
import { createTable } from './table.ts'
import { themeButton } from './theme.ts'
import { around, type TimeWindow, zoomed } from './time-window.ts'
import { createToolbar, type View } from './toolbar.ts'
import { createTooltip } from './tooltip.ts'

interface State {
  readonly model: Model
  readonly filter: Filter
  /** What the filter leaves. */
  readonly rows: readonly Row[]
  readonly bars: readonly Bar[]
  readonly lanes: readonly Lane[]
  readonly view: View
  readonly shown: TimeWindow
  readonly collapsed: ReadonlySet<string>
  readonly density: Density
  readonly row: Row | null
  readonly selected: Bar | null
}

function start(recording: Recording): void {
  let state = stateOf(modelOf(recording), EVERYTHING)
  let palette = readPalette()
  let due = false

  const update = (part: Partial<State>) => {
    state = { ...state, ...part }
    redraw()
  }
  const redraw = () => {
    if (due) return
    due = true
    requestAnimationFrame(() => {
      due = false
      draw()
    })
  }
  const select = (bar: Bar | null) => {
    update({ selected: bar, row: bar === null ? null : (state.model.rowOf.get(bar.request) ?? null) })
    showDetails()
  }
  const setFilter = (filter: Filter) => {
    const { view, shown, collapsed, density, model } = state
    const next = stateOf(model, filter)
    const seen = next.bars.some(({ start, end }) => start <= shown.to && end >= shown.from)
    state = { ...next, view, shown: seen ? shown : model.all, collapsed, density }
    showSummary()
    showDetails()
    redraw()
  }
  const onWindow = (shown: TimeWindow) => update({ shown })
  const zoom = (factor: number) => {
    const { shown, model } = state
    onWindow(zoomed(shown, factor, (shown.from + shown.to) / 2, model.all))
  }

  const tooltip = createTooltip()
  const overview = createOverview(onWindow)
  const lanes = createLanesView(
    {
      onWindow,
      onSelect: select,
      onFocus: (bar) => onWindow(around(bar.start, bar.end, state.model.all)),
      onToggle: (lane) => update({ collapsed: toggled(state.collapsed, keyOf(lane)) }),
      redraw,
    },
    tooltip,
  )
  const table = createTable((row) => {
    update({ row, selected: row.bars.at(-1) ?? null })
    showDetails()
  })
  const toolbar = createToolbar({
    onFilter: setFilter,
    onView: (view) => update({ view }),
    onDensity: (density) => update({ density }),
    onZoom: zoom,
    onFit: () => onWindow(state.model.all),
  })
  const head = h('div', { class: 'title' })
  const summary = h('section', { class: 'summary', 'aria-label': 'Which hop is slow' })
  const legends = h('div', { class: 'legends' })
  const details = h('aside', { id: 'details', 'aria-label': 'Details', hidden: true })
  const message = h('p', { id: 'message', role: 'alert', class: 'warning' })

  function showSummary(): void {
    const { model, rows } = state
    const requests = rows.map(({ request }) => request)
    summary.replaceChildren(...summaryPanel(summarize(model.recording, requests), toolbar.setOrigin))
    const all = model.rows.length
    toolbar.setShown(
      rows.length === all ? `${count(all)} requests` : `${count(rows.length)} of ${count(all)} requests`,
    )
  }

  function showDetails(): void {
    const { row, selected, model } = state
    details.hidden = row === null
    if (row === null) return redraw()
    const { zero, connections } = model
    const content = { request: row.request, bars: row.bars, selected, zero, connections }
    details.replaceChildren(...detailsOf({ ...content, onSelect: select, onClose: () => select(null) }))
    redraw()
  }

  function showModel(): void {
    head.replaceChildren(...heading(state.model.recording))
    legends.replaceChildren(legend(state.model.recording))
    toolbar.setOrigins(state.model.origins)
    showSummary()
    redraw()
  }

  function draw(): void {
    const { model, shown, view, rows, row, bars, collapsed, density, selected } = state
    const inLanes = view === 'lanes'
    document.body.dataset.view = view
    if (!inLanes) return table.show(rows, model.zero, row)
    overview.draw({ bars, all: model.all, shown, palette })
    const { all, zero } = model
    lanes.draw({ lanes: placed(state.lanes, collapsed, density), shown, all, zero, selected, palette })
  }

  const picker = recordingPicker(
    (other) => {
      message.textContent = ''
      state = {
        ...stateOf(modelOf(mergeRecordings(state.model.recording, other)), state.filter),
        view: state.view,
      }
      showDetails()
      showModel()
    },
    (text) => {
      message.textContent = text
    },
  )
  const theme = themeButton(() => {
    palette = readPalette()
    redraw()
  })
  const times = h(
    'div',
    { class: 'times' },
    h('div', { class: 'corner' }, 'Connections'),
    h('div', {}, overview.element, lanes.axis),
  )
  document.body.append(
    h('header', {}, head, h('span', { class: 'space' }), picker, theme),
    summary,
    toolbar.element,
    message,
    h('main', {}, h('div', { class: 'stage' }, legends, times, lanes.element, table.element), details),
    h('footer', {}, hints()),
    tooltip.element,
  )
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement
    if (event.key === 'Escape' && !typing) select(null)
    if (event.target === document.body && state.view === 'lanes') lanes.press(event)
    if (event.key !== '/' || typing) return
    event.preventDefault()
    toolbar.search.focus()
  })
  new ResizeObserver(redraw).observe(lanes.element)
  palette = readPalette()
  showModel()
}

function stateOf(model: Model, filter: Filter): State {
  const matches = filterOf(filter)
  const rows = model.rows.filter(({ request }) => matches(request))
  const bars = barsOf(rows)
  const everything = rows.length === model.rows.length
  return {
    model,
    filter,
    rows,
    bars,
    lanes: lanesOf(model.recording, bars, everything),
    view: 'lanes',
    shown: model.all,
    collapsed: new Set(),
    density: 'auto',
    row: null,
    selected: null,
  }
}

function toggled(set: ReadonlySet<string>, key: string): Set<string> {
  const result = new Set(set)
  if (!result.delete(key)) result.add(key)
  return result
}

start(JSON.parse(document.getElementById('recording')?.textContent ?? ''))
