/** Progress, the table and the line of JSON. */
import { bad, bold, dim, good, table } from '../../examples/support/print.ts'
import type { Figures } from './figures.ts'
import { sum } from './invariants.ts'
import type { Moment, SoakResult } from './soak.ts'

/** ms between two lines where lines cannot be replaced. */
const LINE_EVERY = 5000

export interface Progress {
  update(moment: Moment): void
  end(): void
}

/** One line that changes on a terminal, one every few seconds anywhere else. */
export function startProgress(total: number, out: NodeJS.WriteStream): Progress {
  let shownAt = 0
  return {
    update(moment) {
      if (!out.isTTY && moment.seconds * 1000 - shownAt < LINE_EVERY) return
      shownAt = moment.seconds * 1000
      const line = progressLine(moment, total, out.isTTY ? out.columns : undefined)
      out.write(out.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
    },
    end() {
      if (out.isTTY) out.write('\r\x1b[K')
    },
  }
}

function progressLine({ seconds, figures, stats }: Moment, total: number, width = 200): string {
  const rate = Math.round(figures.requests / Math.max(seconds, 0.001))
  const parts = [
    `  ${seconds.toFixed(0).padStart(4)} / ${total} s`,
    `${count(figures.requests)} requests (${count(rate)}/s)`,
    `${count(figures.ok)} ok`,
    `${count(figures.failed)} errors`,
    `${count(figures.retries)} retries`,
    `${count(figures.replayed)} replayed`,
    `${count(stats.dials)} dials`,
    `${figures.inFlight} open`,
  ]
  return parts.join('  ').slice(0, width - 1)
}

export function printReport(result: SoakResult): void {
  const { figures, server, memory, stats, options } = result
  const { latencies } = figures
  console.log(`\n  ${bold(`Soak, ${options.seconds} s, seed ${options.seed}, engine ${options.engine}`)}\n`)
  table(
    ['What', 'Count'],
    [
      ['Requests', count(figures.requests)],
      ['  per second', count(Math.round(figures.requests / result.seconds))],
      ['  by POST', count(figures.posts)],
      ['  answered over HTTP/1.1', count(figures.http1)],
      ['Whole and right', count(figures.ok)],
      ['Given up by the caller', count(sum(figures.givenUp))],
      ['Failed with a typed error', count(figures.failed)],
      ['Retries by policy', count(figures.retries)],
      ['Replayed, attempts > 1', count(figures.replayed)],
      ['Dials', count(stats.dials)],
      ['  failed', count(stats.dialsFailed)],
      ['TLS handshakes', count(stats.handshakes)],
      ['  resumed', count(stats.resumed)],
      ['Most streams at once', count(server.maxConcurrentSeen)],
    ],
  )
  console.log()
  table(
    ['Measure', 'Value'],
    [
      ['Latency p50', `${latencies.percentile(0.5).toFixed(1)} ms`],
      ['Latency p99', `${latencies.percentile(0.99).toFixed(1)} ms`],
      ['Latency max', `${latencies.max.toFixed(1)} ms`],
      ['Event-loop delay p99', `${result.loopDelay.toFixed(1)} ms`],
      ['CPU of the client per request', perRequest(result.cpuSeconds, figures)],
      ['CPU of the server per request', perRequest(server.cpuSeconds, figures)],
      ['RSS after warm-up', mebibytes(memory.rssStart)],
      ['RSS at the end', mebibytes(memory.rssEnd)],
      ['RSS per 100,000 requests', mebibytes(memory.rssSlopePer100k)],
      ['Heap after warm-up', mebibytes(memory.heapStart)],
      ['Heap at the end', mebibytes(memory.heapEnd)],
      ['Heap per 100,000 requests', `${mebibytes(memory.slopePer100k)} ± ${mebibytes(memory.uncertainty)}`],
    ],
  )
  printErrors(figures)
  printCounts('Given up', figures.givenUp)
  printCounts('Fault played', server.faults)
  printVerdict(result)
}

function printCounts(heading: string, counts: Readonly<Record<string, number>>): void {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one)
  if (rows.length === 0) return
  console.log()
  table(
    [heading, 'Count'],
    rows.map(([name, times]) => [name, count(times)]),
  )
}

function printErrors({ errors, messages }: Figures): void {
  printCounts('Error', errors)
  for (const [code, message] of Object.entries(messages)) console.log(dim(`  ${code}, for one: ${message}`))
}

function printVerdict({ broken, options }: SoakResult): void {
  console.log()
  if (broken.length === 0) console.log(`  ${good('Every invariant held.')}`)
  for (const text of broken) console.log(`  ${bad('BROKEN')} ${text}`)
  console.log(
    dim(
      `  Seed ${options.seed} repeats what is sent and which faults are chosen; when they meet, the machine decides.\n`,
    ),
  )
}

/** The last line: for scripts and tests. */
export function jsonLine(result: SoakResult): string {
  const { figures, server, memory, stats, options, broken } = result
  const { latencies } = figures
  return JSON.stringify({
    seconds: options.seconds,
    seed: options.seed,
    engine: options.engine,
    concurrency: options.concurrency,
    node: process.versions.node,
    requests: figures.requests,
    ok: figures.ok,
    errors: figures.errors,
    givenUp: figures.givenUp,
    lost: figures.lost,
    duplicated: server.duplicated,
    misjudged: server.misjudged,
    truncated: figures.truncated,
    corrupt: figures.corrupt + server.corruptUploads,
    unhandled: result.processEvents.length,
    untyped: figures.untyped.length,
    surfaced: figures.surfaced.length,
    violations: server.violationCount,
    leakedHandles: sum(result.handles) + sum(result.leftovers),
    heapSlopeBytesPer100k: memory.slopePer100k,
    heapSlopeUncertainty: memory.uncertainty,
    heapSlopeJudged: memory.judged,
    retries: figures.retries,
    replayed: figures.replayed,
    dials: stats.dials,
    resumed: stats.resumed,
    p50: rounded(latencies.percentile(0.5)),
    p99: rounded(latencies.percentile(0.99)),
    max: rounded(latencies.max),
    clientCpuSeconds: rounded(result.cpuSeconds),
    serverCpuSeconds: rounded(server.cpuSeconds),
    loopDelayP99: rounded(result.loopDelay),
    rss: memory.rssEnd,
    rssSlopeBytesPer100k: memory.rssSlopePer100k,
    heap: memory.heapEnd,
    broken,
  })
}

function count(value: number): string {
  return value.toLocaleString('en-GB')
}

function perRequest(seconds: number, { requests }: Figures): string {
  return `${((seconds * 1000) / Math.max(requests, 1)).toFixed(2)} ms`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
