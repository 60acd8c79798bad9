/** The span of time that is shown, ms; never wider than all there is. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

/** Closer than this, ms, there is nothing to see. */
const NARROWEST = 0.05

export function clamped({ from, to }: TimeWindow, all: TimeWindow): TimeWindow {
  const span = Math.min(Math.max(to - from, NARROWEST), all.to - all.from)
  const start = Math.min(Math.max(from, all.from), all.to - span)
  return { from: start, to: start + span }
}

/** Half of it with a `factor` of 2; what is at `at` stays where it is. */
export function zoomed(shown: TimeWindow, factor: number, at: number, all: TimeWindow): TimeWindow {
  const span = Math.max((shown.to - shown.from) / factor, NARROWEST)
  const share = (at - shown.from) / (shown.to - shown.from)
  return clamped({ from: at - span * share, to: at + span * (1 - share) }, all)
}

/** Later by a share of what is shown. */
export function panned(shown: TimeWindow, share: number, all: TimeWindow): TimeWindow {
  const by = (shown.to - shown.from) * share
  return clamped({ from: shown.from + by, to: shown.to + by }, all)
}

/** With some room around it. */
export function around(from: number, to: number, all: TimeWindow): TimeWindow {
  const margin = Math.max((to - from) * 0.15, 0.1)
  return clamped({ from: from - margin, to: to + margin }, all)
}

/** Round times, at least `gap` px apart on `width` px, and their distance. */
export function ticksOf(
  shown: TimeWindow,
  zero: number,
  width: number,
  gap = 90,
): { step: number; ticks: number[] } {
  const least = ((shown.to - shown.from) / Math.max(width, 1)) * gap
  const power = 10 ** Math.floor(Math.log10(least))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
  const ticks: number[] = []
  for (let at = Math.ceil((shown.from - zero) / step); at * step + zero <= shown.to; at += 1)
    ticks.push(at * step)
  return { step, ticks }
}

/** `0`, `50 ms`, `1.25 s`: as exact as the distance of the ticks. */
export function tickText(value: number, step: number): string {
  if (Math.abs(value) < step / 2) return '0'
  const [unit, scale] = step >= 100 && value >= 1000 ? (['s', 1000] as const) : (['ms', 1] as const)
  const digits = Math.max(0, -Math.floor(Math.log10(step / scale) + 1e-9))
  return `${(value / scale).toFixed(digits)} ${unit}`
}
