/** Requests as rows. Only those that can be seen are in the document; their number and places are told. */
import { PHASES } from '../bars.ts'
import { isFailed } from '../summary.ts'
import { COLUMNS, type Row, type Sorting, sorted } from './columns.ts'
import { h } from './dom.ts'

export interface Table {
  readonly element: HTMLElement
  show(rows: readonly Row[], zero: number, selected: Row | null): void
}

const ROW_HEIGHT = 30
const SPARE = 8

export function createTable(onSelect: (row: Row) => void): Table {
  let sorting: Sorting = { column: 'start', descending: false }
  let [rows, zero, selected]: [readonly Row[], number, Row | null] = [[], 0, null]
  let given: readonly Row[] = []
  let longest = 1
  const head = h('div', { role: 'row', class: 'row head' })
  const body = h('div', { role: 'rowgroup', class: 'body' })
  const table = h(
    'div',
    { role: 'table', 'aria-label': 'Requests', class: 'grid' },
    h('div', { role: 'rowgroup', class: 'headgroup' }, head),
    body,
  )
  const element = h('div', { class: 'table', id: 'table', tabindex: 0, scroll: () => draw(), keydown }, table)

  function sort(column: string): void {
    const descending = sorting.column === column ? !sorting.descending : false
    sorting = { column, descending }
    rows = sorted(given, sorting)
    element.scrollTop = 0
    drawHead()
    draw()
  }

  function drawHead(): void {
    const focused = document.activeElement?.closest('[data-column]')?.getAttribute('data-column')
    head.replaceChildren(...COLUMNS.map((column) => headCell(column, sorting, sort)))
    head.querySelector<HTMLElement>(`[data-column="${focused}"] button`)?.focus()
  }

  function draw(): void {
    body.style.height = `${rows.length * ROW_HEIGHT}px`
    table.setAttribute('aria-rowcount', String(rows.length + 1))
    const first = Math.max(0, Math.floor(element.scrollTop / ROW_HEIGHT) - SPARE)
    const last = Math.min(rows.length, first + Math.ceil(element.clientHeight / ROW_HEIGHT) + 2 * SPARE)
    body.replaceChildren(
      ...rows
        .slice(first, last)
        .map((row, index) => rowOf(row, first + index, { zero, longest, selected, onSelect })),
    )
  }

  function keydown(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key]
    if (by === undefined || rows.length === 0) return
    event.preventDefault()
    const at = selected === null ? -1 : rows.indexOf(selected)
    const next = Math.min(Math.max(at + by, 0), rows.length - 1)
    const top = next * ROW_HEIGHT
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + ROW_HEIGHT * 3 > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW_HEIGHT * 3 - element.clientHeight
    onSelect(rows[next] as Row)
  }

  return {
    element,
    show(next, start, chosen) {
      if (next !== given) rows = sorted(next, sorting)
      longest = next.reduce((most, { duration }) => Math.max(most, duration), 1e-6)
      given = next
      zero = start
      selected = chosen
      if (head.childElementCount === 0) drawHead()
      draw()
    },
  }
}

/** Its phases, as long as its share of the longest. The same as figures is in the cells before. */
function phasesOf({ times, duration }: Row, longest: number): HTMLElement {
  const stack = h('div', { class: 'stack' })
  stack.style.width = `${Math.max(1, (duration / longest) * 100)}%`
  for (const phase of PHASES) {
    if (times[phase] === 0) continue
    const piece = h('i', { class: `swatch ${phase}` })
    piece.style.flexGrow = String(times[phase] / duration)
    stack.append(piece)
  }
  return h('div', { class: 'cell phases-cell', 'aria-hidden': 'true' }, stack)
}

function headCell(
  column: (typeof COLUMNS)[number],
  sorting: Sorting,
  sort: (id: string) => void,
): HTMLElement {
  const current = sorting.column === column.id
  const order = current ? (sorting.descending ? 'descending' : 'ascending') : 'none'
  const arrow = h('span', { 'aria-hidden': 'true' }, current ? (sorting.descending ? ' ↓' : ' ↑') : '')
  return h(
    'div',
    { role: 'columnheader', 'aria-sort': order, 'data-column': column.id, class: cellClass(column) },
    h('button', { type: 'button', class: 'quiet', click: () => sort(column.id) }, column.title, arrow),
  )
}

interface TableState {
  readonly zero: number
  readonly longest: number
  readonly selected: Row | null
  onSelect(row: Row): void
}

function rowOf(row: Row, index: number, { zero, longest, selected, onSelect }: TableState): HTMLElement {
  const chosen = row === selected
  const classes = ['row', isFailed(row.request) && 'failed', chosen && 'selected'].filter(Boolean).join(' ')
  const element = h(
    'div',
    {
      role: 'row',
      class: classes,
      'aria-rowindex': index + 2,
      'aria-current': chosen ? 'true' : undefined,
      click: () => onSelect(row),
    },
    ...COLUMNS.map((column) => {
      const text = column.text(row, zero)
      return h(
        'div',
        { role: 'cell', class: cellClass(column), title: text.length > 20 ? text : undefined },
        text,
      )
    }),
  )
  element.append(phasesOf(row, longest))
  element.style.top = `${index * ROW_HEIGHT}px`
  return element
}

function cellClass({ id, numeric }: (typeof COLUMNS)[number]): string {
  return numeric ? `cell ${id} number` : `cell ${id}`
}
