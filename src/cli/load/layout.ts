import { bytes, count, ms, percent, plural } from '../format.ts'
import { harmless, type Paint, padEnd, padStart } from '../paint.ts'
import { Histogram } from './histogram.ts'
import { type LatencySummary, type LoadResult, missingParts } from './result.ts'

const BAR = 40
const ROWS = 12

/** A result for people. */
export function layOut(result: LoadResult, paint: Paint): string {
  return [
    '',
    `  ${paint.bold(`${result.method} ${harmless(result.url)}`)}`,
    `  ${paint.dim(planText(result))}`,
    '',
    ...summary(result, paint),
    ...latencies(result, paint),
    ...distribution(result, paint),
    ...outcomes(result, paint),
    ...remarks(result).map((text) => `  ${paint.warn('!')} ${text}`),
    '',
  ].join('\n')
}

function planText({ plan, parts, interrupted }: LoadResult): string {
  const { concurrency, count: number, duration, rate, warmUp } = plan
  return [
    `${plural(concurrency, 'request')} at once${rate === null ? '' : `, ${count(rate)} a second`}`,
    number === null ? '' : plural(number, 'request'),
    duration === null ? '' : `for ${ms(duration)}`,
    warmUp === 0 ? '' : `after ${ms(warmUp)} of warm-up`,
    parts.length === 0 ? '' : `parts ${parts.join(', ')}`,
    interrupted ? 'interrupted' : '',
  ]
    .filter((text) => text !== '')
    .join(' · ')
}

function summary(result: LoadResult, paint: Paint): string[] {
  const { requests, throughput, elapsed, bodyBytes, connections, protocols } = result
  const row = (label: string, value: string) => `  ${paint.dim(padEnd(label, 14))}${value}`
  const spoken = Object.entries(protocols).map(([name, times]) => `${name} ${paint.dim(`× ${count(times)}`)}`)
  const failed = requests.failed === 0 ? '' : `, ${paint.bad(`${count(requests.failed)} failed`)}`
  const unsent = requests.unsent === 0 ? '' : `, ${paint.warn(`${count(requests.unsent)} not sent in time`)}`
  return [
    row('requests', `${paint.bold(count(requests.completed))} in ${ms(elapsed)}${failed}${unsent}`),
    row(
      'throughput',
      `${paint.bold(`${count(throughput)}/s`)}, ${bytes(elapsed === 0 ? 0 : bodyBytes / (elapsed / 1000))}/s of bodies`,
    ),
    row('protocol', spoken.join(', ') || 'none'),
    row(
      'connections',
      `${count(connections.used)} used, ${count(connections.dials)} dialled, ${plural(connections.handshakes, 'handshake')} (${count(connections.resumed)} resumed)`,
    ),
    '',
  ]
}

const PERCENTILES = [
  ['p50', 'p50'],
  ['p75', 'p75'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['p99.99', 'p9999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof LatencySummary])[]

function latencies({ latency, service, plan }: LoadResult, paint: Paint): string[] {
  if (latency === null) return []
  // Where there is a rate to keep, the two differ by the wait for room.
  const columns = plan.rate === null || service === null ? [latency] : [latency, service]
  const row = (label: string, key: keyof LatencySummary) =>
    `  ${paint.dim(padEnd(label, 14))}${columns.map((one) => padStart(ms(one[key]), 11)).join('  ')}`
  const titles = columns.length === 1 ? ['latency'] : ['latency', 'service']
  return [
    `  ${padEnd('', 14)}${titles.map((title) => paint.accent(padStart(title, 11))).join('  ')}`,
    ...PERCENTILES.map(([label, key]) => row(label, key)),
    row('mean', 'mean'),
    row('deviation', 'deviation'),
    '',
  ]
}

/** How many latencies lie where, in equal steps up to the 99th percentile, and what is beyond. */
function distribution({ histograms, latency }: LoadResult, paint: Paint): string[] {
  if (latency === null || latency.p99 <= latency.min) return []
  const histogram = Histogram.from(histograms.latency)
  const step = (latency.p99 - latency.min) / (ROWS - 1)
  const counts = new Array<number>(ROWS).fill(0)
  for (const [low, high, times] of histogram.slots()) {
    const row = Math.min(ROWS - 1, Math.max(0, Math.floor(((low + high) / 2 - latency.min) / step)))
    counts[row]! += times
  }
  const most = Math.max(...counts)
  const lines = counts.map((times, row) => {
    const label = row === ROWS - 1 ? 'beyond' : ms(latency.min + (row + 1) * step)
    const length = (times / most) * BAR
    const bar = times > 0 && length < 0.5 ? '▏' : '█'.repeat(Math.round(length))
    return `  ${paint.dim(padStart(label, 11))}  ${paint.accent(padEnd(bar, BAR))} ${padStart(count(times), 9)}`
  })
  return [...lines, '']
}

function outcomes({ statuses, errors, requests }: LoadResult, paint: Paint): string[] {
  const all = requests.completed + requests.failed
  const line = (name: string, times: number) =>
    `  ${padEnd(name, 14)}${padStart(count(times), 11)}  ${paint.dim(percent(times / all))}`
  return [
    ...Object.entries(statuses).map(([status, times]) =>
      line(Number(status) >= 400 ? paint.bad(status) : paint.good(status), times),
    ),
    ...Object.entries(errors).map(([code, times]) => line(paint.bad(code), times)),
    '',
  ]
}

/** From here on the generator is what limits. */
const BUSY = 0.9
/** Below that it was busy with its own beginning, ms. */
const LONG_ENOUGH = 1000

/** What makes figures doubtful. */
export function remarks({ generatorLoad, elapsed, requests, parts }: LoadResult): string[] {
  const missing = missingParts(parts)
  return [
    ...(generatorLoad > BUSY && elapsed >= LONG_ENOUGH
      ? [
          `This machine was busy for ${percent(generatorLoad)} of the time: it may be what limits. Split the load: --part.`,
        ]
      : []),
    ...(requests.unsent > 0
      ? [`The rate was not kept: for ${plural(requests.unsent, 'request')} there was no room until the end.`]
      : []),
    ...(parts.length > 1 && missing.length > 0 ? [`Parts are missing: ${missing.join(', ')}.`] : []),
  ]
}
