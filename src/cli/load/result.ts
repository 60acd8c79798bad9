import { CliError, ExitCode } from '../exit-codes.ts'
import { Histogram, type HistogramData } from './histogram.ts'
import { Timeline, type TimelineData } from './timeline.ts'

/** What a run, or several together, came to; `trunkline schema load` has its JSON schema. Times are in ms. */
export interface LoadResult {
  readonly kind: 'trunkline-load'
  readonly version: 1
  readonly url: string
  readonly method: string
  /** ISO 8601, of the first part. */
  readonly date: string
  /** Which parts of one run these are, as `1/2`; `[]`: all of it. */
  readonly parts: readonly string[]
  readonly plan: LoadPlanData
  readonly interrupted: boolean
  /** From the first request to the last byte, without the warm-up; of several parts, the longest. */
  readonly elapsed: number
  readonly requests: {
    readonly sent: number
    /** A response came to its end, whatever its status. */
    readonly completed: number
    readonly failed: number
    /** Due by the rate, and never sent: there was no room. */
    readonly unsent: number
  }
  /** Completed in a second. */
  readonly throughput: number
  readonly bodyBytes: number
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  readonly protocols: Readonly<Record<string, number>>
  readonly connections: {
    readonly used: number
    readonly dials: number
    readonly handshakes: number
    readonly resumed: number
  }
  /** From when a request was to start to the last byte. */
  readonly latency: LatencySummary | null
  /** From when it did start. */
  readonly service: LatencySummary | null
  /** How busy the event loops of the generators were, at most: 1 is all the time. */
  readonly generatorLoad: number
  readonly histograms: { readonly latency: HistogramData; readonly service: HistogramData }
  readonly timeline: TimelineData
}

export interface LoadPlanData {
  readonly concurrency: number
  readonly connections: number | null
  readonly count: number | null
  readonly duration: number | null
  readonly rate: number | null
  readonly warmUp: number
}

export interface LatencySummary {
  readonly min: number
  readonly mean: number
  readonly deviation: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly p9999: number
  readonly max: number
}

export function summarise(histogram: Histogram): LatencySummary | null {
  if (histogram.count === 0) return null
  const at = (share: number) => histogram.percentile(share) as number
  return {
    min: histogram.min as number,
    mean: histogram.mean as number,
    deviation: histogram.deviation as number,
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    p9999: at(0.9999),
    max: histogram.max as number,
  }
}

/**
 * Several parts of one run as if one machine had made it: counts and histograms add up exactly.
 * @throws CliError when they are not of one run.
 */
export function merge(results: readonly LoadResult[]): LoadResult {
  const [first, ...others] = results as [LoadResult, ...LoadResult[]]
  const names = results.flatMap(({ parts }) => parts)
  for (const other of others) {
    if (other.url !== first.url || other.method !== first.method) {
      throw refused(`${first.method} ${first.url} and ${other.method} ${other.url} are not one run`)
    }
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refused(`part ${twice} is there twice`)
  const [latency, service, timeline] = [new Histogram(), new Histogram(), new Timeline()]
  for (const { histograms, timeline: points } of results) {
    latency.add(Histogram.from(histograms.latency))
    service.add(Histogram.from(histograms.service))
    timeline.add(new Timeline(points))
  }
  const sum = (pick: (result: LoadResult) => number) => results.reduce((all, one) => all + pick(one), 0)
  const most = (pick: (result: LoadResult) => number) => Math.max(...results.map(pick))
  const elapsed = most((one) => one.elapsed)
  const completed = sum(({ requests }) => requests.completed)
  return {
    kind: 'trunkline-load',
    version: 1,
    url: first.url,
    method: first.method,
    date: results.map(({ date }) => date).sort()[0] as string,
    parts: names,
    plan: mergedPlan(results),
    interrupted: results.some(({ interrupted }) => interrupted),
    elapsed,
    requests: {
      sent: sum(({ requests }) => requests.sent),
      completed,
      failed: sum(({ requests }) => requests.failed),
      unsent: sum(({ requests }) => requests.unsent),
    },
    throughput: elapsed === 0 ? 0 : completed / (elapsed / 1000),
    bodyBytes: sum(({ bodyBytes }) => bodyBytes),
    statuses: addUp(results.map(({ statuses }) => statuses)),
    errors: addUp(results.map(({ errors }) => errors)),
    protocols: addUp(results.map(({ protocols }) => protocols)),
    connections: {
      used: sum(({ connections }) => connections.used),
      dials: sum(({ connections }) => connections.dials),
      handshakes: sum(({ connections }) => connections.handshakes),
      resumed: sum(({ connections }) => connections.resumed),
    },
    latency: summarise(latency),
    service: summarise(service),
    generatorLoad: most(({ generatorLoad }) => generatorLoad),
    histograms: { latency: latency.toJSON(), service: service.toJSON() },
    timeline: timeline.toJSON(),
  }
}

function mergedPlan(results: readonly LoadResult[]): LoadPlanData {
  const total = (pick: (plan: LoadPlanData) => number | null) =>
    results.reduce<number | null>((all, { plan }) => {
      const one = pick(plan)
      return all === null || one === null ? null : all + one
    }, 0)
  const longest = (pick: (plan: LoadPlanData) => number) => Math.max(...results.map(({ plan }) => pick(plan)))
  return {
    concurrency: total(({ concurrency }) => concurrency) as number,
    connections: total(({ connections }) => connections),
    count: total(({ count }) => count),
    duration: results.some(({ plan }) => plan.duration === null)
      ? null
      : longest(({ duration }) => duration ?? 0),
    rate: total(({ rate }) => rate),
    warmUp: longest(({ warmUp }) => warmUp),
  }
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  }
  return sums
}

/** The parts that a set of results lacks, of the whole that they name. */
export function missingParts(parts: readonly string[]): string[] {
  const of = Math.max(0, ...parts.map((part) => Number(part.split('/')[1])))
  return Array.from({ length: of }, (_, index) => `${index + 1}/${of}`).filter(
    (part) => !parts.includes(part),
  )
}

/** @throws CliError when the text is no result of `load --json`. */
export function parseResult(text: string, file: string): LoadResult {
  try {
    const data = JSON.parse(text) as LoadResult
    if (data?.kind !== 'trunkline-load') throw new Error('it is no result of trunkline load --json')
    if (data.version !== 1) throw new Error(`it is of version ${data.version}, and this is version 1`)
    Histogram.from(data.histograms?.latency)
    Histogram.from(data.histograms?.service)
    if (!Array.isArray(data.timeline?.points)) throw new Error('it has no timeline')
    return data
  } catch (error) {
    throw new CliError(ExitCode.CANNOT_READ, `Cannot use ${file}: ${(error as Error).message}.`, error)
  }
}

function refused(why: string): CliError {
  return new CliError(ExitCode.USAGE, `These results cannot be merged: ${why}.`)
}
