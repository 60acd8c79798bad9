/** The few statistics that the bench needs. All take the rounds of one run; none takes a mean. */

/** The middle one; of an even number, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Linear between neighbours, 0 is the least and 1 the greatest. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] as number
  const above = sorted[Math.ceil(place)] as number
  return below + (above - below) * (place - Math.floor(place))
}

/** How far the middle half of the rounds spreads, as a share of their median: 0.1 is 10 %. */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

/**
 * The median over rounds of `a / b` within each round. Rounds of the two stand next to each other in time, so what
 * the machine did meanwhile hits both; a ratio of two medians may compare a good minute with a bad one. Rounds that
 * one of them lacks (null) are left out.
 */
export function pairedRatio(a: readonly (number | null)[], b: readonly (number | null)[]): number {
  const ratios = a.flatMap((one, round) => {
    const other = b[round] ?? null
    return one === null || other === null || other === 0 ? [] : [one / other]
  })
  return median(ratios)
}

/** So many significant digits, as a number. */
export function significant(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}
