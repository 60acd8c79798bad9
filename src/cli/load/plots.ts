/** Plots as inline SVG of fixed coordinates that scales with the page; no script. */
import { count, ms } from '../format.ts'
import { html, type Markup } from '../html.ts'
import { Histogram } from './histogram.ts'
import type { LoadResult } from './result.ts'

const WIDTH = 960
const HEIGHT = 280
const LEFT = 72
const BOTTOM = 34
const TOP = 10
const RIGHT = 16
const PLOT_WIDTH = WIDTH - LEFT - RIGHT
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM

interface Tick {
  /** 0 to 1. */
  readonly at: number
  readonly label: string
}

const x = (share: number) => round(LEFT + share * PLOT_WIDTH)
const y = (share: number) => round(TOP + (1 - share) * PLOT_HEIGHT)
const round = (value: number) => Math.round(value * 10) / 10

function frame(
  label: string,
  across: readonly Tick[],
  up: readonly Tick[],
  shapes: readonly Markup[],
): Markup {
  const lines = up.map(
    ({ at, label }) =>
      html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(at)}" y2="${y(at)}"/><text class="tick" x="${LEFT - 8}" y="${y(at) + 4}" text-anchor="end">${label}</text>`,
  )
  const marks = across.map(
    ({ at, label }) =>
      html`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}"/><text class="tick" x="${x(at)}" y="${HEIGHT - 12}" text-anchor="${at > 0.97 ? 'end' : at < 0.03 ? 'start' : 'middle'}">${label}</text>`,
  )
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${lines}${marks}${shapes}</svg>`
}

/** Round steps from 0 to a round number that is not below the greatest value. */
function linearTicks(
  greatest: number,
  text: (value: number) => string,
  most = 5,
): { top: number; ticks: Tick[] } {
  const reach = greatest > 0 ? greatest : 1
  const magnitude = 10 ** Math.floor(Math.log10(reach / most))
  const step = magnitude * ([1, 2, 2.5, 5, 10].find((one) => one * magnitude * most >= reach) ?? 10)
  const steps = Math.ceil(reach / step - 1e-9)
  const top = steps * step
  return {
    top,
    ticks: Array.from({ length: steps + 1 }, (_, index) => ({
      at: index / steps,
      label: text(index * step),
    })),
  }
}

/** Latency over the share of responses that took no longer; the axis is that of HDR plots. */
export function percentileCurve({ histograms, latency }: LoadResult): Markup {
  const histogram = Histogram.from(histograms.latency)
  if (latency === null) return html`<p class="soft">Nothing was completed.</p>`
  // As far as one response in all of them says something.
  const decades = Math.max(1, Math.min(6, Math.ceil(Math.log10(histogram.count))))
  const { top, ticks } = linearTicks(latency.max, ms)
  const STEPS = 200
  const points = Array.from({ length: STEPS + 1 }, (_, index) => {
    const at = index / STEPS
    const share = 1 - 10 ** (-decades * at)
    return `${x(at)},${y((histogram.percentile(share) ?? 0) / top)}`
  })
  const across = Array.from({ length: decades + 1 }, (_, index) => ({
    at: index / decades,
    label: index === 0 ? 'all' : `${nines(index)} %`,
  }))
  return frame('Latency by percentile', across, ticks, [
    html`<polyline class="line" points="${points.join(' ')}"/>`,
  ])
}

function nines(count: number): string {
  if (count === 1) return '90'
  return count === 2 ? '99' : `99.${'9'.repeat(count - 2)}`
}

const BINS = 60

/** Equal ratios from the least to the greatest latency. */
export function latencyBars({ histograms, latency }: LoadResult): Markup {
  if (latency === null) return html`<p class="soft">Nothing was completed.</p>`
  const low = Math.log10(Math.max(latency.min, 0.001))
  const high = Math.max(low + 0.1, Math.log10(Math.max(latency.max, 0.001)) + 1e-9)
  const counts = new Array<number>(BINS).fill(0)
  for (const [from, to, times] of Histogram.from(histograms.latency).slots()) {
    const middle = Math.log10(Math.max((from + to) / 2, 0.001))
    counts[Math.min(BINS - 1, Math.max(0, Math.floor(((middle - low) / (high - low)) * BINS)))]! += times
  }
  const { top, ticks } = linearTicks(Math.max(...counts), count)
  const bars = counts.flatMap((times, index) => {
    if (times === 0) return []
    const from = 10 ** (low + (index / BINS) * (high - low))
    const to = 10 ** (low + ((index + 1) / BINS) * (high - low))
    const height = Math.max(1, round((times / top) * PLOT_HEIGHT))
    return [
      html`<rect class="bar" x="${x(index / BINS)}" y="${round(TOP + PLOT_HEIGHT - height)}" width="${round(PLOT_WIDTH / BINS - 1.5)}" height="${height}"><title>${ms(from)} to ${ms(to)}: ${count(times)}</title></rect>`,
    ]
  })
  const across = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: ms(10 ** (low + at * (high - low))) }))
  return frame('How many responses took how long', across, ticks, bars)
}

/** What was done in each stretch of the run. */
export function timelinePlot({ timeline, elapsed }: LoadResult, what: 'throughput' | 'latency'): Markup {
  const { width } = timeline
  // A moment at the end says little, and looks like much.
  const rest = elapsed - (timeline.points.length - 1) * width
  const points =
    rest < width / 4 && timeline.points.length > 2 ? timeline.points.slice(0, -1) : timeline.points
  // The last stretch is seldom a whole one; taken for one it would look like a collapse.
  const lengthOf = (index: number) => Math.max(1, Math.min(width, elapsed - index * width))
  const series =
    what === 'throughput'
      ? [
          ['line', points.map(({ done }, index) => (done * 1000) / lengthOf(index))] as const,
          ['line bad', points.map(({ failed }, index) => (failed * 1000) / lengthOf(index))] as const,
        ]
      : [
          ['line', points.map(({ sum, done }) => (done === 0 ? 0 : sum / done))] as const,
          ['line second', points.map(({ max }) => max)] as const,
        ]
  const { top, ticks } = linearTicks(
    Math.max(0, ...series.flatMap(([, values]) => values)),
    what === 'throughput' ? count : ms,
  )
  const end = Math.max(elapsed, 1)
  const at = (index: number) => Math.min(1, (index * width + lengthOf(index) / 2) / end)
  const shapes = series.flatMap(([tone, values]) => {
    if (tone === 'line bad' && values.every((value) => value === 0)) return []
    const coordinates = values.map((value, index) => `${x(at(index))},${y(value / top)}`)
    const dots =
      values.length > 120
        ? []
        : values.map(
            (value, index) =>
              html`<circle class="${tone.replace('line', 'dot')}" cx="${x(at(index))}" cy="${y(value / top)}" r="3"><title>${ms(index * width)}: ${what === 'throughput' ? `${count(value)}/s` : ms(value)}</title></circle>`,
          )
    return [html`<polyline class="${tone}" points="${coordinates.join(' ')}"/>`, ...dots]
  })
  const across = linearTicks(end / 1000, (value) => `${Number(value.toFixed(2))} s`)
  const marks = across.ticks
    .map(({ at: share, label }) => ({ at: (share * across.top * 1000) / end, label }))
    .filter(({ at: share }) => share <= 1)
  return frame(what === 'throughput' ? 'Responses a second' : 'Latency over time', marks, ticks, shapes)
}
