/** Numbers as people read them. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `1,234,567`. */
export function count(value: number): string {
  return grouped.format(value)
}

/** `0.42 ms`, `12.3 ms`, `1.20 s`, `2 min 5 s`. */
export function ms(value: number): string {
  if (value < 10) return `${value.toFixed(2)} ms`
  if (value < 100) return `${value.toFixed(1)} ms`
  if (value < 1000) return `${value.toFixed(0)} ms`
  if (value < 60_000) return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`
  const seconds = Math.round(value / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `812 B`, `1.4 KiB`, `32.0 MiB`. */
export function bytes(value: number): string {
  let scaled = value
  let unit = 0
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024
    unit += 1
  }
  return unit === 0 ? `${Math.round(value)} B` : `${scaled.toFixed(1)} ${UNITS[unit]}`
}

/** `1 stream`, `3 streams`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `99.9 %`; a share that is not all is never shown as all, and one that is not nothing never as nothing. */
export function percent(share: number): string {
  const value = share * 100
  if (share > 0 && value < 0.01) return '< 0.01 %'
  if (share < 1 && value > 99.99) return '> 99.99 %'
  return `${Number(value.toFixed(2))} %`
}

/** To a thousandth: times in JSON. */
export function thousandth(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** A copy of plain data whose fractions are rounded to a thousandth. */
export function rounded<T>(data: T): T {
  if (typeof data === 'number') return thousandth(data) as T
  if (Array.isArray(data)) return data.map(rounded) as T
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, rounded(value)])) as T
}
