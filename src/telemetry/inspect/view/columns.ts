/** The columns of the table: what they say, and what they sort by. */
import { type Bar, PHASES, type Phase } from '../bars.ts'
import type { RecordedRequest } from '../recording.ts'
import { shortCode } from './draw-bar.ts'
import { bytes, hostOf, ms, pathOf } from './format.ts'

/** A request with what is derived from it once. */
export interface Row {
  readonly request: RecordedRequest
  readonly bars: readonly Bar[]
  readonly duration: number
  readonly times: Readonly<Record<Phase, number>>
}

export interface Column {
  readonly id: string
  readonly title: string
  readonly numeric: boolean
  text(row: Row, zero: number): string
  value(row: Row): string | number
}

const column = (
  id: string,
  title: string,
  value: Column['value'],
  text: Column['text'],
  numeric = true,
): Column => ({ id, title, value, text, numeric })

const phase = (title: string, ...phases: Phase[]): Column => {
  const sum = ({ times }: Row) => phases.reduce((total, one) => total + times[one], 0)
  return column(phases[0] as string, title, sum, (row) => (sum(row) === 0 ? '–' : ms(sum(row))))
}

const connectionsOf = ({ bars }: Row) =>
  [...new Set(bars.map(({ connectionId }) => connectionId))].filter((id) => id > 0)

export const COLUMNS: readonly Column[] = [
  column(
    'start',
    'Began',
    ({ request }) => request.start,
    ({ request }, zero) => ms(request.start - zero),
  ),
  column(
    'method',
    'Method',
    ({ request }) => request.method,
    ({ request }) => request.method,
    false,
  ),
  column(
    'path',
    'Path',
    ({ request }) => request.url,
    ({ request }) => pathOf(request.url, request.origin),
    false,
  ),
  column(
    'origin',
    'Origin',
    ({ request }) => request.origin,
    ({ request }) => hostOf(request.origin),
    false,
  ),
  column(
    'status',
    'Status',
    ({ request }) => request.status ?? -1,
    ({ request }) =>
      request.error === null ? String(request.status ?? '…') : `✕ ${shortCode(request.error.code)}`,
    false,
  ),
  column(
    'protocol',
    'Protocol',
    ({ request }) => request.protocol ?? '',
    ({ request }) => request.protocol ?? '–',
    false,
  ),
  column(
    'connection',
    'Conn.',
    (row) => connectionsOf(row)[0] ?? 0,
    (row) => connectionsOf(row).join(', ') || '–',
  ),
  column(
    'tries',
    'Tries',
    ({ bars }) => bars.length,
    ({ bars }) => String(bars.length),
  ),
  column(
    'size',
    'Size',
    ({ request }) => request.bytesReceived,
    ({ request }) => bytes(request.bytesReceived),
  ),
  phase('Queue', 'queue', 'client', 'backoff'),
  phase('Dial', 'dns', 'connect', 'proxy', 'tls'),
  phase('Waiting', 'waiting'),
  phase('Receiving', 'receiving'),
  column(
    'duration',
    'Total',
    ({ duration }) => duration,
    ({ duration }) => ms(duration),
  ),
]

export function timesOf(segments: Bar['segments']): Record<Phase, number> {
  const times = Object.fromEntries(PHASES.map((name) => [name, 0])) as Record<Phase, number>
  for (const { phase: name, start, end } of segments) times[name] += end - start
  return times
}

export interface Sorting {
  readonly column: string
  readonly descending: boolean
}

export function sorted(rows: readonly Row[], { column: id, descending }: Sorting): Row[] {
  const value = COLUMNS.find((one) => one.id === id)?.value ?? (() => 0)
  const sign = descending ? -1 : 1
  const keyed = rows.map((row) => ({ row, key: value(row) }))
  return keyed.sort((one, other) => sign * compare(one.key, other.key)).map(({ row }) => row)
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  return String(one) < String(other) ? -1 : one === other ? 0 : 1
}
