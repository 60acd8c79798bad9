/** The figures for docs/performance.md: a table for each measure, medians, clients down and scenarios across. */
import { enginesOf } from './headline.ts'
import {
  allocatedPerRequest,
  type BenchResult,
  cpuPerRequest,
  megabytesPerSecond,
  type Round,
  requestsPerSecond,
  series,
} from './results.ts'
import { median } from './statistics.ts'

interface Measure {
  readonly title: string
  readonly figure: (round: Round) => number | null
  /** Scenario ids and how the column is headed. */
  readonly columns: Readonly<Record<string, string>>
  readonly digits?: number
}

const SMALL = {
  'get-1k-c1': '1 at a time',
  'get-1k-c10': '10',
  'get-1k-c100': '100',
  'get-1k-c1000': '1,000',
  'get-100k': '100 KiB, 100',
  'post-1k': 'POST, 100',
}
const MIB = 1024 * 1024

const MEASURES: readonly Measure[] = [
  {
    title: 'Requests per second, 1 KiB GET unless headed otherwise',
    figure: requestsPerSecond,
    columns: SMALL,
  },
  {
    title: 'CPU of the client, microseconds per request',
    figure: cpuPerRequest,
    columns: { ...SMALL, 'headers-20': '20 + 20 headers', 'http1-1k': 'HTTP/1.1' },
    digits: 1,
  },
  {
    title: 'Bytes allocated per request, KiB of JavaScript heap',
    figure: (round) => {
      const bytes = allocatedPerRequest(round)
      return bytes === null ? null : bytes / 1024
    },
    columns: {
      'get-1k-c1': '1 at a time',
      'get-1k-c100': '100',
      'post-1k': 'POST, 100',
      'headers-20': '20 + 20 headers',
    },
    digits: 1,
  },
  {
    title: 'Latency, ms: p50',
    figure: ({ p50 }) => p50,
    columns: { 'get-1k-c1': '1 at a time', 'get-1k-c100': '100', 'get-1k-c1000': '1,000' },
    digits: 2,
  },
  {
    title: 'Latency, ms: p99',
    figure: ({ p99 }) => p99,
    columns: { 'get-1k-c1': '1 at a time', 'get-1k-c100': '100', 'get-1k-c1000': '1,000' },
    digits: 2,
  },
  {
    title: 'Large bodies, MB per second',
    figure: megabytesPerSecond,
    columns: {
      'download-100m': '100 MiB',
      'download-8x24m': '8 x 24 MiB',
      'upload-100m': '100 MiB upload',
      'link-50ms': '50 MiB, 50 ms link',
      'far-50ms': '50 MiB, 50 ms away',
    },
  },
  {
    title: 'Taken in of 8 unread bodies of 24 MiB, MiB',
    figure: ({ bytes }) => bytes / MIB,
    columns: { unread: 'sent by the server' },
    digits: 1,
  },
]

export function markdownOf(result: BenchResult): string {
  return [introduction(result), ...MEASURES.map((measure) => table(result, measure))]
    .filter((text) => text !== '')
    .join('\n\n')
}

function introduction(result: BenchResult): string {
  const { machine, node, rounds, date, versions } = result
  const pinned = machine.pinning === null ? 'nothing pinned' : 'client and server each pinned to a core'
  const named = Object.entries(versions)
    .filter(([name]) => !name.startsWith('node:'))
    .map(([name, version]) => `${name} ${version}`)
  const lines = [
    `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${pinned}, ${rounds} rounds, Node ${node};`,
    `${named.join(', ')}.`,
  ]
  const engines = Object.entries(enginesOf(result)).map(
    ([engine, figures]) =>
      `| \`${engine}\` | ${Object.values(HEADS)
        .map((key) => String(figures[key] ?? '-'))
        .join(' | ')} |`,
  )
  const heads = Object.keys(HEADS)
  return `${lines.join(' ')}\n\n| Engine | ${heads.join(' | ')} |\n|---|${heads.map(() => '---:|').join('')}\n${engines.join('\n')}`
}

const HEADS = {
  '`request` CPU / node:http2': 'requestCpuVsRaw',
  '`fetch` CPU / node:http2': 'fetchCpuVsRaw',
  '`fetch` req/s / undici fetch': 'fetchRpsVsUndiciFetch',
  '/ platform fetch': 'fetchRpsVsPlatformFetch',
  'HTTP/1.1 / undici fetch': 'http1RpsVsUndiciFetch',
  'speed / 50 ms link': 'link50msUtilisation',
  'bytes unread': 'unreadBytesPeak',
} as const

function table(result: BenchResult, { title, figure, columns, digits = 0 }: Measure): string {
  const ids = Object.keys(columns).filter((id) => result.scenarios.some(({ scenario }) => scenario.id === id))
  const rows = result.clients.flatMap(({ id, name }) => {
    const cells = ids.map((scenario) => figureOf(result, scenario, id, figure, digits))
    return cells.every((cell) => cell === '-') ? [] : [`| ${name} | ${cells.join(' | ')} |`]
  })
  if (rows.length === 0) return ''
  const heads = ids.map((id) => columns[id])
  return [
    `**${title}**`,
    '',
    `| | ${heads.join(' | ')} |`,
    `|---|${heads.map(() => '---:|').join('')}`,
    ...rows,
  ].join('\n')
}

function figureOf(
  result: BenchResult,
  scenario: string,
  client: string,
  figure: Measure['figure'],
  digits: number,
): string {
  const cells = result.scenarios.find((one) => one.scenario.id === scenario)?.cells
  const cell = cells?.find((one) => one.client === client)
  const values = series(cell, figure).filter((value) => value !== null)
  if (values.length === 0) return '-'
  const value = median(values)
  const shown = value >= 100 ? 0 : digits
  return value.toLocaleString('en', { minimumFractionDigits: shown, maximumFractionDigits: shown })
}

const BEGIN = '<!-- figures: written by bench/update-docs.ts -->'
const END = '<!-- end of figures -->'

/** The page with what stands between its markers replaced. */
export function withFigures(page: string, figures: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`The page has no ${BEGIN} before an ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${page.slice(end)}`
}
