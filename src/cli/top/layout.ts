import type { TopConnection, TopSnapshot } from '../../telemetry/top/snapshot.ts'
import { bytes, count, ms, percent, plural } from '../format.ts'
import { harmless, type Paint, padEnd, padStart, widthOf } from '../paint.ts'

/** A snapshot for people. `history`: requests a second, oldest first. */
export function layOut(
  snapshot: TopSnapshot,
  history: readonly number[],
  paint: Paint,
  columns: number,
  rows = Number.POSITIVE_INFINITY,
): string {
  const head = [...headLines(snapshot, paint), '', ...gaugeLines(snapshot, history, paint, columns), '']
  const errors = errorLines(snapshot, paint)
  const room = Math.max(3, rows - head.length - errors.length - 2)
  return [...head, ...table(snapshot, paint, columns, room), ...errors].join('\n')
}

function headLines({ pid, title, node, uptime, process }: TopSnapshot, paint: Paint): string[] {
  const parts = [
    `node ${node}`,
    `up ${ms(uptime)}`,
    `loop ${percent(process.eventLoop)}`,
    `${bytes(process.rss)} in memory`,
  ]
  return [
    ` ${paint.bold('trunkline top')}  ${paint.accent(`${harmless(title)} ${pid}`)}  ${paint.dim(parts.join(' · '))}`,
  ]
}

const LABEL = 12

function gaugeLines(
  { requests, bytes: flow, latency, connections, leftOut }: TopSnapshot,
  history: readonly number[],
  paint: Paint,
  columns: number,
): string[] {
  const row = (label: string, value: string) => ` ${paint.dim(padEnd(label, LABEL))}${value}`
  const streams = connections.reduce((sum, one) => sum + one.streams, 0)
  const failed = requests.failed === 0 ? '0 failed' : paint.bad(`${count(requests.failed)} failed`)
  const rate = `${padStart(count(requests.perSecond), 7)}/s`
  const line = history.length > 1 ? paint.accent(spark(history.slice(-Math.max(10, columns - 60)))) : ''
  return [
    row('requests', `${paint.bold(rate)}  ${line}`),
    row(
      'now',
      `${count(requests.active)} active, ${requests.queued === 0 ? '0 waiting' : paint.warn(`${count(requests.queued)} waiting`)}, ${plural(streams, 'stream')} on ${plural(connections.length + leftOut.connections, 'connection')}`,
    ),
    row('so far', `${count(requests.ended)} ended, ${failed}, ${count(requests.retries)} retries`),
    row(
      'latency',
      latency === null
        ? paint.dim('nothing ended')
        : `p50 ${ms(latency.p50)}  p90 ${ms(latency.p90)}  p99 ${ms(latency.p99)}  max ${ms(latency.max)}`,
    ),
    row('bodies', `${bytes(flow.receivedPerSecond)}/s in, ${bytes(flow.sentPerSecond)}/s out`),
  ]
}

const BLOCKS = '▁▂▃▄▅▆▇█'

/** Values as little bars. */
export function spark(values: readonly number[]): string {
  const most = Math.max(...values, 1e-9)
  return values.map((value) => BLOCKS[Math.min(7, Math.floor((value / most) * 7.999))]).join('')
}

const COLUMNS: readonly {
  readonly title: string
  readonly right: boolean
  of(one: TopConnection, paint: Paint): string
}[] = [
  { title: 'CONN', right: true, of: ({ id }) => String(id) },
  {
    title: 'ORIGIN',
    right: false,
    of: ({ origin }) => shorten(harmless(origin.replace(/^https:\/\//, '')), 36),
  },
  { title: 'PROTOCOL', right: false, of: ({ protocol }) => protocol ?? '?' },
  {
    title: 'TLS',
    right: false,
    of: ({ tls }) =>
      tls === null ? '-' : `${tls.version.replace('TLSv', '')}${tls.resumed ? ' resumed' : ''}`,
  },
  {
    title: 'STATE',
    right: false,
    of: ({ state, goAway }, paint) =>
      state === 'draining' ? paint.warn(goAway === null ? 'draining' : 'goaway') : paint.good('open'),
  },
  { title: 'STREAMS', right: true, of: ({ streams }) => count(streams) },
  { title: 'REQ/S', right: true, of: ({ perSecond }) => count(perSecond) },
  { title: 'RTT', right: true, of: ({ roundTrip }) => (roundTrip === null ? '-' : ms(roundTrip)) },
  { title: 'AGE', right: true, of: ({ age }) => (age === null ? '-' : ms(age)) },
]

function table({ connections, leftOut }: TopSnapshot, paint: Paint, columns: number, room: number): string[] {
  if (connections.length === 0) return [` ${paint.dim('No connections.')}`, '']
  const shown = connections.slice(0, room - 1)
  const cells = shown.map((one) => COLUMNS.map(({ of }) => of(one, paint)))
  const widths = COLUMNS.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => widthOf(row[index] as string))),
  )
  const pad = (text: string, index: number) =>
    COLUMNS[index]?.right ? padStart(text, widths[index] as number) : padEnd(text, widths[index] as number)
  // Columns that a narrow terminal has no room for are left out, from the right.
  let used = 0
  const fitting = widths.filter((width) => {
    used += width + 2
    return used < columns
  }).length
  const line = (row: readonly string[]) => ` ${row.slice(0, fitting).map(pad).join('  ')}`
  const hidden = leftOut.connections + connections.length - shown.length
  return [
    paint.dim(line(COLUMNS.map(({ title }) => title))),
    ...cells.map(line),
    ...(hidden > 0 ? [paint.dim(` and ${count(hidden)} more`)] : []),
    '',
  ]
}

function errorLines({ errors, leftOut }: TopSnapshot, paint: Paint): string[] {
  if (errors.length === 0) return []
  const lines = errors
    .slice(0, 5)
    .map(({ code, count: times }) => ` ${padStart(count(times), 8)}  ${paint.bad(harmless(code))}`)
  const hidden = leftOut.errors + errors.length - lines.length
  return [...lines, ...(hidden > 0 ? [paint.dim(`           and ${count(hidden)} more`)] : []), '']
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
