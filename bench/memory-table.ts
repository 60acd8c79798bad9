import type { Figures, Sample } from './memory-client.ts'

const MIB = 2 ** 20

/** Growth, in MiB and per piece in KiB. */
function cell({ start, end }: Figures, kind: keyof Sample, count: number): string {
  const bytes = end[kind] - start[kind]
  return `${(bytes / MIB).toFixed(0)} MiB (${(bytes / 1024 / count).toFixed(1)} KiB each)`
}

/** Growth above a client that has one connection and has done one request. */
export function markdownTable(
  all: readonly (readonly [name: string, flight: Figures, idle: Figures])[],
  requests: number,
  origins: number,
): string {
  const flight = `${requests.toLocaleString('en')} requests in flight`
  const idle = `${origins.toLocaleString('en')} idle origins`
  const rows = all.map(([name, busy, calm]) => [
    name,
    cell(busy, 'rss', requests),
    cell(busy, 'heap', requests),
    cell(calm, 'rss', origins),
    cell(calm, 'heap', origins),
  ])
  const head = ['', `${flight}: RSS`, 'JavaScript heap', `${idle}: RSS`, 'JavaScript heap']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
