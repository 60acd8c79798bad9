/** Axes: where ticks stand, what they say, and at which share of the width a value lies. */

export interface Scale {
  /** 0 is the left end, 1 the right one. */
  at(value: number): number
  readonly ticks: readonly number[]
}

const STEPS = [1, 2, 2.5, 5, 10]

/** From 0 to a round number at or above the greatest value, in at most `most` steps. */
export function linearScale(greatest: number, most = 5): Scale {
  const reach = greatest > 0 ? greatest : 1
  const magnitude = 10 ** Math.floor(Math.log10(reach / most))
  const step = magnitude * (STEPS.find((one) => one * magnitude * most >= reach) ?? 10)
  const count = Math.ceil(reach / step - 1e-9)
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step)
  return { at: (value) => value / (count * step), ticks }
}

const ROOM = 0.03

/** Decades that hold all values; at least one. */
export function logScale(least: number, greatest: number): Scale {
  const first = Math.floor(Math.log10(least))
  const last = Math.max(first + 1, Math.ceil(Math.log10(greatest)))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
  // A little room at both ends: marks have a width.
  const at = (value: number) => ROOM + ((1 - 2 * ROOM) * (Math.log10(value) - first)) / (last - first)
  return { at, ticks }
}

const SUFFIXES = [
  { from: 1e6, by: 1e6, suffix: 'M' },
  { from: 1e4, by: 1e3, suffix: 'k' },
] as const

/** Short: 150k, 2.5, 0.01. */
export function tickLabel(value: number): string {
  const { by, suffix } = SUFFIXES.find(({ from }) => value >= from) ?? { by: 1, suffix: '' }
  return `${Number((value / by).toPrecision(3))}${suffix}`
}
