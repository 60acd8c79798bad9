/** Figures as people read them. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export function count(value: number): string {
  return grouped.format(value)
}

/** `12 requests`, `1 request`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** `0.42 ms`, `12.3 ms`, `840 ms`, `2.41 s`, `3 min 20 s`. */
export function ms(value: number | null): string {
  if (value === null) return '–'
  if (value >= 60_000) return `${Math.floor(value / 60_000)} min ${Math.round((value % 60_000) / 1000)} s`
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 10_000 ? 1 : 2)} s`
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ms`
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** step
  return `${scaled.toFixed(scaled >= 100 ? 0 : 1)} ${units[step - 1]}`
}

/** What follows the origin. */
export function pathOf(url: string, origin: string): string {
  return url.startsWith(origin) ? url.slice(origin.length) || '/' : url
}

/** `api.example.com:8443`. */
export function hostOf(origin: string): string {
  return origin.replace(/^\w+:\/\//, '')
}
