/** The results as text, a table for each scenario. */

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
} from './results.ts'
import type { Work } from './scenarios.ts'
import { median } from './statistics.ts'

export interface Column {
  readonly title: string
  readonly figure: (round: Round) => number | null
  readonly format: (value: number) => string
}

export const count = (value: number): string => Math.round(value).toLocaleString('en')
const tenths = (value: number): string => (value < 100 ? value.toFixed(1) : count(value))
const milliseconds = (value: number): string => (value < 10 ? value.toFixed(2) : count(value))
const percent = (value: number): string => `${Math.round(value * 100)}`
const mebibytes = (value: number): string => tenths(value / 1024 / 1024)
const kibibytes = (value: number): string => tenths(value / 1024)

const RSS: Column = { title: 'RSS MiB', figure: ({ rss }) => rss, format: mebibytes }
const SERVER: Column = { title: 'server %', figure: ({ serverBusy }) => serverBusy, format: percent }
const GC: Column = { title: 'GC %', figure: gcShare, format: percent }

const LOAD_COLUMNS: readonly Column[] = [
  { title: 'req/s', figure: requestsPerSecond, format: count },
  { title: 'CPU us/req', figure: cpuPerRequest, format: tenths },
  { title: 'KiB/req', figure: allocatedPerRequest, format: kibibytes },
  GC,
  { title: 'p50 ms', figure: ({ p50 }) => p50, format: milliseconds },
  { title: 'p99 ms', figure: ({ p99 }) => p99, format: milliseconds },
  RSS,
  SERVER,
]

const TRANSFER_COLUMNS: readonly Column[] = [
  { title: 'MB/s', figure: megabytesPerSecond, format: tenths },
  { title: 'seconds', figure: ({ seconds }) => seconds, format: (value) => value.toFixed(2) },
  { title: 'CPU us/MB', figure: cpuPerMegabyte, format: count },
  GC,
  RSS,
  SERVER,
]

const HOLD_COLUMNS: readonly Column[] = [
  { title: 'sent MiB', figure: ({ bytes }) => bytes, format: mebibytes },
  { title: 'RSS growth MiB', figure: ({ rssGrowth }) => rssGrowth, format: mebibytes },
]

const COLUMNS: Readonly<Record<Work['kind'], readonly Column[]>> = {
  load: LOAD_COLUMNS,
  transfer: TRANSFER_COLUMNS,
  hold: HOLD_COLUMNS,
}

export const columnsOf = (work: Work): readonly Column[] => COLUMNS[work.kind]

export function tableOf(result: BenchResult, { scenario, server, cells }: ScenarioResult): string {
  const columns = columnsOf(scenario.work)
  const names = new Map(result.clients.map(({ id, name }) => [id, name]))
  const rows = cells.map((cell) => [
    names.get(cell.client) ?? cell.client,
    ...columns.map((column) => cellText(cell, column)),
    commentOn(cell),
  ])
  const body = align([['', ...columns.map(({ title }) => title), ''], ...rows])
  const note = scenario.note === undefined ? '' : `\n${scenario.note}`
  return `${scenario.title}  [${scenario.id}, ${server}]${note}\n${body}\n`
}

/** The median of its rounds. */
export function cellText(cell: Cell, { figure, format }: Column): string {
  const values = series(cell, figure).filter((value) => value !== null)
  return values.length === 0 ? '-' : format(median(values))
}

export function commentOn(cell: Cell): string {
  const { state, remark } = cell
  if (state.kind === 'unable') return state.why
  if (state.kind === 'failed') return `failed: ${state.why}`
  const errors = cell.rounds.reduce((sum, round) => sum + (round?.errors ?? 0), 0)
  const first = cell.rounds.find((round) => round?.firstError != null)?.firstError
  const failures = errors > 0 ? `${errors} errors: ${first}` : null
  return [remark, failures].filter((text) => text !== null).join('; ')
}

/** The first and the last column to the left, numbers to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => {
        const width = widths[column] as number
        return column === 0 || column === row.length - 1 ? text.padEnd(width) : text.padStart(width)
      })
      .join('  ')
      .trimEnd()
  return rows.map((row) => `  ${line(row)}`).join('\n')
}
