import type { Timings } from '../../core/dispatch.ts'
import { bytes, ms } from '../format.ts'
import { type Paint, padEnd, padStart, widthOf } from '../paint.ts'
import type { Done } from './exchange.ts'

/** A part of the time of a request, in the order in which they follow each other; ms from the call. */
export interface Span {
  readonly name: string
  readonly from: number
  readonly duration: number
}

const BAR = 36

/** ms of a call before its last request that are worth a line. */
const TOLD_FROM = 1

/** The phases of a request as they lie behind each other; they add up to all of it. */
export function spansOf(timings: Timings): Span[] {
  const { before, queued, firstByte, received } = timings
  const dial = [
    ['dns', timings.dns],
    ['connect', timings.connect],
    ['proxy', timings.proxy ?? null],
    ['tls', timings.tls],
  ] as const
  const dialled = dial.reduce((sum, [, duration]) => sum + (duration ?? 0), 0)
  const told = before >= TOLD_FROM
  const named: (readonly [string, number | null])[] = [
    // Redirects, retries and their pauses.
    ['before', told ? before : null],
    ...dial,
    ['queue', Math.max(0, queued - dialled) + (told ? 0 : before)],
    ['first byte', firstByte],
    ['body', received ?? 0],
  ]
  let at = 0
  return named.flatMap(([name, duration]) => {
    if (duration === null) return []
    const span = { name, from: at, duration }
    at += duration
    return [span]
  })
}

interface Column {
  readonly title: string
  readonly done: Done
}

/** Where the time went: one request with bars, or two side by side. */
export function timingTable(columns: readonly Column[], paint: Paint): string {
  const [only] = columns
  return columns.length === 1 && only ? single(only.done, paint) : beside(columns, paint)
}

function single(done: Done, paint: Paint): string {
  const spans = spansOf(done.timings as Timings)
  const end = Math.max(...spans.map(({ from, duration }) => from + duration), 1e-6)
  const lines = spans.map(({ name, from, duration }) => {
    const start = Math.min(BAR - 1, Math.floor((from / end) * BAR))
    const length = Math.max(1, Math.min(BAR - start, Math.round((duration / end) * BAR)))
    const bar = ' '.repeat(start) + paint.accent((duration / end) * BAR < 0.5 ? '▏' : '█'.repeat(length))
    return `  ${padEnd(name, 10)} ${padStart(ms(duration), 10)}  ${bar}`
  })
  return [
    '',
    `  ${paint.dim(describe(done))}`,
    ...lines,
    `  ${paint.dim('─'.repeat(21))}`,
    `  ${padEnd(paint.bold('total'), 10)} ${paint.bold(padStart(ms(end), 10))}  ${paint.dim(bytes(done.bodyBytes))}`,
    '',
  ].join('\n')
}

function describe({ protocol, tlsVersion, timings, remoteAddress }: Done): string {
  const handshake =
    tlsVersion === null ? 'no TLS' : `${tlsVersion}, ${timings?.resumed ? 'resumed' : 'full'} handshake`
  return [protocol ?? '', handshake, remoteAddress ?? ''].filter((part) => part !== '').join(' · ')
}

function beside(columns: readonly Column[], paint: Paint): string {
  const spans = columns.map(({ done }) => spansOf(done.timings as Timings))
  const names = [...new Set(spans.flatMap((one) => one.map(({ name }) => name)))]
  const width = Math.max(12, ...columns.map(({ title }) => widthOf(title)))
  const row = (name: string, cells: readonly string[]) =>
    `  ${padEnd(name, 10)} ${cells.map((cell) => padStart(cell, width)).join('  ')}`
  const totals = spans.map((one) => one.reduce((sum, { duration }) => sum + duration, 0))
  return [
    '',
    row(
      '',
      columns.map(({ title }) => paint.bold(title)),
    ),
    row(
      '',
      columns.map(({ done }) => paint.dim(done.tlsVersion ?? '')),
    ),
    ...names.map((name) =>
      row(
        name,
        spans.map((one) => {
          const span = one.find((each) => each.name === name)
          return span === undefined ? '-' : ms(span.duration)
        }),
      ),
    ),
    `  ${paint.dim('─'.repeat(10 + columns.length * (width + 2) - 1))}`,
    row(
      'total',
      totals.map((total) => paint.bold(ms(total))),
    ),
    '',
  ].join('\n')
}
