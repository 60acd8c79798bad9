/**
 * Plots as inline SVG that needs no script: positions across are shares of the width, positions down are pixels, so
 * that a plot is as wide as its place and its text is never scaled. Labels and values are HTML beside it.
 */
import { html, type Markup } from './html.ts'
import { linearScale, logScale, type Scale, tickLabel } from './scales.ts'

const ROW = 30
const BAR = 16
const AXIS = 40

/** `ours` is in colour, `second` too when there is another engine; `reference` is what others are measured by. */
export type Tone = 'ours' | 'second' | 'reference' | 'peer'

export interface Row {
  readonly label: string
  readonly tone: Tone
  /** Said when pointed at. */
  readonly tip: string
}

export interface BarRow extends Row {
  /** The median; a string says why there is none. */
  readonly value: number | string
  /** The middle half of the rounds. */
  readonly range: readonly [number, number] | null
}

export interface RangeRow extends Row {
  readonly p50: number
  readonly p99: number
}

export interface ChartFrame {
  readonly id: string
  readonly title: string
  /** Below the axis. */
  readonly unit: string
  readonly better: 'more is better' | 'less is better'
}

export interface BarChart extends ChartFrame {
  readonly rows: readonly BarRow[]
  readonly format: (value: number) => string
  /** A line across: what cannot be exceeded. */
  readonly limit?: { readonly value: number; readonly label: string }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`
const middleOf = (row: number): number => row * ROW + ROW / 2

export function barChart(chart: BarChart): Markup {
  const { rows, format, limit } = chart
  const numbers = rows.flatMap(({ value, range }) =>
    typeof value === 'number' ? [value, range?.[1] ?? 0] : [],
  )
  const scale = linearScale(Math.max(...numbers, limit?.value ?? 0, 0))
  const bars = rows.map((row, index) => bar(row, index, scale))
  const limits = limit === undefined ? [] : [limitLine(limit, rows.length, scale)]
  const values = rows.map(({ value }) => (typeof value === 'number' ? format(value) : ''))
  const said = rows.map(({ label }, index) => `${label} ${values[index] || 'none'}`).join(', ')
  return frame(chart, rows, values, scale, [...bars, ...limits], said)
}

function bar({ value, range, tone, tip }: BarRow, index: number, scale: Scale): Markup {
  const y = middleOf(index) - BAR / 2
  if (typeof value === 'string') {
    return html`<text class="why" x="4" y="${middleOf(index) + 4}">${value}</text>${target(tip, index)}`
  }
  const [low, high] = range ?? [value, value]
  const whisker =
    high > low
      ? html`<line class="whisker" x1="${percent(scale.at(low))}" x2="${percent(scale.at(high))}" y1="${middleOf(index)}" y2="${middleOf(index)}"/>`
      : null
  const width = percent(Math.max(scale.at(value), 0.002))
  return html`<rect class="bar ${tone}" x="0" y="${y}" width="${width}" height="${BAR}" rx="2"/>${whisker}${target(tip, index)}`
}

/** The whole row answers to the pointer: some bars are a hair wide. */
function target(tip: string, index: number): Markup {
  return html`<rect class="target" x="0" y="${index * ROW}" width="100%" height="${ROW}" data-tip="${tip}"/>`
}

function limitLine({ value, label }: { value: number; label: string }, rows: number, scale: Scale): Markup {
  const x = percent(scale.at(value))
  return html`<line class="limit" x1="${x}" x2="${x}" y1="0" y2="${rows * ROW}"><title>${label}</title></line>`
}

/** Half of the requests took at most the filled dot, 99 of 100 at most the ring. */
export function latencyChart(chart: ChartFrame & { readonly rows: readonly RangeRow[] }): Markup {
  const { rows } = chart
  const all = rows.flatMap(({ p50, p99 }) => [p50, p99])
  const scale = logScale(Math.min(...all), Math.max(...all))
  const shapes = rows.map(({ p50, p99, tone, tip }, index) => {
    const [from, to, y] = [percent(scale.at(p50)), percent(scale.at(p99)), middleOf(index)]
    return html`<line class="span ${tone}" x1="${from}" x2="${to}" y1="${y}" y2="${y}"/><circle class="dot ${tone}" cx="${from}" cy="${y}" r="5"/><circle class="ring ${tone}" cx="${to}" cy="${y}" r="4.5"/>${target(tip, index)}`
  })
  const values = rows.map(({ p50, p99 }) => `${latency(p50)} / ${latency(p99)}`)
  const said = rows.map(({ label }, index) => `${label} ${values[index]}`).join(', ')
  return frame(chart, rows, values, scale, shapes, said)
}

/** Three digits at most. */
export function latency(ms: number): string {
  return ms >= 100 ? Math.round(ms).toLocaleString('en') : ms.toPrecision(2)
}

function frame(
  { id, title, unit, better }: ChartFrame,
  rows: readonly Row[],
  values: readonly string[],
  scale: Scale,
  shapes: readonly Markup[],
  said: string,
): Markup {
  const height = rows.length * ROW
  const labels = rows.map(
    ({ label, tone }, index) =>
      html`<span class="label ${tone}" style="grid-row:${index + 1}" title="${label}"><span>${label}</span></span>`,
  )
  const figures = rows.map(
    (_, index) => html`<span class="value" style="grid-row:${index + 1}">${values[index] ?? ''}</span>`,
  )
  return html`
<figure class="plot" id="${id}">
<figcaption><h4>${title}</h4><span>${better}</span></figcaption>
<div class="rows" style="--rows:${rows.length}">
${labels}
<svg role="img" aria-label="${title}, ${unit}: ${said}" width="100%" height="${height + AXIS}">${gridOf(scale, height)}${shapes}
<text class="unit" x="50%" y="${height + AXIS - 6}" text-anchor="middle">${unit}</text></svg>
${figures}
</div>
</figure>`
}

function gridOf(scale: Scale, height: number): Markup[] {
  return scale.ticks.map((tick, index) => {
    const x = percent(scale.at(tick))
    const anchor = index === 0 ? 'start' : index === scale.ticks.length - 1 ? 'end' : 'middle'
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/><text class="tick${index % 2 === 1 ? ' odd' : ''}" x="${x}" y="${height + 15}" text-anchor="${anchor}">${tickLabel(tick)}</text>`
  })
}
