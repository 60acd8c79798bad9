/** Numbers as people read them. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `0.42 ms`, `12.3 ms`, `1,204 ms`. */
export function ms(value: number): string {
  return `${value >= 100 ? grouped.format(value) : value.toFixed(value >= 10 ? 1 : 2)} ms`
}

/** `812 B`, `1.4 KiB`, `32.0 MiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  return value < 1024 ** 2 ? `${(value / 1024).toFixed(1)} KiB` : `${(value / 1024 ** 2).toFixed(1)} MiB`
}

/** To a tenth: for the figures in the last line. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
