/** One section for each scenario: its plots, and all its figures in a table. */
import {
  allocatedPerRequest,
  type BenchResult,
  type Cell,
  cpuPerMegabyte,
  cpuPerRequest,
  gcShare,
  megabytesPerSecond,
  type Round,
  requestsPerSecond,
  type ScenarioResult,
  series,
} from '../results.ts'
import { median, quantile } from '../statistics.ts'
import { cellText, columnsOf, commentOn } from '../tables.ts'
import { type BarRow, barChart, type ChartFrame, latency, latencyChart, type RangeRow } from './charts.ts'
import { html, type Markup } from './html.ts'
import { clientsOf } from './tones.ts'

type Figure = (round: Round) => number | null

interface Plot extends Omit<ChartFrame, 'id'> {
  readonly figure: Figure
  readonly format: (value: number) => string
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const short = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value))
const MORE = 'more is better'
const LESS = 'less is better'
const MIB = 1024 * 1024
const scaled =
  (figure: Figure, by: number): Figure =>
  (round) => {
    const value = figure(round)
    return value === null ? null : value / by
  }

const MEMORY: Plot = {
  title: 'Resident set',
  unit: 'MiB, at the end of a round',
  better: LESS,
  figure: scaled(({ rss }) => rss, MIB),
  format: whole,
}

const PLOTS: Readonly<Record<ScenarioResult['scenario']['work']['kind'], readonly Plot[]>> = {
  load: [
    {
      title: 'Throughput',
      unit: 'requests per second',
      better: MORE,
      figure: requestsPerSecond,
      format: whole,
    },
    {
      title: 'CPU',
      unit: 'µs of CPU per request',
      better: LESS,
      figure: cpuPerRequest,
      format: short,
    },
    {
      title: 'Allocation',
      unit: 'KiB of heap per request',
      better: LESS,
      figure: scaled(allocatedPerRequest, 1024),
      format: short,
    },
  ],
  transfer: [
    { title: 'Speed', unit: 'MB per second', better: MORE, figure: megabytesPerSecond, format: short },
    { title: 'CPU', unit: 'µs of CPU per MB', better: LESS, figure: cpuPerMegabyte, format: whole },
    {
      title: 'Garbage collection',
      unit: '% of the time',
      better: LESS,
      figure: scaled(gcShare, 0.01),
      format: short,
    },
    MEMORY,
  ],
  hold: [
    {
      title: 'Taken in unread',
      unit: 'MiB sent by the server',
      better: LESS,
      figure: scaled(({ bytes }) => bytes, MIB),
      format: short,
    },
    {
      title: 'Growth of the resident set',
      unit: 'MiB',
      better: LESS,
      figure: scaled(({ rssGrowth }) => rssGrowth, MIB),
      format: short,
    },
  ],
}

export function section(result: BenchResult, one: ScenarioResult): Markup {
  const { scenario, server } = one
  const plots = PLOTS[scenario.work.kind]
  const cells = inOrder(one.cells, plots[0] as Plot)
  const charts = plots.map((plot, index) => chart(result, one, plot, cells, index === 0))
  const latencies = scenario.work.kind === 'load' ? latencyOf(result, one, cells) : null
  const note = scenario.note === undefined ? null : html`<p class="soft">${scenario.note}</p>`
  return html`
<section id="${scenario.id}">
<h2>${scenario.title}</h2>
<p class="meta">Server: ${server}</p>
${note}
<div class="plots">${charts}${latencies}</div>
${table(result, one, cells)}
</section>`
}

const valuesOf = (cell: Cell, figure: Figure): number[] =>
  series(cell, figure).filter((value) => value !== null)

/** The best first, by the first plot; those without figures last. */
function inOrder(cells: readonly Cell[], { figure, better }: Plot): readonly Cell[] {
  const sign = better === MORE ? -1 : 1
  const rank = (cell: Cell) => {
    const value = median(valuesOf(cell, figure))
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value
  }
  return cells.toSorted((a, b) => rank(a) - rank(b) || 0)
}

function chart(
  result: BenchResult,
  { scenario }: ScenarioResult,
  { figure, ...plot }: Plot,
  cells: readonly Cell[],
  withFailures: boolean,
): Markup {
  const clients = clientsOf(result)
  const rows = cells.flatMap((cell): BarRow[] => {
    const client = clients.get(cell.client)
    const values = valuesOf(cell, figure)
    if (client === undefined || (values.length === 0 && !withFailures)) return []
    const value = values.length === 0 ? commentOn(cell) || 'not measured' : median(values)
    const range: BarRow['range'] = values.length < 2 ? null : [quantile(values, 0.25), quantile(values, 0.75)]
    const figures = typeof value === 'number' ? `${plot.format(value)} ${plot.unit}` : value
    const among = values.length < 2 ? '' : `\n${values.length} rounds: ${values.map(plot.format).join(', ')}`
    return [
      { label: client.name, tone: client.tone, value, range, tip: `${client.name}\n${figures}${among}` },
    ]
  })
  const limit = median(valuesOf(cells.find(({ client }) => client === 'raw-tls') ?? emptyCell, figure))
  const withLimit = withFailures && !Number.isNaN(limit)
  return barChart({
    ...plot,
    id: `${scenario.id}-${plot.title.toLowerCase().replaceAll(' ', '-')}`,
    rows,
    ...(withLimit && { limit: { value: limit, label: 'what the link can do' } }),
  })
}

const emptyCell: Cell = { client: '', state: { kind: 'measured' }, rounds: [], remark: null }

function latencyOf(result: BenchResult, { scenario }: ScenarioResult, cells: readonly Cell[]): Markup | null {
  const clients = clientsOf(result)
  const rows = cells.flatMap((cell): RangeRow[] => {
    const client = clients.get(cell.client)
    const p50 = median(valuesOf(cell, (round) => round.p50))
    const p99 = median(valuesOf(cell, (round) => round.p99))
    if (client === undefined || Number.isNaN(p50 + p99)) return []
    const tip = `${client.name}\np50 ${latency(p50)} ms, p99 ${latency(p99)} ms`
    return [{ label: client.name, tone: client.tone, p50, p99, tip }]
  })
  if (rows.length === 0) return null
  const unit = 'ms: dot p50, ring p99'
  return latencyChart({ id: `${scenario.id}-latency`, title: 'Latency', unit, better: LESS, rows })
}

function table(result: BenchResult, one: ScenarioResult, cells: readonly Cell[]): Markup {
  const clients = clientsOf(result)
  const columns = columnsOf(one.scenario.work)
  const rows = cells.map((cell) => {
    const client = clients.get(cell.client)
    const figures = columns.map((column) => html`<td>${cellText(cell, column)}</td>`)
    return html`<tr class="${client?.tone ?? 'peer'}"><th scope="row">${client?.name ?? cell.client}</th>${figures}<td class="comment">${commentOn(cell)}</td></tr>`
  })
  const heads = columns.map(({ title }) => html`<th scope="col">${title}</th>`)
  return html`
<details><summary>All figures as a table</summary>
<div class="scroll"><table><thead><tr><th></th>${heads}<th></th></tr></thead><tbody>${rows}</tbody></table></div>
</details>`
}
